"""The plain Verilog bench and the FuseSoC cores: the golden model's logits, without Python."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import reference_vectors
from rtl_sim.__main__ import cli
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import LIBRARY, blocks, verilator
from tests.cli import status_of

RTL_SIM = LIBRARY.parent
BUILDS = {
    "static": lambda: random_build(5, encoding="static", widths=[6, 5, 3]),
    "residual": lambda: blocks("ternary"),
}
needs_fusesoc = pytest.mark.skipif(not importlib.util.find_spec("edalize"), reason="needs FuseSoC")


@pytest.fixture(params=BUILDS)
def build(request, tmp_path) -> Build:
    return saved_hardware(tmp_path / "b", BUILDS[request.param]())


@pytest.fixture
def events(build, tmp_path, capsys) -> Path:
    """The first 4 samples as text."""
    assert status_of(cli, "events", build.path, "--samples", 4) == 0
    (tmp_path / "events.txt").write_text(capsys.readouterr().out)
    return tmp_path / "events.txt"


def assert_as_golden(build: Build, printed: str) -> None:
    """A line a sample: the class and all logits of the golden model."""
    lines = re.findall(r"^class (\d+) cycles \d+ logits (.*)$", printed, re.MULTILINE)
    trace = golden.run(build, reference_vectors.load(build).x[:, :4])
    assert [int(found) for found, _ in lines] == trace.predictions.tolist()
    logits = [[int(logit) for logit in words.split()] for _, words in lines]
    np.testing.assert_array_equal(logits, trace.logits)


def classify(build: Build, events: Path, tmp_path: Path, *options: str) -> str:
    """As in docs/core.md: compile, run in the build's folder; what it prints."""
    model = tmp_path / "classify.vvp"
    assert build.path is not None
    command = ["iverilog", "-g2005", "-Wall", "-s", "classify", "-o", model, "-c", "rtl/files.f"]
    sources = ["rtl/top.v", RTL_SIM / "examples/classify.v"]
    compiled = subprocess.run(
        [*map(str, command), *map(str, sources)],
        cwd=build.path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert compiled.stderr == ""
    run = ["vvp", "-n", str(model), f"+events={events}", *options]
    return subprocess.run(run, cwd=build.path, capture_output=True, text=True, check=True).stdout


def test_the_plain_bench_prints_the_golden_logits(build, events, tmp_path):
    assert_as_golden(build, classify(build, events, tmp_path))


def test_the_plain_bench_says_what_is_wrong(tmp_path):
    build = saved_hardware(tmp_path / "b", BUILDS["static"]())
    printed = classify(build, tmp_path / "none.txt", tmp_path)
    assert printed.startswith(f"error: {tmp_path / 'none.txt'}: cannot be read")
    (tmp_path / "odd.txt").write_text("1 0 0 0 1\n1 zero\n")
    assert "a line without five numbers" in classify(build, tmp_path / "odd.txt", tmp_path)
    (tmp_path / "short.txt").write_text("1 0 0 0 1\n0 0 0 1 0\n")
    assert classify(build, tmp_path / "short.txt", tmp_path).count("class") == 1


def fusesoc(build: Build, target: str, tmp_path: Path, *options: str) -> str:
    """`fusesoc run`; what it prints."""
    roots = ["--cores-root", str(RTL_SIM), "--cores-root", str(build.path)]
    command = [sys.executable, "-m", "fusesoc.main", *roots, "run"]
    arguments = ["--build-root", str(tmp_path / "w"), "--target", target]
    name = f"trispike:build:{build.dataflow.name}"
    run = subprocess.run(
        [*command, *arguments, name, *options],
        capture_output=True, text=True, check=False, cwd=tmp_path, env=environment(),
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert "WARNING" not in run.stderr, run.stderr
    return run.stdout


def environment() -> dict[str, str]:
    """With Verilator on PATH, and nothing of a make around this one."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
    command = verilator()
    folders = [str(Path(command).parent)] if command else []
    return kept | {"PATH": os.pathsep.join([*folders, kept["PATH"]])}


@needs_fusesoc
def test_fusesoc_simulates_a_build(build, events, tmp_path):
    assert_as_golden(build, fusesoc(build, "sim", tmp_path, "--events", str(events)))


@needs_fusesoc
@pytest.mark.skipif(not verilator(), reason="needs Verilator")
def test_fusesoc_lints_a_build(build, tmp_path):
    fusesoc(build, "lint", tmp_path)
