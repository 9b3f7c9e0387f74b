"""A run that was killed goes on from its finished parts, and from no other run's."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from hw_models.errors import InputError
from hw_models.folder import leftovers, locks
from rtl_sim.__main__ import cli
from rtl_sim.simulation import parts_folder, simulators, spread
from rtl_sim.simulation.parts_folder import PartsFolder, subject
from rtl_sim.simulation.process import Unfinished
from rtl_sim.simulation.report import SimulationReport, run
from rtl_sim.simulation.simulate import Stalls
from tests.builders.random_builds import random_input
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware_build
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated
from tests.rtl_sim.simulation.numbers import numbers

BUILD = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
X = random_input(BUILD, 9, 21)
STALLS = Stalls(30, 60)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Of 3 samples."""
    monkeypatch.setattr(spread, "LEAST", 3)


@pytest.fixture
def simulated(monkeypatch):
    """The first samples of the parts that are simulated."""
    check, started = spread.check_samples, []

    def counted(model, x, first, stalls):
        started.append(first)
        return check(model, x, first, stalls)

    monkeypatch.setattr(spread, "check_samples", counted)
    return started


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory):
    """The folder of a run that broke off after two of its three parts."""
    folder = tmp_path_factory.mktemp("broken-off") / "parts"
    check = spread.check_samples

    def two_parts(model, x, first, stalls):
        if first == 6:
            raise Unfinished("broke off", "")
        return check(model, x, first, stalls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "LEAST", 3)
        patch.setattr(spread, "check_samples", two_parts)
        with pytest.raises(Unfinished):
            run(BUILD, X, stalls=STALLS, parts_kept=folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["part-0.json", "part-3.json", "run.json"]
    return folder


@pytest.fixture
def left(broken_off, tmp_path):
    """A copy of that folder."""
    return shutil.copytree(broken_off, tmp_path / "parts")


@pytest.fixture(scope="module")
def whole():
    """The numbers of a run in one go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "LEAST", 3)
        return numbers(run(BUILD, X, stalls=STALLS))


def test_a_run_that_is_killed_goes_on(tmp_path, monkeypatch):
    """Its report is that of a run in one go, but for seconds and who simulated."""
    monkeypatch.setattr(spread, "LEAST", 10)
    saved_hardware(tmp_path / "b", BUILD, samples=40)
    options = ["--samples", "40", "--stalls", "20", "--jobs", "1", "--no-edges", "--resume"]
    command = [sys.executable, "-m", "rtl_sim", "run", str(tmp_path / "b"), *options]
    kept = tmp_path / "b/evidence/parts-icarus"
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(kept.glob("part-*.json")) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        assert process.stderr and process.stderr.read() == b""
    assert 1 <= len(list(kept.glob("part-*.json"))) <= 3
    reports = []
    for arguments in (options, options[:-1]):
        assert status_of(cli, "run", tmp_path / "b", *arguments) == 0
        assert not kept.exists()
        text = (tmp_path / "b/evidence/simulation.json").read_bytes()
        reports.append(msgspec.json.decode(text, type=SimulationReport))
    resumed, in_one_go = reports
    assert 10 <= resumed.resumed <= 30 and in_one_go.resumed == 0
    assert numbers(resumed) == numbers(in_one_go) and resumed.equal


def test_only_the_rest_is_simulated(left, simulated, whole):
    told = []
    report = run(BUILD, X, stalls=STALLS, parts_kept=left, resume=True, advance=told.append)
    assert simulated == [6]
    assert report.resumed == told[0] == 6 and sum(told) == 9
    assert numbers(report) == whole
    assert not left.exists()


def test_a_difference_in_a_finished_part_is_kept(tmp_path):
    """The run is interrupted after the first part; the others end, and are kept too."""
    wrong = mutated(BUILD, "engine", "neg_q       <= s_axis", "neg_q       <= !s_axis")
    parts, failure = tmp_path / "parts", tmp_path / "failure"

    def advance(samples):
        if samples:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(wrong, X, parts_kept=parts, advance=advance)
    assert (parts / "part-0.json").is_file()
    report = run(wrong, X, parts_kept=parts, resume=True, failure=failure)
    assert report.resumed >= 3 and report.first_difference and report.failure == str(failure)
    assert numbers(msgspec.structs.replace(report, failure=None)) == numbers(run(wrong, X))
    assert not parts.exists()


def test_without_resume_all_starts_again(left, simulated, capsys):
    report = run(BUILD, X, stalls=STALLS, parts_kept=left)
    assert report.resumed == 0 and simulated == [0, 3, 6]
    assert capsys.readouterr().err == f"note: {left}: 2 parts discarded; --resume keeps them\n"


def test_parts_that_a_living_run_is_keeping_are_left_alone(left, capsys):
    being_written = left / leftovers.name()
    being_written.touch()
    before = sorted(left.iterdir())
    with locks.held(left):
        assert run(BUILD, X, stalls=STALLS, parts_kept=left).equal
        with pytest.raises(InputError, match=r"another run is keeping its parts there; .*--parts"):
            run(BUILD, X, stalls=STALLS, parts_kept=left, resume=True)
    said = "another run is keeping its parts there; this one's are not kept"
    assert capsys.readouterr().err == f"note: {left}: {said}\n"
    assert sorted(left.iterdir()) == before
    assert run(BUILD, X, stalls=STALLS, parts_kept=left).equal
    assert list(left.iterdir()) == [being_written]


def test_parts_stay_until_the_report_is_kept(tmp_path):
    parts, there = tmp_path / "parts", []
    run(BUILD, X, parts_kept=parts, ended=lambda report: there.extend(parts.glob("part-*")))
    assert len(there) == 3 and not parts.exists()


def other_weights():
    tensors = {name: tensor.copy() for name, tensor in BUILD.tensors.items()}
    tensors["layer0.bias"][0] += 1
    return replace(BUILD, tensors=tensors)


@pytest.mark.parametrize(
    ("what", "build", "x", "stalls", "version"),
    [
        ("network", other_weights(), X, STALLS, None),
        ("verilog", mutated(BUILD, "engine", "neg_q ", "neg_q  "), X, STALLS, None),
        ("samples", BUILD, np.roll(X, 1, axis=1), STALLS, None),
        ("stalls", BUILD, X, Stalls(31, 60), None),
        ("simulator", BUILD, X, STALLS, "Icarus Verilog version 99"),
        ("samples, stalls", BUILD, X[:, :8], Stalls(), None),
    ],
)
def test_another_run_s_parts_are_refused(what, build, x, stalls, version, left, monkeypatch):
    if version:
        monkeypatch.setattr(simulators, "version", lambda sim: version)
    before = {path.name: path.read_bytes() for path in left.iterdir()}
    with pytest.raises(InputError) as error:
        run(build, x, stalls=stalls, parts_kept=left, resume=True)
    expected = f"{left}: parts of a run with other {what}; leave --resume out to start again"
    assert str(error.value) == expected
    assert {path.name: path.read_bytes() for path in left.iterdir()} == before


def test_another_bench_is_another_run(left, monkeypatch):
    monkeypatch.setattr(
        parts_folder.simulate, "bench_files", lambda build: {"bench/bench.v": b"other"}
    )
    with pytest.raises(InputError, match="parts of a run with other bench"):
        run(BUILD, X, stalls=STALLS, parts_kept=left, resume=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-1],
        lambda text: text[: len(text) // 2],
        lambda text: b"",
        lambda text: b"\xff" + text,
        lambda text: text.replace(b'"logits":', b'"logits":1'),
        lambda text: text.replace(b"true", b"false", 1),
    ],
)
def test_a_damaged_part_is_not_loaded(damage, left, capsys):
    path = left / "part-3.json"
    text = path.read_bytes()
    path.write_bytes(damage(text))
    assert path.read_bytes() != text
    store = PartsFolder(left, subject(BUILD, X, STALLS, simulators.version("icarus")))
    store.begin(resume=True)
    assert [part.first for part in store.load(spread.divide(BUILD, 9))] == [0]
    said = capsys.readouterr().err
    assert said.startswith(f"note: {path}: damaged (") and said.count("\n") == 1


def test_a_part_of_another_run_is_not_loaded(left, tmp_path, capsys):
    """It was copied from another run's folder."""
    version = simulators.version("icarus")
    own = PartsFolder(left, subject(BUILD, X, STALLS, version))
    other = PartsFolder(tmp_path / "other", subject(BUILD, X, Stalls(), version))
    for part in own.load(spread.divide(BUILD, 9)):
        other.keep(part)
    shutil.copy(tmp_path / "other/part-3.json", left)
    assert [part.first for part in own.load(spread.divide(BUILD, 9))] == [0]
    assert "part-3.json: damaged (its checksum differs)" in capsys.readouterr().err


def test_a_part_in_another_s_place_runs_again(left, simulated, whole, capsys):
    (left / "part-0.json").rename(left / "part-6.json")
    report = run(BUILD, X, stalls=STALLS, parts_kept=left, resume=True)
    assert "part-6.json: damaged (it has other samples)" in capsys.readouterr().err
    assert simulated == [0, 6] and numbers(report) == whole


def test_a_damaged_folder_is_one_line(tmp_path, capsys):
    saved_hardware(tmp_path / "b", BUILD)
    parts = tmp_path / "parts"
    parts.mkdir()
    command = ("run", tmp_path / "b", "--samples", 6, "--parts", parts, "--resume")
    (parts / "run.json").write_text("{")
    assert status_of(cli, *command) == 2
    assert_one_line(capsys.readouterr().err, "run.json: damaged", "leave --resume out")
    (parts / "run.json").rename(parts / "mine.json")
    assert status_of(cli, *command) == 2
    assert_one_line(capsys.readouterr().err, f"{parts}: exists and is no folder of a run's parts")


def test_options_that_exclude_each_other(tmp_path, capsys, monkeypatch):
    saved_hardware(tmp_path / "b", BUILD)
    assert status_of(cli, "run", tmp_path / "b", "--waves", "--resume") == 2
    assert_one_line(capsys.readouterr().err, "--resume: not with --waves")
    monkeypatch.setattr("rtl_sim.simulation.replay.writable", lambda folder: False)
    assert status_of(cli, "run", tmp_path / "b", "--resume") == 2
    assert_one_line(capsys.readouterr().err, "--resume: nothing can be written", "--parts FOLDER")


def test_one_part_is_not_kept(tmp_path, left):
    """A short run leaves a long one's parts alone."""
    before = sorted(left.iterdir())
    assert run(BUILD, X[:, :3], parts_kept=left).equal
    assert sorted(left.iterdir()) == before
