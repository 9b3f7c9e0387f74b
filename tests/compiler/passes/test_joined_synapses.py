"""Groups that meet in a layer: the main one untouched, the others nearest multiples of its LSB."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.ir import Graph, Layer, Synapse
from compiler.passes.choose_lsb import ChooseLsb
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from compiler.passes.joined_synapses import main_synapse, rounding_bits
from compiler.pipeline import Options, compile_graph
from hw_models.dataflow import Pool
from hw_models.engines import fast, golden
from hw_models.semantics import Interval
from tests.builders.rational import (
    assert_equals_the_real_one,
    random_residual_graph,
    without_factors,
)

# Of weights halfway between two multiples, float64 may take either.
HALF = Fraction(1, 2) + Fraction(1, 1 << 30)
seeds = st.integers(0, 1 << 20)


def folded(seed: int) -> Graph:
    """Of two time steps at least, where layers of one synapse round as well."""
    graph = random_residual_graph(seed)
    graph = replace(graph, timesteps=max(2, graph.timesteps))
    return FoldSign()(FoldAmplitude()(FoldBatchNorm()(graph)))


def of(before: Graph, after: Graph, layer: Layer) -> list[tuple[Synapse, Synapse]]:
    """The synapses of a layer before and after the pass, the main one first."""
    groups = list(zip(before.synapses(layer), after.synapses(after[layer.name]), strict=True))
    main = main_synapse(before.synapses(layer))
    return sorted(groups, key=lambda pair: pair[0] is not main)


@given(seeds, st.integers(0, 12))
def test_the_main_synapse_stays_and_the_others_round_to_the_nearest(seed, frac_bits):
    before = folded(seed)
    after = ChooseLsb(frac_bits, 30)(before)
    assert not after.warnings
    for layer in before.layers[:-1]:
        lsb = [Fraction(x) for x in after[layer.name].integer.lsb]
        (main, changed), *others = of(before, after, layer)
        np.testing.assert_array_equal(changed.w, main.w)
        assert (changed.w_bits, changed.shift) == (main.w_bits, frac_bits)
        for x, step, row in zip(lsb, main.step, main.w, strict=True):
            assert x * (1 << frac_bits) == Fraction(step) or not row.any()
        for old, new in others:
            assert new.shift == 0
            assert new.w_bits == Interval.hull(new.w, new.w, True).bits
            for c in range(len(lsb)):
                for was, is_ in zip(old.w[c].flat, new.w[c].flat, strict=True):
                    real = int(was) * Fraction(old.step[c])
                    assert abs(int(is_) * lsb[c] - real) <= HALF * lsb[c]


@given(seeds, st.integers(0, 12))
def test_the_offsets_of_all_groups_are_one_bias_rounded_once(seed, frac_bits):
    before = folded(seed)
    after = ChooseLsb(frac_bits, 30)(before)
    for layer in before.layers[:-1]:
        update = after[layer.name].integer
        for c, lsb in enumerate(update.lsb):
            offset = sum(Fraction(synapse.offset[c]) for synapse in before.synapses(layer))
            assert int(update.bias[c]) == round(offset / Fraction(lsb))  # ties to even


@settings(max_examples=40)  # each is a network in rational numbers
@given(seeds)
def test_integers_equal_the_real_network_where_nothing_needs_rounding(seed):
    """tau = 1, and steps and offsets that are whole LSBs: every spike and the logits equal."""
    graph, rng = random_residual_graph(seed), np.random.default_rng(seed)
    plain = FoldBatchNorm()(graph)
    mains = {main_synapse(plain.synapses(layer)).name for layer in plain.layers[:-1]}
    steps = {}
    for s in graph.of(Synapse):
        whole = rng.integers(1, 9, len(s.w)) if s.name not in {*mains, "fc"} else np.ones(len(s.w))
        steps[s.name] = replace(s, step=0.125 * whole)
    graph = without_factors(graph).replaced(steps)
    assert_equals_the_real_one(graph, seed)


# --- gains near zero --------------------------------------------------------------------------


def with_steps(graph: Graph, steps: dict[str, float], channel: int = 0) -> Graph:
    """The graph with another step in one channel of some synapses."""
    changes = {}
    for name, step in steps.items():
        synapse = graph[name]
        assert isinstance(synapse, Synapse)
        every = synapse.step.copy()
        every[channel] = step
        changes[name] = replace(synapse, step=every)
    return graph.replaced(changes)


def first_join(seed: int) -> tuple[Graph, Layer, Synapse, Synapse]:
    """A folded graph, its first layer in which synapses meet, the main one and another."""
    graph = folded(seed)
    layer = next(layer for layer in graph.layers[:-1] if len(layer.sources) > 1)
    groups = graph.synapses(layer)
    main = replace(main_synapse(groups), step=np.full(len(groups[0].w), 0.25))
    other = next(synapse for synapse in groups if synapse.name != main.name)
    return graph.replaced({main.name: main}), layer, main, other


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("step", [1e-9, -1e-9])
def test_a_main_gain_near_zero_leaves_the_others_what_they_are_worth(seed, step):
    graph, layer, main, other = first_join(seed)
    graph = FoldSign()(with_steps(graph, {main.name: step}))
    after = ChooseLsb(v_bits_max=16)(graph)
    update = after[layer.name].integer
    assert update.v_threshold is not None
    assert 1 << 14 < update.v_threshold[0] < 1 << 15
    assert (after[main.name].w[0] == 0).all()
    np.testing.assert_array_equal(after[main.name].w[1:], graph[main.name].w[1:])
    worth = after[other.name].w[0] * Fraction(update.lsb[0])
    real = other.w[0] * Fraction(graph[other.name].step[0])
    assert max(abs(worth - real).flat) <= HALF * Fraction(update.lsb[0])
    (warning,) = [text for text in after.warnings if text.startswith(layer.name)]
    assert f"gain of {main.name} so near zero in 1 of {len(main.w)} channels (0)" in warning


@pytest.mark.parametrize("seed", range(20))
def test_where_the_main_gain_is_zero_the_others_have_the_lsb_of_the_other_channels(seed):
    graph, layer, main, other = first_join(seed)
    after = ChooseLsb()(with_steps(graph, {main.name: 0.0}))
    update = after[layer.name].integer
    assert set(update.lsb) == {0.25 / (1 << after[main.name].shift)} and not after.warnings
    assert (after[main.name].w[0] == 0).all()
    worth = after[other.name].w[0] * Fraction(update.lsb[0])
    real = other.w[0] * Fraction(other.step[0])
    assert max(abs(worth - real).flat) <= HALF * Fraction(update.lsb[0])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("step", [1e-9, 0.25])
def test_weights_worth_thousands_of_thresholds_still_fit(seed, step):
    graph, layer, main, other = first_join(seed)
    graph = with_steps(graph, {main.name: step, other.name: 1e6})
    after = ChooseLsb()(graph)
    w = after[other.name].w[0]
    assert np.abs(w).max() == (1 << 31) - 1
    assert after[other.name].w_bits == 32
    assert any(f"weights of {other.name} so large beside" in text for text in after.warnings)
    moved = after[main.name]
    assert (abs(moved.w[0] * moved.step[0] - main.w[0] * step) <= moved.step[0] / 2).all()


@pytest.mark.parametrize("dead", [0.0, 1e-12])
@pytest.mark.parametrize("frac_bits", [None, 3])
def test_a_main_synapse_that_is_dead_altogether(dead, frac_bits):
    graph, layer, main, other = first_join(4)
    for channel in range(len(main.w)):
        graph = with_steps(graph, {main.name: dead}, channel)
    after = ChooseLsb(frac_bits if dead == 0 else None)(graph)
    update = after[layer.name].integer
    assert update.v_threshold is not None
    assert (after[main.name].w == 0).all()
    assert (update.v_threshold < 1 << 30).all()
    assert (after[other.name].w != 0).any()


# --- fraction bits and widths -----------------------------------------------------------------


def pooled(synapse: Synapse, kernel: int) -> Synapse:
    shape = (1, kernel, kernel)
    pool = Pool(
        in_shape=shape, out_shape=(1, 1, 1), kernel=(kernel, kernel), stride=(1, 1), padding=(0, 0)
    )
    return replace(synapse, pools=(pool,))


def test_more_errors_that_add_up_take_more_fraction_bits():
    _, _, main, other = first_join(4)
    one = replace(main, w=np.ones((3, 1), np.int64))
    many = replace(main, w=np.ones((3, 256), np.int64))
    assert rounding_bits([]) == rounding_bits([one]) == 0
    assert rounding_bits([many]) == 4  # sqrt(256 / 12) = 4.6 LSB
    assert rounding_bits([many, many]) == 4 and rounding_bits([many] * 4) == 5
    assert rounding_bits([pooled(one, 4)]) == 4  # one error, 16 times: 16 / sqrt(12)


@pytest.mark.parametrize("seed", range(60))
def test_engines_agree_within_widths(seed):
    graph = random_residual_graph(seed)
    build = compile_graph(graph, Options())
    rng, x_max = np.random.default_rng(seed), graph.input.x_max
    steps = 1 if graph.input.encoding == "static" else graph.timesteps
    low = 0 if graph.input.encoding == "binary" else -x_max
    x = rng.integers(low, x_max + 1, (steps, 40, *graph.input.shape)).astype(np.int8)
    slow, quick = golden.run(build, x), fast.run(build, x)
    for name in slow.membranes:
        np.testing.assert_array_equal(quick.membranes[name], slow.membranes[name])
    for name in slow.spikes:
        np.testing.assert_array_equal(quick.spikes[name], slow.spikes[name])


def test_the_random_graphs_have_all_there_is():
    graphs = [folded(seed) for seed in range(60)]
    meeting = [graph.synapses(layer) for graph in graphs for layer in graph.layers[:-1]]
    assert {len(groups) for groups in meeting} >= {1, 2, 3, 4}
    assert any("skip" in main_synapse(groups).name for groups in meeting)
    assert any(groups[0] is not main_synapse(groups) for groups in meeting)
    assert any(synapse.source == "input" for groups in meeting[1:] for synapse in groups[1:])
