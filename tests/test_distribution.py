"""The sdist and the wheel: they hold what the checkout holds, and work outside of it."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware

ROOT = Path(__file__).parents[1]
PACKAGES = ("qtrain", "compiler", "hw_models", "rtl_sim")


def tracked(*folders: str) -> set[str]:
    """The files of the repository in some of its folders, or all."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A folder with the sdist, and with the wheel that is made from it."""
    copy, out = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    subprocess.run([sys.executable, "-m", "build", "--outdir", out, copy], check=True)
    return out


def test_wheel_and_sdist_have_all_files_of_the_packages(built):
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    files = tracked(*PACKAGES)
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == files
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert files | {"README.md", "LICENSE", "pyproject.toml"} <= names


def test_the_wheel_works_without_torch_outside_of_the_checkout(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_ = tmp_path / "venv/bin"
    constraint = ("--constraint", ROOT / "constraints.txt")
    subprocess.run([bin_ / "pip", "install", "--quiet", *constraint, wheel], check=True)
    saved_hardware(tmp_path / "net", random_build(1))

    def trispike(*line: str) -> str:
        done = subprocess.run(
            [bin_ / "trispike", *line], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert trispike("--version").startswith("trispike ")
    assert "accuracy" in trispike("run", "net")
    assert "equal" in trispike("simulate", "net", "--samples", "2")
    assert "report.html" in trispike("report", "net", "-o", "report.html")
    assert "installs it" in trispike("doctor")
    code = "import sys, hw_models.__main__, rtl_sim.__main__; sys.exit('torch' in sys.modules)"
    subprocess.run([bin_ / "python", "-c", code], cwd=tmp_path, check=True)
