"""`python -m compiler load`: one network's integers for the core of another, of the same shape."""

import msgspec

from compiler.__main__ import cli
from hw_models.folder import artefact
from tests.builders.networks import checkpoint, save
from tests.cli import assert_one_line, status_of


def test_a_checkpoint_is_loaded_into_the_core_of_another(tmp_path, capsys):
    """Same shape, other weights: with the core's shifts it becomes register writes."""
    one, two = (save(checkpoint(seed), tmp_path / f"runs/net{seed}/ckpt.pt") for seed in (0, 5))
    core, new = tmp_path / "core", tmp_path / "new"
    options = ("--no-reference", "--out")
    assert status_of(cli, "build", one, "--loadable", *options, core) == 0
    assert status_of(cli, "build", two, "--like", core, *options, new) == 0
    assert status_of(cli, "load", core, new) == 0
    described = msgspec.json.decode((core / "rtl/registers.json").read_bytes())
    pieces = sum(m["words"] * m["pieces"] + 1 for m in described["memories"])
    assert len((new / "export/registers.txt").read_text().splitlines()) == pieces
    assert f"{pieces:,} writes" in capsys.readouterr().out
    hardware, loaded = artefact.load(core), artefact.load(new)
    assert hardware.dataflow.provenance["loadable"] is True
    assert loaded.dataflow.provenance["like"] == hardware.sha256
    for a, b in zip(hardware.dataflow.layers, loaded.dataflow.layers, strict=True):
        assert [g.shift for g in a.synapses] == [g.shift for g in b.synapses]


def test_what_cannot_be_loaded_is_one_line(tmp_path, capsys):
    ckpt = save(checkpoint(0), tmp_path / "runs/net/ckpt.pt")
    small = save(checkpoint(0, hidden=(24,)), tmp_path / "runs/small/ckpt.pt")
    core, fixed, options = tmp_path / "core", tmp_path / "fixed", ("--no-reference", "--out")
    assert status_of(cli, "build", ckpt, "--axi-lite", *options, fixed) == 0
    assert status_of(cli, "load", fixed, fixed) == 2
    assert_one_line(capsys.readouterr().err, "its memories are fixed; build it with --loadable")
    assert status_of(cli, "build", ckpt, "--loadable", *options, core) == 0
    capsys.readouterr()
    assert status_of(cli, "build", small, "--like", core, *options, tmp_path / "new") == 2
    assert_one_line(capsys.readouterr().err, "layers lif1, readout; the hardware of", "lif2")
