"""A NIR graph becomes a build like any other, with a report of what was rounded on the way."""

from pathlib import Path

import numpy as np
import pytest

from compiler.__main__ import cli
from compiler.frontend.nir_import import NirOptions, open_nir
from hw_models.folder import artefact, evidence, reference_vectors
from qtrain.__main__ import cli as qtrain_cli
from qtrain.checkpoint import load
from rtl_sim.__main__ import cli as rtl_sim_cli
from tests.builders.nir_graphs import DT, convolutional, dense, lif, written
from tests.cli import assert_one_line, status_of

T = 16


def own_spikes(path: Path, shape: tuple[int, ...], classes: int) -> Path:
    """Samples of random spikes [N, T, *shape], in as many classes."""
    rng = np.random.default_rng(0)
    parts = {}
    for prefix, samples in (("", 40), ("test_", 24)):
        parts[f"{prefix}x"] = (rng.random((samples, T, *shape)) < 0.3).astype(np.int8)
        parts[f"{prefix}y"] = np.arange(samples) % classes
    np.savez(path, **parts)
    return path


def build(tmp_path, graph, data, *options) -> Path:
    """The folder of a build that the command line makes."""
    path, out = written(graph, tmp_path / "net.nir"), tmp_path / "build"
    args = ("--data", data, "--input", "spikes", "--out", out, *options)
    assert status_of(cli, "build", path, *args) == 0
    return out


def test_spikes_in_hardware_are_those_of_the_graph(tmp_path, capsys):
    """IF neurons and weights on the grid of int8: nothing is rounded, and so nothing differs."""
    data = own_spikes(tmp_path / "own.npz", (2, 10, 10), 4)
    folder = build(tmp_path, convolutional(), data, "--reset", "hard")
    made = artefact.load(folder)
    report = evidence.read(made)["import"]
    assert report["graph_accuracy"] == report["integer_accuracy"]
    assert report["predictions_equal"] == 1 and report["samples"] == 24
    assert [layer["layer"] for layer in report["layers"]] == ["1", "4", "7"]
    for layer in report["layers"]:
        assert (layer["leak"], layer["gain"], layer["updates_differing"]) == (1, 1, 0)
    spikes = reference_vectors.load(made).spikes
    assert all(0.005 < np.abs(s).mean() < 0.95 for s in spikes.values())
    assert made.dataflow.provenance["nir_reset"] == "hard"
    assert status_of(rtl_sim_cli, "run", folder, "--samples", 2) == 0
    assert "import" in capsys.readouterr().out


def test_leaks_are_rounded_and_reported(tmp_path):
    """A decay of 0.9 is rounded; the report says to what, and how few spikes differ."""
    graph = dense(sizes=(20, 30, 5))
    graph.nodes["lif1"] = lif(30, tau=10 * DT, r=10.0)
    graph.nodes["lif2"] = lif(5, tau=10 * DT, r=10.0)
    data = own_spikes(tmp_path / "own.npz", (20,), 5)
    made = artefact.load(build(tmp_path, graph, data, "--dt", DT))
    report = evidence.read(made)["import"]
    assert (report["dt"], report["decay"], report["reset"]) == (DT, "euler", "hard")
    for layer, found in zip(made.dataflow.layers, report["layers"], strict=False):
        assert found["layer"] == layer.name
        assert found["decay"] == pytest.approx(0.9)
        assert found["leak"] == layer.update.neuron.leak.tau != 0.9
        assert 0 <= found["updates_differing"] < 0.02


def test_samples_decide_the_rounding_also_where_no_reference_is_kept(tmp_path):
    graph, data = dense(sizes=(20, 30, 5)), own_spikes(tmp_path / "own.npz", (20,), 5)
    graph.nodes["fc1"].weight = np.random.default_rng(1).standard_normal((30, 20))
    made = artefact.load(build(tmp_path, graph, data, "--dt", DT, "--no-reference"))
    assert not (made.path / "reference").exists()
    args = (
        "build",
        tmp_path / "net.nir",
        "--dt",
        DT,
        "--no-reference",
        "--out",
        tmp_path / "other",
    )
    assert status_of(cli, *args) == 0
    other = artefact.load(tmp_path / "other")
    assert (made.tensors["fc1.weight"] != other.tensors["fc1.weight"]).any()


def test_without_data_the_input_is_random_and_a_warning_says_so(tmp_path, capsys):
    path, out = written(dense(), tmp_path / "net.nir"), tmp_path / "build"
    assert status_of(cli, "build", path, "--dt", DT, "--out", out) == 0
    assert "no --data" in capsys.readouterr().out
    vectors = reference_vectors.load(artefact.load(out))
    assert vectors.about.dataset == "random"
    np.testing.assert_array_equal(vectors.labels, vectors.predictions)


def test_reference_vectors_of_a_graph_again(tmp_path):
    data = own_spikes(tmp_path / "own.npz", (12,), 4)
    folder = build(tmp_path, dense(), data, "--dt", DT, "--reset", "soft")
    before = reference_vectors.load(artefact.load(folder))
    path = folder / "reference" / "vectors.npz"
    path.unlink()
    args = (folder, tmp_path / "net.nir", "--data", data, "--input", "spikes")
    assert status_of(cli, "reference", *args) == 0
    after = reference_vectors.load(artefact.load(folder))
    np.testing.assert_array_equal(after.predictions, before.predictions)
    for name, spikes in before.spikes.items():
        np.testing.assert_array_equal(after.spikes[name], spikes)


def test_a_graph_is_checked(tmp_path, capsys):
    path = written(dense(), tmp_path / "net.nir")
    assert status_of(cli, "check", path, "--dt", DT) == 0
    assert "every layer can be built" in capsys.readouterr().out


def test_a_graph_is_trained_further_and_built(tmp_path):
    """`qtrain train --init` trains the graph's network, which then is a checkpoint like any."""
    graph, data = dense(sizes=(20, 30, 5)), own_spikes(tmp_path / "own.npz", (20,), 5)
    path, run = written(graph, tmp_path / "net.nir"), tmp_path / "run"
    args = ("--data", data, "--input", "spikes", "--init", path, "--dt", DT, "--epochs", 1)
    args += ("--batch-size", 20, "--weight-bits", 4, "--timesteps", T, "--out", run)
    assert status_of(qtrain_cli, "train", *args) == 0
    trained = load(run / "ckpt.pt")
    start = open_nir(path, None, NirOptions(dt=DT), target="int4")
    assert [n.name for n in trained.graph.nodes] == [n.name for n in start.checkpoint.graph.nodes]
    change = (trained.tensors["fc1.weight"] - start.checkpoint.tensors["fc1.weight"]).abs().max()
    assert 0 < change < 0.2
    out = tmp_path / "build"
    assert status_of(cli, "build", run / "ckpt.pt", "--target", "int4", "--out", out) == 0


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ((), ["lif1", "--dt"]),
        (("--dt", "0"), ["--dt 0", "more than 0"]),
        (("--dt", DT, "--input", "static", "--timesteps", "0"), ["timesteps = 0", "1 or more"]),
        (("--dt", DT, "--timesteps", "3"), ["--timesteps 3", "leave it out"]),
        (("--dt", DT, "--crop", "4"), ["--crop 4", "leave it out"]),
        (("--dt", DT, "--polarity", "split"), ["polarity = split"]),
    ],
)
def test_options_that_do_not_suit(tmp_path, capsys, options, parts):
    data = own_spikes(tmp_path / "own.npz", (12,), 4)
    path, out = written(dense(), tmp_path / "net.nir"), tmp_path / "build"
    args = ("--data", data, "--input", "spikes", "--out", out, *options)
    assert status_of(cli, "build", path, *args) == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not out.exists()


def test_lanes_for_a_goal_and_a_folder_of_data_need_data(tmp_path, capsys):
    path = written(dense(), tmp_path / "net.nir")
    for option in (("--cycles", 200), ("--total-lanes", 8), ("--data-dir", tmp_path)):
        assert status_of(cli, "build", path, "--dt", DT, *option) == 2
        assert_one_line(capsys.readouterr().err, *map(str, option), "name them with --data")


def test_data_that_do_not_fit(tmp_path, capsys):
    path = written(dense(), tmp_path / "net.nir")
    for shape, classes, parts in (
        ((11,), 4, ["[12]", "[11]"]),
        ((12,), 3, ["4 outputs", "3 classes"]),
    ):
        data = own_spikes(tmp_path / "own.npz", shape, classes)
        args = ("--data", data, "--input", "spikes", "--dt", DT, "--out", tmp_path / "build")
        assert status_of(cli, "build", path, *args) == 2
        assert_one_line(capsys.readouterr().err, *parts)


def test_options_of_a_graph_with_a_checkpoint(capsys):
    assert status_of(cli, "build", "zoo:digits", "--dt", "1e-3") == 2
    assert_one_line(capsys.readouterr().err, "--dt 0.001", "checkpoint")


@pytest.mark.parametrize("option", [("--model", "mlp"), ("--spike", "ternary"), ("--tau", "0.5")])
def test_options_that_a_graph_decides(tmp_path, capsys, option):
    path = written(dense(), tmp_path / "net.nir")
    assert status_of(qtrain_cli, "train", "--init", path, "--dt", DT, *option) == 2
    assert_one_line(capsys.readouterr().err, " ".join(option), "leave it out")


def test_an_exported_build_is_built_again_with_the_same_integers(tmp_path, capsys):
    """From the trained network to NIR and back: lanes and registers are chosen anew."""
    first, graph, second = tmp_path / "first", tmp_path / "net.nir", tmp_path / "second"
    assert status_of(cli, "build", "zoo:digits", "--out", first) == 0
    assert status_of(cli, "export", first, "--format", "nir", "--out", graph) == 0
    args = ("--data", "digits", "--lanes", 8, "--out", second)
    assert status_of(cli, "build", graph, *args) == 0
    before, after = artefact.load(first), artefact.load(second)
    assert before.tensors.keys() == after.tensors.keys()
    for name, tensor in before.tensors.items():
        np.testing.assert_array_equal(after.tensors[name], tensor)
    # On 8 lanes 10 outputs make two words, and on 5 as well.
    assert [x.synapses[0].lanes for x in after.dataflow.layers] == [8, 5]
    x = [reference_vectors.load(made).x for made in (before, after)]
    np.testing.assert_array_equal(*x)
    assert status_of(rtl_sim_cli, "run", second, "--samples", 2, "--no-edges") == 0
    capsys.readouterr()
    assert status_of(cli, "check", graph, "--data", "digits") == 0
    assert "every layer can be built" in capsys.readouterr().out
    assert status_of(qtrain_cli, "train", "--init", graph, "--dt", 1) == 2
    assert_one_line(capsys.readouterr().err, "net.nir", "exported from a build", "checkpoint")
    for command, option in (("check", ("--dt", 1)), ("build", ("--data-dir", tmp_path))):
        assert status_of(cli, command, graph, *option) == 2
        assert_one_line(capsys.readouterr().err, option[0])
    for option in (("--frac-bits", 3), ("--target", "int4"), ("--reset", "soft")):
        assert status_of(cli, "build", graph, *option, "--out", tmp_path / "no") == 2
        assert_one_line(capsys.readouterr().err, option[0], "leave it out")
