"""Operation counts against a count by hand and against loops over single events."""

import msgspec
import numpy as np
import pytest

from hw_models.cost import energy, operations
from hw_models.cost.operations import Operations
from hw_models.dataflow import Build, Dense
from hw_models.engines import golden
from hw_models.engines.synapse import pooled, weighted_sums
from hw_models.semantics import Interval, Leak, Neuron, digits, signed_digits
from tests.builders.hand_made import hand_made
from tests.builders.random_builds import Builder, random_build, random_input
from tests.builders.residual_builds import residual_build


@pytest.mark.parametrize("seed", range(12))
def test_counts_equal_loops_over_events(seed):
    build = random_build(seed)
    x = random_input(build, 4, seed)
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    stream = x
    for layer in build.dataflow.layers:
        (synapse,) = layer.synapses
        w = build.weight(synapse)
        static = synapse.source == "input" and build.dataflow.input.encoding == "static"
        events = additions = effective = 0
        for (*_, j), value in np.ndenumerate(stream):
            n = len(signed_digits(int(value))) if static else abs(int(value))
            events += n
            additions += n * layer.size
            effective += n * int((w[:, j] != 0).sum())
        got = counts[layer.name]
        assert (got.events, got.synaptic_additions, got.Effective_ACs) == (
            events, additions, effective,
        )  # fmt: skip
        assert got.MembraneUpdates == layer.size * build.dataflow.timesteps * 4
        assert got.ann_macs == w.size * 4
        assert got.weight_read_bits == additions * synapse.w_bits
        stream = trace.spikes.get(layer.name, stream)


@pytest.mark.parametrize("samples", [1, 31, 32, 300])
def test_totals_in_bytes_do_not_overflow(samples):
    """43 and 85 have four digits: the most that a value can be worth."""
    x = np.full((2, samples, 3), 85, np.int8)
    x[:, :, 1], x[:, ::2, 2] = -43, 0
    events = digits(x, 127)
    assert events.max() == 4
    for signed in (events, -events):
        expected = signed.sum(axis=1, dtype=int)
        np.testing.assert_array_equal(operations.per_step(signed), expected)


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
@pytest.mark.parametrize("seed", range(6))
def test_dense_is_the_most_that_an_input_can_cause(encoding, seed):
    """What reads the input executes just that where every value has the most digits."""
    build = random_build(seed, encoding=encoding)
    x_max = build.dataflow.input.x_max
    most = max(range(x_max + 1), key=lambda n: len(signed_digits(n)))
    for x in (random_input(build, 3, seed), np.full_like(random_input(build, 3, 0), most)):
        counts = operations.count(build, x, golden.run(build, x))
        assert all(ops.synaptic_additions <= ops.Dense for ops in counts.values())
    assert counts["layer0"].synaptic_additions == counts["layer0"].Dense


@pytest.mark.parametrize("encoding", ["static", "ternary"])
def test_accumulators_are_read_each_step_and_a_static_inputs_cleared_once_a_sample(encoding):
    """Of a layer that reads the input, and of one where it meets spikes."""
    builder = Builder(3, encoding, (6,))
    builder.timesteps = steps = 4
    neuron = Neuron(mode="ternary", reset="hard", leak=Leak(1, 2))
    builder.add(Dense(n_in=6, n_out=5), neuron)
    sources = [("layer0", Dense(n_in=5, n_out=7), ()), ("input", Dense(n_in=6, n_out=7), ())]
    builder.join(sources, neuron)
    builder.add(Dense(n_in=7, n_out=2), None)
    build, samples = builder.build(), 3
    x = random_input(build, samples, 1)
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    at_input = digits(x, build.dataflow.input.x_max) if encoding == "static" else abs(x)
    streams = {"input": at_input, **trace.spikes}
    for layer in build.dataflow.layers:
        reads = writes = 0
        for synapse in layer.synapses:
            additions = layer.size * int(abs(streams[synapse.source].astype(int)).sum())
            clears = 1 if encoding == "static" and synapse.source == "input" else steps
            reads += (additions + layer.size * steps * samples) * synapse.acc_bits
            writes += (additions + layer.size * clears * samples) * synapse.acc_bits
        got = counts[layer.name]
        assert (got.acc_read_bits, got.acc_write_bits) == (reads, writes)


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_counts_of_groups_that_meet_behind_pools(encoding):
    """Against the weights: what an event at an address adds, by the reference's own synapses."""
    build = residual_build(5, (2, 6, 5), (3, 4), 1, encoding=encoding)
    x = random_input(build, 40, 1)
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    for layer in build.dataflow.layers:
        events = additions = effective = 0
        for synapse in layer.synapses:
            s = abs(trace.spikes[synapse.source]) if synapse.source != "input" else abs(x)
            if synapse.source == "input" and encoding == "static":
                s = np.vectorize(lambda n: len(signed_digits(int(n))))(s)
            w, through = build.weight(synapse), pooled(synapse.pools, s.astype(np.int64))
            events += through.sum()
            additions += weighted_sums(synapse.op, np.ones_like(w), through).sum()
            effective += weighted_sums(synapse.op, (w != 0).astype(int), through).sum()
        got = counts[layer.name]
        assert (got.events, got.synaptic_additions, got.Effective_ACs) == (
            events, additions, effective,
        )  # fmt: skip
        assert 0 < got.synaptic_additions <= got.Dense


def test_counts_of_a_network_small_enough_to_count_by_hand():
    build, x = hand_made()
    trace = golden.run(build, x)
    got = operations.count(build, x, trace)["layer0"]
    assert got == Operations(
        events=3,
        synaptic_additions=9,
        Effective_ACs=2 + 2 + 2,
        Dense=12,
        MembraneUpdates=6,
        update_additions=6 * (1 + 1 + 1 + 1),  # leak 3/4 = 1 - 1/4, current, bias, soft reset
        compares=12,
        weight_read_bits=9 * 4,
        acc_read_bits=(9 + 6) * 8,
        acc_write_bits=(9 + 6) * 8,
        state_read_bits=6 * (10 + 3 + 2),
        state_write_bits=6 * 10,
        ann_macs=6,
        sops=9,
        sign_ops=2 * 2,  # two spikes
    )


def test_of_one_time_step_no_membrane_is_kept():
    several, x = hand_made()
    one = Build(msgspec.structs.replace(several.dataflow, timesteps=1), several.tensors)
    counts = operations.count(one, x[:1], golden.run(one, x[:1]))
    first, last = one.dataflow.layers
    assert counts["layer0"].state_read_bits == 3 * (3 + 2)
    bias = one.bias(last)
    bias_bits = Interval.hull(bias, bias, exact=True).bits
    assert counts[last.name].state_read_bits == last.size * bias_bits
    assert [c.state_write_bits for c in counts.values()] == [0, 0]
    kept = first.size * 10 + last.size * last.update.v_bits
    footprints = [operations.footprint_bytes(build) for build in (several, one)]
    assert abs(8 * (footprints[0] - footprints[1]) - kept) < 8
    # Thresholds and biases are then read from a memory of their own.
    reads = Operations(state_read_bits=1)
    assert energy.of_layer(one, first, reads).memory_pj == energy.sram_pj_per_bit(3 * (3 + 2))


def test_without_leak_nothing_is_kept_nor_added():
    """A leak of 0 in the first layer; the readout still keeps its sums."""
    build, x = hand_made()
    first, last = build.dataflow.layers
    neuron = msgspec.structs.replace(first.update.neuron, leak=Leak(0, 0))
    update = msgspec.structs.replace(first.update, neuron=neuron)
    layers = (msgspec.structs.replace(first, update=update), last)
    build = Build(msgspec.structs.replace(build.dataflow, layers=layers), build.tensors)
    got = operations.count(build, x, golden.run(build, x))
    assert got["layer0"].update_additions == 6 * (1 + 1)  # current and bias are one, soft reset
    assert got["layer0"].state_read_bits == 6 * (3 + 2) and got["layer0"].state_write_bits == 0
    assert got[last.name].state_write_bits > 0
