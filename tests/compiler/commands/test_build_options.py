"""The options of `python -m compiler build`: what each changes, and which values are refused."""

import pytest

from compiler.__main__ import cli
from compiler.emit.register_map import ERRORS
from hw_models.folder import artefact
from hw_models.hardware import hardware_of
from hw_models.registers import register_map_of
from tests.cli import assert_one_line, status_of


def test_more_fraction_bits_than_fit_are_refused(ckpt, tmp_path, capsys):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--frac-bits", "24") == 2
    assert_one_line(capsys.readouterr().err, "lif1: frac_bits = 24, at most")


def test_lanes_layer_by_layer(ckpt, tmp_path):
    out = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--out", out, "--lanes", "8,lif2=3", "--no-reference") == 0
    flow = artefact.load(out).dataflow
    assert flow.provenance["lanes"] == 8 and flow.provenance["lanes.lif2"] == 3
    lanes = [layer.synapses[0].lanes for layer in flow.layers]
    assert lanes == [8, 3, 5]  # 24 neurons in words of 8, 16 in words of 3, 10 in words of 5


def test_lanes_for_a_goal_and_who_limits(ckpt, tmp_path, capsys):
    out = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--out", out, "--cycles", "400", "--no-reference") == 0
    provenance = artefact.load(out).dataflow.provenance
    assert provenance["cycles"] == 400 and "lanes" not in provenance
    table = capsys.readouterr().out
    assert "of 400" in table and "mean of 100 of the training split" in table
    assert table.count("limits") == 1


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (["--target", "int7"], ["'int7' is not one of", "int8", "int4", "ternary"]),
        (["--frac-bits", "few"], ["'few': need auto or a number"]),
        (["--frac-bits", "99"], ["frac_bits = 99, need auto or 0..24"]),
        (["--lanes", "0"], ["lanes = 0"]),
        (["--lanes", "8,lif2=0"], ["lanes = 8, 0"]),
        (["--lanes", "8,16"], ["'8,16': need N, or LAYER=N,..."]),
        (["--lanes", "lif9=4"], ["lif9", "layers are lif1, lif2, readout"]),
        (["--cycles", "0"], ["cycles = 0, need >= 1"]),
        (["--cycles", "9"], ["as many as it has use for", "--cycles 9 cannot be met: ask for"]),
        (["--total-lanes", "2"], ["2 lanes in all", "--total-lanes 3"]),
        (["--lanes", "8", "--cycles", "500"], ["--lanes gives lanes", "use one way"]),
        (["--engines", "0"], ["engines = 0, need >= 1"]),
        (["--engines", "2,lif9=4"], ["lif9", "layers are lif1, lif2, readout"]),
        (["--engines", "lif1=2", "--total-lanes", "99"], ["--engines gives", "use one way"]),
        (["--update-lanes", "0"], ["update_lanes = 0, need >= 1"]),
        (["--update-lanes", "2", "--cycles", "500"], ["--update-lanes gives", "use one way"]),
    ],
)
def test_a_bad_option_is_one_line_and_leaves_nothing(ckpt, tmp_path, capsys, options, parts):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", *options) == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not (tmp_path / "b").exists()


def test_parity_adds_a_bus_and_its_flag(ckpt, tmp_path):
    options = ("--parity", "--no-reference", "--out", tmp_path / "b")
    assert status_of(cli, "build", ckpt, *options) == 0
    build = artefact.load(tmp_path / "b")
    assert build.dataflow.provenance["parity"] is True
    assert hardware_of(build).parity
    assert register_map_of(build).errors == (*ERRORS, "parity")
    assert b"TRISPIKE_ERROR_PARITY" in build.files["rtl/registers.h"]


def test_without_options_the_bytes_know_nothing_of_a_bus(ckpt, tmp_path):
    assert status_of(cli, "build", ckpt, "--no-reference", "--out", tmp_path / "b") == 0
    build = artefact.load(tmp_path / "b")
    assert not {"axi_lite", "loadable", "parity", "like"} & set(build.dataflow.provenance)
    assert "rtl/registers.json" not in build.files
