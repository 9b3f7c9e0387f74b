"""A NIR graph becomes a network that fires the same spikes, where nothing has to be rounded."""

import nir
import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.interchange import nir_graph
from qtrain.interchange.float_run import FloatGraph
from qtrain.interchange.nir_network import imported
from qtrain.interchange.step_equations import Steps
from qtrain.network.network import build_network
from qtrain.network.recording import record
from tests.builders import nir_graphs
from tests.builders.nir_graphs import DT, STEP, chained, full, integrate, lif, weights, written

T = 16  # a power of two, so that a mean over the steps is exact


def spikes(shape, samples: int = 20, rate: float = 0.3, seed: int = 5) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy((rng.random((T, samples, *shape)) < rate).astype(np.float32))


def compared(graph: nir.NIRGraph, path, x=None, **steps):
    """Assert that the network's spikes are the graph's; returns the import and the float run."""
    read = nir_graph.read(written(graph, path))
    how = Steps(T, **{"dt": DT, **steps})
    made = imported(read, how, 8, "binary")
    x = spikes(read.input.shape) if x is None else x
    expected = FloatGraph(read, how).run(x)
    got = record(build_network(made.graph, made.tensors), x)
    assert expected.spikes
    for name, s in expected.spikes.items():
        assert 0.005 < s.float().mean() < 0.95, f"{name} says nothing"
        torch.testing.assert_close(got.spikes[name].reshape(s.shape), s, rtol=0, atol=0)
    return made, expected, got


@pytest.mark.parametrize("reset", ["hard", "soft"])
@pytest.mark.parametrize("last", ["spikes", "potential", "current"])
def test_dense(tmp_path, reset, last):
    made, expected, got = compared(nir_graphs.dense(last=last), tmp_path / "g.nir", reset=reset)
    assert all(r.leak == r.decay and r.gain == 1 and r.weight_error == 0 for r in made.roundings)
    scale = T if last == "spikes" else 1  # a readout of spikes gives their mean
    np.testing.assert_array_equal(got.logits * scale, expected.logits)


@pytest.mark.parametrize("reset", ["hard", "soft"])
def test_convolutional(tmp_path, reset):
    made, expected, got = compared(nir_graphs.convolutional(), tmp_path / "g.nir", reset=reset)
    assert [r.layer for r in made.roundings] == ["1", "4", "7"]
    np.testing.assert_array_equal(got.logits * T, expected.logits)


def test_thresholds_and_scales_of_channels(tmp_path):
    """Thresholds that are powers of two, a Scale of the spikes and one of the currents."""
    rng = np.random.default_rng(3)
    nodes = {
        "input": nir.Input(np.array([6])),
        "a": nir.Linear(weight=weights(rng, 8, 6)),
        "scale": nir.Scale(np.array([1, 2, 4, 1, 0.5, 2, 1, 1], np.float32)),
        "b": lif(8, v_threshold=[0.5, 1, 2, 1, 0.25, 2, 1, 1], r=4.0),
        "again": nir.Scale(full(8, 0.25)),
        "c": nir.Linear(weight=weights(rng, 4, 8)),
        "d": lif(4, v_threshold=0.25, v_leak=-0.25),
    }
    made, *_ = compared(chained(nodes), tmp_path / "g.nir")
    attrs = {node.name: node.attrs for node in made.graph.nodes}
    assert [attrs[name]["v_threshold"] for name in "bd"] == [0.5, 1.0]


def test_currents_meet_and_spikes_pass_as_they_are(tmp_path):
    """Two weights feed a layer, which spikes of an earlier one reach too, each worth 1."""
    rng = np.random.default_rng(4)
    nodes = {
        "input": nir.Input(np.array([3, 4, 4])),
        "a": nir.Conv2d(
            input_shape=(4, 4), weight=weights(rng, 5, 3, 1, 1), stride=1, padding=0, dilation=1,
            groups=1, bias=full(5, 0.0),
        ),
        "b": integrate((5, 4, 4)),
        "c": nir.Conv2d(
            input_shape=(4, 4), weight=weights(rng, 5, 5, 3, 3), stride=1, padding="same",
            dilation=1, groups=1, bias=full(5, -STEP),
        ),
        "d": integrate((5, 4, 4), 2.0),
        "flat": nir.Flatten(np.array([5, 4, 4]), start_dim=0),
        "e": nir.Affine(weight=weights(rng, 4, 80), bias=full(4, 0.0)),
        "f": integrate(4, 4.0),
    }  # fmt: skip
    graph = chained(nodes)
    graph.edges.append(("b", "d"))
    made, *_ = compared(graph, tmp_path / "g.nir", reset="soft")
    assert "d.sum" in [node.name for node in made.graph.nodes]


def test_signals_are_maps_of_one_row(tmp_path):
    rng = np.random.default_rng(6)
    nodes = {
        "input": nir.Input(np.array([2, 15])),
        "a": nir.Conv1d(
            input_shape=15, weight=weights(rng, 4, 2, 5), stride=2, padding=2, dilation=1, groups=1,
            bias=full(4, 0.0),
        ),
        "scale": nir.Scale(np.repeat(np.array([[1], [2], [0.5], [4]], np.float32), 8, axis=1)),
        "b": integrate((4, 8)),
        "flat": nir.Flatten(np.array([4, 8]), start_dim=0),
        "c": nir.Linear(weight=weights(rng, 3, 32)),
        "d": integrate(3, 2.0),
    }  # fmt: skip
    made, *_ = compared(chained(nodes), tmp_path / "g.nir", x=spikes((2, 1, 15)))
    assert made.graph.nodes[0].attrs["shape"] == [2, 1, 15]


def test_a_map_of_one_row_is_flattened_by_its_three_dimensions(tmp_path):
    flat = nir.Flatten(np.array([2, 1, 6]), start_dim=0, end_dim=2)
    weight = weights(np.random.default_rng(6), 3, 12)
    nodes = {"input": nir.Input(np.array([2, 1, 6])), "flat": flat, "a": nir.Linear(weight)}
    compared(chained(nodes | {"b": integrate(3, 2.0)}), tmp_path / "g.nir")


def test_a_graph_inside_a_graph(tmp_path):
    """Its nodes are the network's; its kernels need not be square, and names may hold dots."""
    rng = np.random.default_rng(11)
    conv = nir.Conv2d(
        input_shape=(5, 6), weight=weights(rng, 4, 1, 1, 3), stride=1, padding=0, dilation=1,
        groups=2, bias=full(4, 0.0),
    )  # fmt: skip
    inner = chained(
        {"input": nir.Input(np.array([2, 5, 6])), "conv": conv, "if": integrate((4, 5, 4))}
    )
    nodes = {
        "net.data": nir.Input(np.array([2, 5, 6])),
        "net": inner,
        "flat": nir.Flatten(np.array([4, 5, 4]), start_dim=0),
        "fc": nir.Linear(weights(rng, 3, 80)),
        "if": integrate(3, 4.0),
    }
    made, *_ = compared(chained(nodes), tmp_path / "g.nir")
    assert made.spiking.keys() == {"net.if", "if"}


@pytest.mark.parametrize("last", ["potential", "current"])
def test_what_was_rounded_is_said_of_the_layer_by_its_name(tmp_path, last):
    """Names in hardware have no spaces or accents, and each layer has one of its own."""
    graph = nir_graphs.dense(last=last)
    names = {"lif1": "readout", "li": "the père"}
    nodes = {names.get(name, name): node for name, node in graph.nodes.items()}
    made, *_ = compared(chained({k: n for k, n in nodes.items() if k != "output"}), tmp_path / "g")
    assert [r.layer for r in made.roundings] == [
        "readout",
        {"potential": "the_p_re", "current": "readout_2"}[last],
    ]
    assert made.graph.nodes[-1].name == made.roundings[-1].layer


def test_neurons_behind_a_flatten_are_those_of_the_map(tmp_path):
    rng = np.random.default_rng(7)
    nodes = {
        "input": nir.Input(np.array([2, 6, 6])),
        "a": nir.Conv2d(
            input_shape=(6, 6), weight=weights(rng, 3, 2, 3, 3), stride=1, padding="valid",
            dilation=1, groups=1, bias=full(3, 0.0),
        ),
        "flat": nir.Flatten(np.array([3, 4, 4]), start_dim=0),
        "b": integrate(48),
        "c": nir.Linear(weight=weights(rng, 4, 48)),
        "d": integrate(4, 2.0),
    }  # fmt: skip
    compared(chained(nodes), tmp_path / "g.nir")


def test_currents_that_follow_at_once(tmp_path):
    """CubaLIF neurons whose synaptic time constant is one step are LIF neurons."""
    rng = np.random.default_rng(8)
    cuba = nir.CubaLIF(
        tau_mem=full(5, 4 * DT), tau_syn=full(5, DT), r=full(5, 2.0), v_leak=full(5, 0.0),
        v_threshold=full(5, 1.0), w_in=full(5, 2.0),
    )  # fmt: skip
    nodes = {
        "input": nir.Input(np.array([6])),
        "a": nir.Linear(weight=weights(rng, 5, 6)),
        "b": cuba,
    }
    compared(chained(nodes), tmp_path / "g.nir")
    cuba.tau_syn = full(5, 2 * DT)
    with pytest.raises(InputError, match=r"b: tau_syn = .*no second state"):
        compared(chained(nodes), tmp_path / "slow.nir")
