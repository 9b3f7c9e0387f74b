"""LSB, threshold and bias: rounding exactly where the text says, nowhere else."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compiler.ir import Graph, IntegerUpdate, Layer, Synapse
from compiler.passes.choose_lsb import (
    FRAC_BITS_MAX,
    READOUT_FRAC_BITS,
    ChooseLsb,
    decides,
    is_idle,
    threshold_bits,
)
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from hw_models.errors import InputError
from tests.builders.rational import (
    assert_equals_the_real_one,
    random_graph,
    without_factors,
)

seeds = st.integers(0, 1 << 20)


def several_steps(graph: Graph) -> Graph:
    """The graph with two time steps at least, where layers of one synapse round as well."""
    return replace(graph, timesteps=max(2, graph.timesteps))


def folded(seed: int) -> Graph:
    return FoldSign()(FoldAmplitude()(FoldBatchNorm()(several_steps(random_graph(seed)))))


def with_step(graph: Graph, name: str, step) -> Graph:
    synapse = graph[name]
    assert isinstance(synapse, Synapse)
    return graph.replaced(
        {name: replace(synapse, step=np.broadcast_to(step, len(synapse.w)) + 0.0)}
    )


def synapse_of(graph: Graph, layer: Layer) -> Synapse:
    (synapse,) = graph.synapses(layer)
    return synapse


def update_of(graph: Graph, name: str) -> IntegerUpdate:
    layer = graph[name]
    assert isinstance(layer, Layer) and layer.integer is not None
    return layer.integer


@given(seeds, st.integers(0, 12), st.integers(-3, 3))
def test_the_integer_threshold_fires_where_the_real_one_does(seed, frac_bits, near):
    graph = ChooseLsb(frac_bits, 30)(folded(seed))
    for layer in graph.layers[:-1]:
        update = update_of(graph, layer.name)
        assert update.v_threshold is not None
        for lsb, v_threshold in zip(update.lsb, update.v_threshold, strict=True):
            p = int(v_threshold) + near
            real = p * Fraction(lsb)
            fires = real > Fraction(layer.v_th) if layer.strict else real >= Fraction(layer.v_th)
            assert fires == (p >= v_threshold)
            assert v_threshold >= 1


@given(seeds, st.integers(0, 12))
def test_bias_rounds_to_nearest_and_weights_stay(seed, frac_bits):
    before = folded(seed)
    graph = ChooseLsb(frac_bits, 30)(before)
    for layer in graph.layers[:-1]:
        synapse, old = graph[layer.sources[0]], before[layer.sources[0]]
        assert isinstance(synapse, Synapse) and isinstance(old, Synapse)
        update = update_of(graph, layer.name)
        np.testing.assert_array_equal(synapse.w, old.w)
        weighted = old.w.any(axis=1)
        np.testing.assert_array_equal(update.lsb[weighted], old.step[weighted] / (1 << frac_bits))
        for bias, lsb, offset in zip(update.bias, update.lsb, old.offset, strict=True):
            assert abs(int(bias) - Fraction(offset) / Fraction(lsb)) <= Fraction(1, 2)


def test_bias_ties_go_to_even():
    graph = with_step(folded(0), "fc0", 0.5)
    synapse = graph["fc0"]
    assert isinstance(synapse, Synapse)
    for offset, bias in ((0.25, 0), (0.75, 2), (-0.25, 0), (-0.75, -2)):
        moved = replace(synapse, offset=np.full(len(synapse.w), offset))
        update = update_of(ChooseLsb(0)(graph.replaced({"fc0": moved})), "lif0")
        assert set(update.bias.tolist()) == {bias}


def with_weights(w):
    """w with a 1 in each row that has none."""
    rows = w.reshape(len(w), -1).copy()
    rows[~rows.any(axis=1), 0] = 1
    return rows.reshape(w.shape)


@example(69453)  # a layer whose only channel has no weight
@settings(max_examples=40)  # each is a network in rational numbers
@given(seeds)
def test_integers_equal_the_real_network_where_nothing_needs_rounding(seed):
    """tau = 1 and offsets that are whole LSBs: every spike equal, logits equal up to the LSB."""
    graph = random_graph(seed)
    # A channel without a weight takes another's step, by which its offset may have to round.
    steps = {
        s.name: replace(s, step=np.full(len(s.w), 0.125), w=with_weights(s.w))
        for s in graph.of(Synapse)
    }
    graph = without_factors(graph).replaced(steps)
    assert_equals_the_real_one(graph, seed)


def test_a_gain_near_zero_gets_a_larger_lsb_and_is_named():
    graph = folded(3)
    synapse = graph["fc0"]
    assert isinstance(synapse, Synapse)
    steps = synapse.step.copy()
    steps[0] = 1e-9
    graph = with_step(graph, "fc0", steps)
    lowered = ChooseLsb(v_bits_max=16)(graph)
    update, after = update_of(lowered, "lif0"), lowered["fc0"]
    assert update.v_threshold is not None and isinstance(after, Synapse)
    assert int(update.v_threshold.max()) < 1 << 15
    assert (after.w[0] == 0).all()
    np.testing.assert_array_equal(after.w[1:], synapse.w[1:])
    assert len(lowered.warnings) == 1
    assert "lif0" in lowered.warnings[0] and "(0)" in lowered.warnings[0]


@pytest.mark.parametrize(("step", "pruned"), [(0.0, False), (1e-12, True), (1e6, True)])
def test_channels_without_weights_or_gain_have_no_say_in_the_lsb(step, pruned):
    graph = next(g for g in map(folded, range(50)) if len(g["fc0"].w) > 2)
    synapse = graph["fc0"]
    assert isinstance(synapse, Synapse)
    idle = np.arange(len(synapse.w)) > 0  # most of them
    w = np.where(idle[:, None], 0 if pruned else 5, 3) * np.ones_like(synapse.w)
    before = replace(synapse, w=w, step=np.where(idle, step, 2.0**-9))
    lowered = ChooseLsb()(graph.replaced({"fc0": before}))
    after, update = lowered["fc0"], update_of(lowered, "lif0")
    assert isinstance(after, Synapse) and not lowered.warnings
    assert not after.w[idle].any() and after.w[~idle].all()
    assert set(update.lsb) == {2.0**-9 / (1 << after.shift)}
    assert update.v_threshold is not None
    bits = threshold_bits(graph)
    assert 1 << bits <= update.v_threshold.min() < 2 << bits


@pytest.mark.parametrize("offset", [0.0, 0.5, -0.5, 8.0, -8.0])
@pytest.mark.parametrize("step", [2.0**-16, 2.0**-20, 2.0**-40])
def test_channels_that_no_input_decides_have_no_say_in_the_lsb(step, offset):
    """Pruned to next to nothing, most of them: they never fire, or always do."""
    graph = next(g for g in map(folded, range(50)) if len(g["fc0"].w) > 2)
    synapse, layer = graph["fc0"], graph["lif0"]
    assert isinstance(synapse, Synapse) and isinstance(layer, Layer)
    layer = replace(layer, mode="ternary", tau=0.25)
    pruned = np.arange(len(synapse.w)) > 0
    before = replace(
        synapse,
        w=np.full_like(synapse.w, 3),
        step=np.where(pruned, step, 1.0) * layer.v_th,
        offset=np.where(pruned, offset, 0.0) * layer.v_th,
    )
    lowered = ChooseLsb()(graph.replaced({"fc0": before, "lif0": layer}))
    after, update = lowered["fc0"], update_of(lowered, "lif0")
    assert isinstance(after, Synapse) and update.v_threshold is not None
    assert after.shift == threshold_bits(graph)
    assert update.v_threshold[0] == 1 << after.shift
    assert (after.w[0] == 3).all()


@pytest.mark.parametrize(("mode", "drive"), [("ternary", -1.5), ("ternary", 1.5), ("binary", 1.5)])
def test_a_channel_that_some_input_decides_has_its_say(mode, drive):
    """Its offset fires; of the currents some take that away."""
    graph = folded(3)
    layer, synapse = graph["lif0"], graph["fc0"]
    assert isinstance(synapse, Synapse) and isinstance(layer, Layer)
    full = np.full(len(synapse.w), 1.0)
    w = np.where(np.arange(synapse.w.shape[1]) == 0, 1, 0) * np.ones_like(synapse.w)
    made = replace(synapse, w=w, step=full * layer.v_th, offset=full * drive * layer.v_th)
    graph = graph.replaced({"fc0": made})
    assert decides(graph, replace(layer, mode=mode), (made,)).all()
    weak = replace(made, step=made.step * 2.0**-10)
    assert not decides(graph, replace(layer, mode=mode), (weak,)).any()


@pytest.mark.parametrize("offset", [1e30, -1e25, np.inf])
def test_a_bias_beyond_all_integers_is_refused_by_channel(offset):
    graph = folded(3)
    for name, layer in (("fc0", "lif0"), (graph.nodes[-1].sources[0], "readout")):
        synapse = graph[name]
        assert isinstance(synapse, Synapse)
        offsets = np.zeros(len(synapse.w))
        offsets[-1] = offset
        moved = replace(synapse, offset=offsets, w=np.ones_like(synapse.w))
        message = f"{layer}: bias of channel {len(offsets) - 1} is .* LSB, need less than 2\\^61"
        with pytest.raises(InputError, match=message):
            ChooseLsb()(graph.replaced({name: moved}))


@pytest.mark.parametrize("step", [1e-38, 1e-300, 1.0])
def test_a_readout_without_weights_has_its_biases_alone(step):
    """The scale of weights that are all 0 is the quantizer's least; it says nothing of a bias."""
    graph = folded(2)
    (name,) = graph.nodes[-1].sources
    synapse = graph[name]
    assert isinstance(synapse, Synapse)
    offset = np.linspace(-0.5, 0.25, len(synapse.w))
    dead = replace(synapse, w=synapse.w * 0, step=np.full(len(offset), step), offset=offset)
    update = ChooseLsb()(graph.replaced({name: dead})).nodes[-1].integer
    np.testing.assert_allclose(update.bias * update.lsb, offset, atol=2.0**-READOUT_FRAC_BITS)
    assert np.abs(update.bias).max() == 1 << READOUT_FRAC_BITS


def test_re_rounded_weights_are_worth_what_they_were():
    graph = with_step(folded(3), "fc0", 0.5 / 40000)
    lowered = ChooseLsb(frac_bits=0, v_bits_max=16)(graph)
    before, after = graph["fc0"], lowered["fc0"]
    assert isinstance(before, Synapse) and isinstance(after, Synapse)
    update = update_of(lowered, "lif0")
    worth = update.lsb[:, None] * after.w
    assert np.abs(worth - before.step[:, None] * before.w).max() <= update.lsb.max() / 2


@example(2410)  # a layer in which no channel decides, two being idle
@given(seeds)
def test_auto_fraction_bits_make_thresholds_fine_with_bits_to_spare(seed):
    graph = folded(seed)
    for v_bits_max in (31, 20):
        least = min(threshold_bits(graph), v_bits_max - 4)
        lowered = ChooseLsb(v_bits_max=v_bits_max)(graph)
        for layer in lowered.layers[:-1]:
            update = update_of(lowered, layer.name)
            assert update.v_threshold is not None
            before = graph.synapses(graph[layer.name])
            idle = is_idle(before[0])
            votes = decides(graph, layer, before) & ~idle
            votes = votes if votes.any() else ~idle
            lsb = update.lsb[votes] if votes.any() else update.lsb
            median, shift = np.median(layer.v_th / lsb), synapse_of(lowered, layer).shift
            assert median >= 1 << least or shift == FRAC_BITS_MAX
            assert shift == 0 or median <= 2 << least
            assert np.ceil(median) <= 1 << (v_bits_max - 3)


def test_the_readout_has_fraction_bits_only_for_a_bias():
    graph = folded(2)
    readout = graph.nodes[-1]
    (name,) = readout.sources
    synapse = graph[name]
    assert isinstance(synapse, Synapse)
    for offset, shift in ((0.0, 0), (0.3, READOUT_FRAC_BITS)):
        moved = replace(synapse, offset=np.full(len(synapse.w), offset))
        lowered = ChooseLsb()(graph.replaced({name: moved}))
        assert synapse_of(lowered, lowered.nodes[-1]).shift == shift


def test_a_readout_of_several_groups_is_refused():
    graph = folded(2)
    readout = graph.nodes[-1]
    (name,) = readout.sources
    second = replace(graph[name], name="second")
    graph = replace(graph, nodes=(*graph.nodes[:-1], second, readout))
    graph = graph.replaced({"readout": replace(readout, sources=(name, "second"))})
    with pytest.raises(InputError, match=rf"readout: 2 currents meet \({name}, second\)"):
        ChooseLsb()(graph)


def test_a_readout_of_several_scales_is_refused():
    graph = next(g for g in map(folded, range(50)) if g.nodes[-1].shape[0] > 1)
    (name,) = graph.nodes[-1].sources
    steps = np.arange(1, len(graph[name].w) + 1) * 0.5
    with pytest.raises(InputError, match=f"{name}: the readout needs one scale"):
        ChooseLsb()(with_step(graph, name, steps))


def test_deeper_networks_have_finer_thresholds_up_to_what_float32_tells_apart():
    def of(layers):
        nodes = [replace(folded(0).layers[:-1][0], name=f"lif{k}") for k in range(layers)]
        return Graph("g", 2, tuple(nodes))

    assert [threshold_bits(of(n)) for n in (1, 2, 3, 4, 19)] == [14, 18, 22, 22, 22]


def test_shallow_networks_take_no_more_bits_for_a_small_gain():
    """Two layers: thresholds of 18 bits in the median, of 27 at most; more where F is given."""
    graphs = (g for g in map(folded, range(99)) if len(g.layers[:-1]) == 2)
    graph = next(g for g in graphs if len(g["fc0"].w) > 2)
    steps = np.full(len(graph["fc0"].w), 0.01)
    steps[0] = 0.01 / 4096
    graph = with_step(graph, "fc0", steps)
    automatic = ChooseLsb()(graph)
    assert update_of(automatic, "lif0").v_threshold.max() < 1 << 26
    assert [warning[:4] for warning in automatic.warnings] == ["lif0"]
    given = ChooseLsb(frac_bits=10)(graph)
    assert update_of(given, "lif0").v_threshold.max() > 1 << 26
    assert not given.warnings
