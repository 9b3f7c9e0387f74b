"""Imports run one way, and only where a package needs them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAY_IMPORT = {
    "hw_models": set(),
    "qtrain": {"hw_models"},
    "compiler": {"hw_models", "qtrain"},
    "rtl_sim": {"hw_models"},
}
PACKAGES = set(MAY_IMPORT)
# A build folder is executed and simulated without the packages that train.
HEAVY = {"torch", "brevitas", "sklearn", "tonic"}


def modules_of(path: Path) -> set[str]:
    """What a file imports, by full names."""
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def packages_of(path: Path) -> set[str]:
    return {module.split(".")[0] for module in modules_of(path)}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_imports_run_one_way(package):
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        foreign = (packages_of(path) & PACKAGES) - {package}
        assert foreign <= MAY_IMPORT[package], path
        if package in ("hw_models", "rtl_sim"):
            assert not packages_of(path) & HEAVY, path


def test_no_test_imports_another():
    """What several tests share stands in tests/builders or in a module that is no test."""
    for path in (ROOT / "tests").rglob("*.py"):
        for module in modules_of(path):
            parts = module.split(".")
            assert not any(part.startswith("test_") for part in parts), f"{path} imports {module}"
