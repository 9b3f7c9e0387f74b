"""The fuzzer finds what it is to find, and finds nothing in a few inputs of some kinds."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from hw_models.errors import InputError
from tests.fuzz import runner, watch
from tests.fuzz.runner import Cases
from tests.fuzz.targets import TARGETS, Target
from tests.fuzz.watch import Watch

FEW = ("build, hashes redone", "evidence", "failure folder", "MNIST", "own arrays", "zoo")


@pytest.fixture(scope="module")
def watching():
    return Watch()


@pytest.mark.parametrize("name", FEW)
def test_a_few_inputs(name, watching, tmp_path):
    cases = Cases(name, 0, tmp_path, watching)
    assert [cases.case(number).finding for number in range(12)] == [""] * 12


def refuse(_: Path) -> None:
    raise InputError("no")


def loop(_: Path) -> None:
    while True:
        time.sleep(0.01)


def grow(_: Path) -> None:
    bytearray(os.urandom(1) * (1 << 27))


FAULTS = {
    "KeyError at": lambda folder: {}["x"],
    "opens /etc/": lambda folder: Path("/etc/passwd").read_bytes(),
    "starts subprocess.Popen true": lambda folder: subprocess.run(["true"], check=False),
    "more than 1 s": loop,
    "grows by": grow,
}


@pytest.mark.parametrize("finding", FAULTS)
def test_what_no_input_may_do_is_found(finding, watching, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "SECONDS", 1)
    monkeypatch.setattr(watch, "GROWTH", 1 << 25)
    assert finding in watching.read(FAULTS[finding], tmp_path).finding


def test_a_refusal_is_none(watching, tmp_path):
    outcome = watching.read(refuse, tmp_path)
    assert outcome.refused and not outcome.finding


def test_a_finding_is_kept_and_read_again(watching, tmp_path, monkeypatch):
    def read(folder: Path) -> None:
        if (folder / "a.txt").read_bytes() != b"sound":
            raise KeyError("x")

    target = Target(lambda folder: (folder / "a.txt").write_bytes(b"sound"), read)
    monkeypatch.setitem(TARGETS, "own", target)
    cases = Cases("own", 0, tmp_path / "scratch", watching)
    number = next(number for number in range(50) if cases.case(number).finding)
    place = cases.keep(number, "KeyError", "", tmp_path / "out")
    assert (cases.folder / "a.txt").read_bytes() == b"sound"
    assert "KeyError" in runner.again(place, tmp_path / "again").finding
