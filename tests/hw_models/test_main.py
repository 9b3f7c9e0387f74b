"""`python -m hw_models run`: its report, and its refusals."""

import json

import numpy as np
import pytest

from hw_models import fast, reference
from hw_models.__main__ import cli
from tests.cli import assert_one_line, status_of
from tests.reference_builds import saved_build


@pytest.mark.parametrize("engine", ["fast", "golden"])
def test_the_report(tmp_path, engine, capsys):
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert (
        status_of(cli, "run", tmp_path / "b", "--json", tmp_path / "r.json", "--engine", engine)
        == 0
    )
    report = json.loads((tmp_path / "r.json").read_text())
    trace = fast.run(build, vectors.x)
    assert report["samples"] == 40
    assert report["accuracy"] == report["reference_accuracy"] == 0.75
    assert report["predictions_equal"] == 1
    assert report["spikes_unequal"] == {"layer0": 0}
    assert report["spike_samples"] == 20
    assert report["firing_rate"]["layer0"] == pytest.approx(np.mean(trace.spikes["layer0"] != 0))
    total = report["operations"]["total"]
    assert total["MembraneUpdates"] == 11 * build.dataflow.timesteps
    assert report["energy_pj"] == pytest.approx(
        report["energy"]["additions_pj"] + report["energy"]["memory_pj"]
    )
    assert "75.00%" in capsys.readouterr().out


def test_fewer_samples(tmp_path):
    saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert status_of(cli, "run", tmp_path / "b", "--samples", 5, "--json", tmp_path / "r.json") == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["samples"], report["spike_samples"], report["accuracy"]) == (5, 5, 0.6)


def test_spikes_that_differ_from_the_reference_are_counted(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    spikes = vectors.spikes["layer0"].copy()
    spikes[0, 0, :2] = 1 - abs(spikes[0, 0, :2])
    vectors.spikes["layer0"] = spikes
    reference.save(vectors, tmp_path / "b")
    assert status_of(cli, "run", tmp_path / "b", "--json", tmp_path / "r.json") == 0
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["spikes_unequal"]["layer0"] == pytest.approx(2 / spikes.size)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["run", "nothing"], "nothing: no build folder"),
        (["run"], "Missing argument 'FOLDER'"),
        (["run", "x", "--engine", "abacus"], "'abacus' is not one of"),
        (["walk"], "No such command 'walk'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(args, message, capsys):
    assert status_of(cli, *args) == 2
    assert_one_line(capsys.readouterr().err, message)


def test_debug_shows_the_traceback(capsys):
    assert status_of(cli, "run", "nothing", "--debug") == 2
    assert "Traceback" in capsys.readouterr().err
