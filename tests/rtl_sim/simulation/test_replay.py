"""What differs is kept whole, and one command simulates it again."""

import json
import shutil

import numpy as np
import pytest

from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.folder import artefact
from rtl_sim.__main__ import cli
from rtl_sim.simulation.compare import by_sample
from rtl_sim.simulation.replay import replay
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import Stalls
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import LIBRARY, hardware_build
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated

pytestmark = pytest.mark.xdist_group("replay")  # the tests share a failure

BUILD = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
X = random_input(BUILD, 8, 21)
STALLS = Stalls(120, 120)  # enough that they outweigh what the input's register slice hides

MUTATION = ("neuron", "above >= ZERO", "above > ZERO + 2")


def broken(tmp_path, *mutation: str):
    """(report, folder) of a run with a mutated library."""
    folder = tmp_path / "e/failure"
    report = run(mutated(BUILD, *mutation), X, stalls=STALLS, failure=folder)
    assert not report.equal
    return report, folder


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """One failure for all tests, which leave it as it is."""
    return broken(tmp_path_factory.mktemp("failed"), *MUTATION)


@pytest.fixture
def failure(failed, tmp_path):
    """A copy of it to play with."""
    return shutil.copytree(failed[1], tmp_path / "failure")


def test_the_folder_holds_both_sides_and_a_waveform(failed):
    report, folder = failed
    about = json.loads((folder / "failure.json").read_text())
    assert about["difference"] == report.first_difference
    assert about["command"] == f"python -m rtl_sim replay {folder}"
    sample = about["first"]
    assert f"(sample {sample})" in report.first_difference
    np.testing.assert_array_equal(np.load(folder / "input.npy"), X[:, sample : sample + 1])
    expected, got = np.load(folder / "expected.npz"), np.load(folder / "got.npz")
    trace = golden.run(BUILD, X[:, sample : sample + 1])
    for name, values in trace.membranes.items():
        np.testing.assert_array_equal(expected[f"membranes.{name}"], by_sample(values))
    for name, values in trace.spikes.items():
        np.testing.assert_array_equal(expected[f"spikes.{name}"], by_sample(values))
    np.testing.assert_array_equal(expected["logits"], trace.logits)
    assert set(expected.files) | {"classes"} == set(got.files)
    assert all(got[name].shape == expected[name].shape for name in expected.files)
    assert any((got[name] != expected[name]).any() for name in expected.files)
    assert (folder / "waveform.fst").stat().st_size > 1000
    assert [path.name for path in folder.parent.iterdir()] == ["failure"]


def test_samples_before_come_along_where_they_are_needed(tmp_path):
    """v is forgotten before the first sample alone: no sample shows anything by itself."""
    report, folder = broken(tmp_path, "update", "first_q <= read_last;", "first_q <= 1'b0;")
    about = json.loads((folder / "failure.json").read_text())
    suspect = int(report.first_difference.split("(sample ")[1].split(")")[0])
    assert about["first"] == 0 < suspect
    assert np.load(folder / "input.npy").shape[1] == suspect + 1
    assert report.first_difference.startswith(replay(folder).difference)


def test_the_command_line_replays(failed, failure, capsys):
    (failure / "waveform.fst").unlink()
    assert status_of(cli, "replay", failure) == 1
    assert failed[0].first_difference in capsys.readouterr().err
    assert (failure / "waveform.fst").exists()
    assert status_of(cli, "replay", failure, "--library", LIBRARY) == 0
    assert "equal" in capsys.readouterr().err


def test_the_stalls_are_those_of_the_run(failed, failure):
    sample = json.loads((failure / "failure.json").read_text())["first"]
    build, alone = artefact.load(failed[1] / "build"), X[:, sample : sample + 1]
    cycles = replay(failure).cycles
    assert cycles == run(build, alone, stalls=STALLS).cycles_total
    assert cycles > run(build, alone).cycles_total


def test_an_equal_run_leaves_nothing(tmp_path):
    assert run(BUILD, X, failure=tmp_path / "failure").equal
    assert not (tmp_path / "failure").exists()


def test_a_newer_failure_takes_the_place_and_nothing_else_does(failed, failure, tmp_path):
    about = json.loads((failure / "failure.json").read_text())
    (failure / "failure.json").write_text(json.dumps({**about, "difference": "older"}))
    build = artefact.load(failed[1] / "build")
    report = run(build, X, failure=failure)
    about = json.loads((failure / "failure.json").read_text())
    assert about["difference"] == report.first_difference and about["stalls"]["idle"] == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("important")
    with pytest.raises(InputError, match="mine: exists and is no failure folder"):
        run(build, X, failure=tmp_path / "mine")
    assert (tmp_path / "mine/notes").read_text() == "important"


@pytest.mark.parametrize(
    ("damage", "part"),
    [
        (lambda f: (f / "failure.json").unlink(), "no failure folder"),
        (lambda f: (f / "failure.json").write_text("{}"), "damaged"),
        (lambda f: (f / "input.npy").write_bytes(b"x"), "damaged"),
        (lambda f: (f / "build/tensors.npz").unlink(), "tensors.npz"),
    ],
)
def test_bad_folders_exit_2_in_one_line(failure, capsys, damage, part):
    damage(failure)
    assert status_of(cli, "replay", failure) == 2
    assert_one_line(capsys.readouterr().err, part)
