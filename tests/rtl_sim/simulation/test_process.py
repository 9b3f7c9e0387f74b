"""A tool that does not run to its end is never a difference; it says why, and its log stays."""

import pickle
import shlex
from pathlib import Path

import pytest

from rtl_sim.__main__ import cli
from rtl_sim.simulation import process, simulators, trace
from rtl_sim.simulation.process import Unfinished, complaint, reason
from rtl_sim.simulation.simulate import compile_model
from tests.builders.random_builds import random_build, random_input
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated_library

NETWORK = random_build(21, encoding="ternary", widths=[6, 5, 3])
BUILD = hardware(NETWORK)
X = random_input(BUILD, 2, 21)
STEERING = {
    "COCOTB_TESTCASE": "mine",
    "COCOTB_TEST_FILTER": "mine",
    "COCOTB_TEST_MODULES": "mine",
    "COCOTB_TOPLEVEL": "mine",
    "COCOTB_RESULTS_FILE": "/nowhere/mine.xml",
    "COCOTB_LIST_TESTS": "1",
    "COCOTB_LOG_PREFIX": "{mine}",
    "COCOTB_RESOLVE_X": "mine",
    "GPI_USERS": "/nowhere/mine.so",
    "GPI_EXTRA": "/nowhere/mine.so",
    "PYGPI_USERS": "mine",
    "LIBPYTHON_LOC": "/nowhere/libpython.so",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "/nowhere/mine.py",
    "SIM_CMD_PREFIX": "false",
    "SIM_CMD_SUFFIX": "+samples=0",
    "WAVES": "mine",
    "GUI": "mine",
    "MAKEFLAGS": "-n",
    "VERILATOR_ROOT": "/nowhere",
    "LC_ALL": "C",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return compile_model(BUILD, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def seen(model):
    """What the bench writes in a whole run, by file name."""
    found = {}
    run_bench = simulators.run_bench

    def keeping(sim, folder, options, waves):
        problem = run_bench(sim, folder, options, waves)
        found.update({path.name: path.read_bytes() for path in folder.glob("*.bin")})
        return problem

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulators, "run_bench", keeping)
        assert not model.run(X).problem
    return found


def test_no_variable_of_the_shell_steers_a_simulation(tmp_path, monkeypatch):
    """All of them at once; the environment holds nothing but what is passed on, and its own."""
    for name, value in STEERING.items():
        monkeypatch.setenv(name, value)
    assert not compile_model(BUILD, tmp_path).run(X).problem
    for sim in simulators.SIMULATORS.values():
        seen = process.environment(**sim.variables())
        assert not any(seen.get(name) == value for name, value in STEERING.items())
    assert process.environment().keys() <= {*process.PASSED_ON, *process.OWN}


@pytest.mark.parametrize("name", ["a folder", "Ordnér_ü", "it's $HOME;#(1)"])
def test_folders_of_any_name(tmp_path, monkeypatch, capsys, name):
    """Of temporary files, of the build, of another library: run, waves, failure, replay."""
    (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / name))
    monkeypatch.setattr("tempfile.tempdir", None)
    folder = tmp_path / name / "b"
    saved_hardware(folder, NETWORK)
    assert status_of(cli, "run", folder, "--samples", 2, "--waves", "--no-edges") == 0
    assert (folder / "evidence/simulation.fst").stat().st_size > 1000
    library = mutated_library(folder, "engine", "neg_q       <= s_axis", "neg_q       <= !s_axis")
    capsys.readouterr()
    assert status_of(cli, "run", folder, "--samples", 2, "--library", library) == 1
    printed = capsys.readouterr().err.splitlines()[-1].partition("with a waveform: ")[2]
    words = shlex.split(printed)
    assert words[:4] == ["python", "-m", "rtl_sim", "replay"]
    assert Path(words[4]) == folder / "evidence/failure-icarus"
    assert status_of(cli, "replay", words[4]) == 1
    assert [p.name for p in (tmp_path / name).iterdir()] == ["b"]


def tool(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "script", "why"),
    [
        ("vvp", "exit 0", "exit status 0 and said nothing"),
        ("vvp", "exit 3", "exit status 3 and said nothing"),
        ("vvp", "echo hello; echo 'fatal error: licence'; exit 1", "fatal error: licence"),
        ("vvp", "kill -9 $$", "ended by SIGKILL"),
        ("vvp", "echo '<testsuites>' > results.xml", "said nothing"),
        ("iverilog", "echo 'ld: error: broken'; exit 1", "ld: error: broken"),
        ("iverilog", "exit 0", "bench.vvp"),
    ],
)
def test_a_broken_simulator_is_status_2_with_its_log(
    tmp_path, monkeypatch, capsys, name, script, why
):
    saved_hardware(tmp_path / "b", NETWORK)
    (tmp_path / "bin").mkdir()
    tool(tmp_path / "bin", name, script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert status_of(cli, "run", tmp_path / "b", "--samples", 2) == 2
    log = tmp_path / "b/evidence/simulation-icarus.log"
    assert_one_line(capsys.readouterr().err, "icarus ", why, f"its log: {log}")
    assert (
        "difference" not in log.read_text()
        and not (tmp_path / "b/evidence/failure-icarus").exists()
    )
    assert not (tmp_path / "b/evidence/simulation.json").exists()


def test_a_simulator_that_cannot_be_started(tmp_path, monkeypatch):
    for name in ("iverilog", "vvp"):
        tool(tmp_path, name, "")
        (tmp_path / name).write_bytes(b"\0\1\2")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unfinished, match="iverilog: cannot be started: Exec format error"):
        compile_model(BUILD, tmp_path)


@pytest.mark.parametrize("lost", ["tail", "middle", "all", "file"])
@pytest.mark.parametrize("name", ["membranes0.bin", "logits.bin", "cycles.bin"])
def test_what_was_not_written_whole_is_no_difference(model, seen, monkeypatch, name, lost):
    """As on a disk that was full for a while."""

    def losing(sim, folder, options, waves):
        for path, content in seen.items():
            (folder / path).write_bytes(content)
        path, content = folder / name, seen[name]
        cut = {"tail": content[:-4], "middle": content[:4] + content[8:], "all": b""}
        path.unlink() if lost == "file" else path.write_bytes(cut[lost])
        return ""

    monkeypatch.setattr(simulators, "run_bench", losing)
    with pytest.raises(Unfinished, match=f"not written whole: {name} ends early"):
        model.run(X)


def test_a_full_folder_is_the_reason(model, monkeypatch, tmp_path):
    monkeypatch.setattr(process, "full", lambda folder: True)
    expected = f"No space left on device in {tmp_path}; free some or name another with $TMPDIR"
    assert reason(tmp_path, "error: something", 1) == expected
    monkeypatch.setattr(trace, "cut_short", lambda build, folder: "logits.bin")
    with pytest.raises(Unfinished, match=r"not written whole: No space left .*\$TMPDIR"):
        model.run(X)


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("a.v:3: syntax error\nI give up.\n", "a.v:3: syntax error"),
        ("make: Entering\n%Error: a.v:3: no\n%Error: b\n", "%Error: a.v:3: no"),
        ("report\nx.mk:73: *** Unsupported.  Stop.\n", "x.mk:73: *** Unsupported.  Stop."),
        ("hello\nkilled\n\n", "killed"),
    ],
)
def test_the_line_of_a_log_that_names_the_error(log, line):
    assert complaint(log) == line


def test_an_unfinished_run_travels_with_its_log():
    """From a worker of a cluster."""
    error = pickle.loads(pickle.dumps(Unfinished("broke off", "its log")))
    assert (str(error), error.log) == ("broke off", "its log")


def test_a_log_that_cannot_be_kept_in_its_place_is_kept_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").touch()
    error = Unfinished("broke off", "its log")
    assert (
        process.with_log(error, tmp_path / "file/x.log") == f"broke off; its log: {tmp_path}/x.log"
    )
    assert (tmp_path / "x.log").read_text() == "its log"
