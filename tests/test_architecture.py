"""Imports run one way, and only where a package needs them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"qtrain", "compiler", "hw_models", "rtl_sim"}
MAY_IMPORT = {
    "hw_models": set(),
    "qtrain": {"hw_models"},
    "compiler": {"hw_models", "qtrain"},
    "rtl_sim": {"hw_models"},
}
# A build folder is executed and simulated without the packages that train.
HEAVY = {"torch", "brevitas", "sklearn", "tonic"}


def imports_of(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            modules.add(node.module or "")
    return {module.split(".")[0] for module in modules}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_imports_run_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        foreign = (imports_of(path) & PACKAGES) - {package}
        assert foreign <= MAY_IMPORT[package], path
        if package in ("hw_models", "rtl_sim"):
            assert not imports_of(path) & HEAVY, path
