"""Exact thresholds: for each sum that can occur the integers decide as rational numbers do."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.ir import Graph, Input, Layer, Synapse
from compiler.passes.choose_lsb import ChooseLsb
from compiler.passes.exact_thresholds import is_one_sum
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from compiler.passes.infer_widths import InferWidths
from compiler.pipeline import Options, compile_graph
from hw_models.dataflow import Dense
from hw_models.engines import golden
from tests.builders.rational import (
    fire,
    random_graph,
    random_residual_graph,
    random_steps,
    readout,
    run,
)

V_TH = 0.5
steps = st.one_of(
    st.just(0.0),
    st.floats(1e-12, 1e3),
    st.floats(5e-324, 1e-300),  # a gain that is nothing but for its sign
    st.integers(1, 64).map(lambda n: n / 64),  # thresholds that are a multiple of it, too
)
offsets = st.one_of(
    st.floats(-1e6, 1e6), st.integers(-64, 64).map(lambda n: n / 64), st.sampled_from([V_TH, -V_TH])
)


def one_layer(w, step, offset, encoding="ternary", binary=False, timesteps=1) -> Graph:
    """A spiking layer of len(w) neurons, and a readout that reads them."""
    w, x_max = np.array(w, np.int64), 127 if encoding == "static" else 1
    n_out, n_in = w.shape
    step, offset = (np.array(x, float) for x in (step, offset))
    mode = "binary" if binary else "ternary"
    last = Dense(n_in=n_out, n_out=1)
    return Graph(
        "one", timesteps,
        (
            Input("input", (n_in,), encoding, x_max, 1.0),
            Synapse("fc0", "input", Dense(n_in=n_in, n_out=n_out), w, 8, step, offset),
            Layer("lif0", ("fc0",), (n_out,), mode, "hard", 0.25, V_TH, binary, 1.0),
            Synapse("fc1", "lif0", last, np.ones((1, n_out), np.int64), 8, np.ones(1),
                    np.zeros(1)),
            readout(("fc1",), 1),
        ),
    )  # fmt: skip


@given(st.data(), st.sampled_from(["static", "ternary", "binary"]), st.booleans())
def test_every_sum_fires_as_the_real_one_does(data, encoding, binary):
    """Negative gains are positive by now, their sign in the weights: both signs of w."""
    n_in = data.draw(st.integers(1, 3))
    weights = st.integers(-1, 1) if encoding == "static" else st.integers(-128, 127)
    rows = st.lists(weights, min_size=n_in, max_size=n_in)
    w = data.draw(st.lists(rows, min_size=1, max_size=3))
    step, offset = ([data.draw(x) for _ in w] for x in (steps, offsets))
    graph = one_layer(w, step, offset, encoding, binary)
    lowered = InferWidths()(ChooseLsb()(graph))
    layer, synapse = lowered["lif0"], lowered["fc0"]
    assert isinstance(layer, Layer) and layer.integer is not None and layer.bounds is not None
    assert isinstance(synapse, Synapse) and synapse.shift == 1
    np.testing.assert_array_equal(synapse.w, w)
    v_threshold, bias = layer.integer.v_threshold, layer.integer.bias
    assert v_threshold is not None and v_threshold.min() >= 1
    for c, row in enumerate(w):
        size = sum(map(abs, row)) * graph.input.x_max
        low = sum(min(x, 0) for x in row) if encoding == "binary" else -size
        high = sum(max(x, 0) for x in row) if encoding == "binary" else size
        sums = np.arange(low, high + 1)
        p = (sums << synapse.shift) + bias[c]
        expected = [fire(layer, Fraction(step[c]) * int(acc) + Fraction(offset[c])) for acc in sums]
        assert layer.neuron.fire(p, v_threshold[c]).tolist() == expected
        # However small the gain, p is hardly wider than the sums themselves.
        assert max(abs(p).max(), v_threshold[c]) <= 4 * max(-low, high) + 2


@pytest.mark.parametrize(
    ("step", "offset", "binary", "fires"),
    [
        (0.25, 0.0, False, [-1, 0, 0, 0, 1]),  # at the threshold itself
        (0.25, 0.0, True, [0, 0, 0, 0, 0]),
        (0.25, 0.25, False, [0, 0, 0, 1, 1]),
        (0.25, 0.25, True, [0, 0, 0, 0, 1]),  # above it alone
        (0.0, 0.5, False, [1] * 5),
        (0.0, 0.5, True, [0] * 5),
        (0.0, -0.5, False, [-1] * 5),
        (0.0, 0.0, False, [0] * 5),
    ],
)
def test_thresholds_on_a_multiple_of_the_step(step, offset, binary, fires):
    build = compile_graph(one_layer([[1]], [step], [offset], "static", binary), Options())
    x = np.arange(-2, 3, dtype=np.int8)[None, :, None]
    assert golden.run(build, x).spikes["lif0"].reshape(-1).tolist() == fires


@settings(max_examples=40)  # each is a network in rational numbers
@given(st.integers(0, 1 << 20), st.booleans())
def test_networks_without_memory_equal_the_real_ones_without_any_rounding(seed, one_step):
    graph = random_graph(seed)
    graph = replace(graph, timesteps=1) if one_step else without_memory(graph)
    x = random_steps(graph, seed)
    trace = golden.run(compile_graph(graph, Options()), np.array(x, np.int8)[:, None])
    folded = FoldSign()(FoldAmplitude()(FoldBatchNorm()(graph)))
    spikes, _ = run(folded, x)
    for name, s in trace.spikes.items():
        assert s[:, 0].tolist() == spikes[name]


def without_memory(graph: Graph) -> Graph:
    """The graph with a leak of 0 in each layer that fires."""
    return graph.replaced({x.name: replace(x, tau=0.0) for x in graph.layers[:-1]})


def test_layers_that_round_are_those_with_memory_or_groups():
    graph = replace(random_graph(1), timesteps=1)
    assert all(is_one_sum(graph, layer) for layer in graph.layers[:-1])
    several = replace(graph, timesteps=2)
    assert not any(is_one_sum(several, layer) for layer in several.layers[:-1])
    assert all(is_one_sum(several, layer) for layer in without_memory(several).layers[:-1])
    joins = replace(random_residual_graph(1), timesteps=1)
    assert {len(layer.sources) > 1 for layer in joins.layers[:-1]} == {True, False}
    for layer in joins.layers[:-1]:
        assert is_one_sum(joins, layer) == (len(layer.sources) == 1)


@pytest.mark.parametrize("frac_bits", [0, 7])
def test_options_about_rounding_change_nothing(frac_bits):
    graph = one_layer([[3, -5]], [0.01], [0.1])
    chosen, own = ChooseLsb(frac_bits, 8)(graph)["lif0"], ChooseLsb()(graph)["lif0"]
    assert isinstance(chosen, Layer) and isinstance(own, Layer)
    assert chosen.integer and own.integer
    np.testing.assert_array_equal(chosen.integer.bias, own.integer.bias)
    np.testing.assert_array_equal(chosen.integer.v_threshold, own.integer.v_threshold)
