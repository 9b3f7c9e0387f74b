"""Counts the hardware's operations for given events: additions, updates, compares, memory traffic.

The names are NeuroBench's where it has one (neurobench.py). Every count is an exact integer over
the samples given; the core counts its own additions and must reach the same number.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.engines.synapse import fan_out, pooled
from hw_models.semantics import Ints, Neuron, digit_counts, digits, signed_bits, signed_digits


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one layer, or the sum of several."""

    events: int = 0  # incoming spikes, or the nonzero signed digits of a static input
    synaptic_additions: int = 0  # those executed: one per event and target neuron
    Effective_ACs: int = 0  # synaptic additions with a nonzero weight
    Dense: int = 0  # additions if every input were an event in every step; see count()
    MembraneUpdates: int = 0  # neurons x steps: each step rewrites each membrane
    update_additions: int = 0  # leak, current, bias, soft reset
    compares: int = 0
    weight_read_bits: int = 0
    acc_read_bits: int = 0
    acc_write_bits: int = 0
    state_read_bits: int = 0  # threshold and bias; also the membrane if it is kept
    state_write_bits: int = 0  # the membrane if it is kept
    ann_macs: int = 0  # multiply-accumulates of the same network as an ANN
    # The last three follow the Ternary Spike paper (paper_energy.py).
    flops: int = 0  # multiply-accumulates of a static input, in each time step
    sops: int = 0  # additions of spikes
    sign_ops: int = 0  # compares of the neurons that fire

    def __add__(self, other: "Operations") -> "Operations":
        return Operations(
            **{f: getattr(self, f) + getattr(other, f) for f in self.__struct_fields__}
        )


def count(build: Build, x: NDArray[np.int8], trace: Trace) -> dict[str, Operations]:
    """The operations of each layer for the samples of one run, by layer name.

    `Dense` is the number of additions if every value were as many events as possible. That is a
    spike in every step; a static input enters only once, with the most digits of any value within
    x_max (4 for int8). So synaptic_additions never exceed it, whatever the input is.

    Args:
        x: the build's input, [T', B, *shape].
        trace: the result of golden.run or fast.run for x.
    """
    flow = build.dataflow
    events = {name: per_step(np.abs(s)).sum(axis=0) for name, s in trace.spikes.items()}
    events[flow.input.name] = per_step(digits(x, flow.input.x_max)).sum(axis=0)
    samples = x.shape[1]
    return {
        layer.name: sum(
            (
                synapses(build, synapse, events[synapse.source], samples)
                for synapse in layer.synapses
            ),
            start=update_operations(build, layer, samples) + signs(layer, events),
        )
        for layer in flow.layers
    }


def per_step(events: NDArray[np.int8]) -> NDArray[np.int64]:
    """Sum values within -4..4, [T', B, *shape], over the samples to [T', *shape].

    The sums are formed in bytes first, of 31 samples at a time: 31 * 4 = 124 still fits a byte.
    """
    parts = (
        events[:, start : start + 31].sum(axis=1, dtype=np.int8)
        for start in range(0, events.shape[1], 31)
    )
    return sum(parts, start=np.zeros((len(events), *events.shape[2:]), np.int64))


def synapses(
    build: Build, synapse: Synapse, at_source: NDArray[np.int64], samples: int
) -> Operations:
    """The operations of one synapse, given the sums over the samples of the events at its source.

    Behind a pool, an event at the source counts once for each window that contains it. Every step's
    sweep reads the accumulators and clears them with the read. The sums of a static input are read
    again in each step and only cleared in the last step of a sample (docs/core.md).
    """
    w, flow = build.weight(synapse), build.dataflow
    events = pooled(synapse.pools, at_source).reshape(-1)
    if_all = pooled(synapse.pools, np.ones(flow.shape_of(synapse.source), np.int64)).reshape(-1)
    fan = fan_out(synapse.op, np.ones_like(w))
    additions = int(events @ fan)
    static = flow.mode_of(synapse.source) == "static"
    most = int(digit_counts(flow.input.x_max).max()) if static else flow.timesteps
    swept = synapse.op.n_out * samples  # accumulators that a sweep reads, over all samples
    return Operations(
        events=int(events.sum()),
        synaptic_additions=additions,
        Effective_ACs=int(events @ fan_out(synapse.op, w != 0)),
        Dense=int(if_all @ fan) * samples * most,
        weight_read_bits=additions * synapse.w_bits,
        acc_read_bits=(additions + swept * flow.timesteps) * synapse.acc_bits,
        acc_write_bits=(additions + swept * (1 if static else flow.timesteps)) * synapse.acc_bits,
        ann_macs=int(fan.sum()) * samples,
        flops=swept * w[0].size * flow.timesteps if static else 0,
        sops=0 if static else additions,
    )


def update_operations(build: Build, layer: Layer, samples: int) -> Operations:
    """The operations of a layer's neurons; a readout also compares its logits for the class."""
    updates = layer.size * build.dataflow.timesteps * samples
    neuron, v_bits = layer.update.neuron, kept_bits(build, layer)
    # p adds up a term for each digit of the leak's m, a current per synapse and the bias, which
    # takes one addition fewer than there are terms. A soft reset is one more.
    additions = len(signed_digits(neuron.leak.m)) + len(layer.synapses)
    additions += neuron.reset == "soft"
    stored_bits = sum(signed_bits(tensor) for tensor in channel_tensors(build, layer))
    return Operations(
        MembraneUpdates=updates,
        update_additions=updates * additions,
        compares=updates * compares(neuron) if neuron.fires else layer.size * samples,
        state_read_bits=updates * (v_bits + stored_bits),
        state_write_bits=updates * v_bits,
    )


def signs(layer: Layer, events: dict[str, NDArray[np.int64]]) -> Operations:
    if not layer.fires:
        return Operations()
    return Operations(sign_ops=int(events[layer.name].sum()) * compares(layer.update.neuron))


def compares(neuron: Neuron) -> int:
    """The comparisons per step of a neuron that fires.

    It compares p with v_threshold, and with -v_threshold too if it is ternary.
    """
    return 2 if neuron.mode == "ternary" else 1


def kept_bits(build: Build, layer: Layer) -> int:
    """The bits that a neuron keeps from step to step, for v or the sum so far."""
    update = layer.update
    return update.v_bits if update.neuron.remembers(build.dataflow.timesteps) else 0


def channel_bits(build: Build, layer: Layer) -> int:
    """The bits of the biases and thresholds of all channels."""
    return sum(tensor.size * signed_bits(tensor) for tensor in channel_tensors(build, layer))


def channel_tensors(build: Build, layer: Layer) -> list[Ints]:
    """The biases and, if the neurons fire, the thresholds."""
    v_threshold = build.v_threshold(layer)
    return [build.bias(layer), *([] if v_threshold is None else [v_threshold])]


def footprint_bytes(build: Build) -> int:
    """The memory footprint in bytes, each number at its real width.

    It includes weights, thresholds, biases and accumulators, and also the membranes that are kept
    from step to step.
    """
    bits = 0
    for layer in build.dataflow.layers:
        for synapse in layer.synapses:
            bits += build.weight(synapse).size * synapse.w_bits + layer.size * synapse.acc_bits
        bits += layer.size * kept_bits(build, layer) + channel_bits(build, layer)
    return -(-bits // 8)
