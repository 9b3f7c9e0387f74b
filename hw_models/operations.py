"""Counts what the hardware does for given events: additions, updates, compares, memory traffic.

Names are NeuroBench's (Yik et al., arXiv 2304.04640) where it has one. Every count is an exact
integer over the samples given; the core counts its own additions and must arrive at the same.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Build, Group, Layer, Spiking
from hw_models.golden import Trace
from hw_models.semantics import Interval, signed_digits
from hw_models.synapse import fan_out, pooled


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one layer, or the sum of several."""

    events: int = 0  # spikes in; for a static input its nonzero signed digits
    synaptic_additions: int = 0  # executed: an addition per event and target neuron
    Effective_ACs: int = 0  # of these, with a nonzero weight
    Dense: int = 0  # if every input of every step were an event
    MembraneUpdates: int = 0  # neurons x steps: each membrane is rewritten each step
    update_additions: int = 0  # leak, current, bias, soft reset
    compares: int = 0
    weight_read_bits: int = 0
    acc_read_bits: int = 0
    acc_write_bits: int = 0
    state_read_bits: int = 0  # threshold, bias; membrane, but with one time step
    state_write_bits: int = 0  # membrane, likewise
    ann_macs: int = 0  # multiply-accumulates of the same network as an ANN

    def __add__(self, other: "Operations") -> "Operations":
        return Operations(
            **{f: getattr(self, f) + getattr(other, f) for f in self.__struct_fields__}
        )


def count(build: Build, x: NDArray[np.int8], trace: Trace) -> dict[str, Operations]:
    """Operations of each layer for the samples of one run, by layer name.

    Args:
        x: the build's input, [T', B, *shape].
        trace: what golden.run or fast.run made of it.
    """
    flow = build.dataflow
    static = flow.mode_of(flow.input.name) == "static"
    events = {name: total(np.abs(s)) for name, s in trace.spikes.items()}
    events[flow.input.name] = total(digits(x, flow.input.x_max) if static else np.abs(x))
    samples = x.shape[1]
    return {
        layer.name: sum(
            (_synapses(build, group, events[group.source], samples) for group in layer.groups),
            start=_updates(build, layer, samples),
        )
        for layer in flow.layers
    }


def digits(x: NDArray[np.int8], x_max: int) -> NDArray[np.int8]:
    """The number of signed digits of each value: as many events."""
    return np.array([len(signed_digits(n)) for n in range(x_max + 1)], np.int8)[np.abs(x)]


def total(events: NDArray[np.int8]) -> NDArray[np.int64]:
    """Sum over all steps and samples, [*shape] of counts [T', B, *shape], each 0 to 4.

    In bytes first: 31 * 4 = 124 is the most that one holds, and they are added many at a time.
    """
    parts = (
        step[start : start + 31].sum(axis=0, dtype=np.int8)
        for step in events
        for start in range(0, len(step), 31)
    )
    return sum(parts, start=np.zeros(events.shape[2:], np.int64))


def _synapses(build: Build, group: Group, at_source: NDArray[np.int64], samples: int) -> Operations:
    """Behind a pool, an event at the source counts once for each window that contains it."""
    w, flow = build.weight(group), build.dataflow
    events = pooled(group.pools, at_source).reshape(-1)
    if_all = pooled(group.pools, np.ones(flow.shape_of(group.source), np.int64)).reshape(-1)
    fan = fan_out(group.op, np.ones_like(w))
    additions = int(events @ fan)
    static = flow.mode_of(group.source) == "static"
    return Operations(
        events=int(events.sum()),
        synaptic_additions=additions,
        Effective_ACs=int(events @ fan_out(group.op, w != 0)),
        Dense=int(if_all @ fan) * samples * (1 if static else flow.timesteps),
        weight_read_bits=additions * group.w_bits,
        acc_read_bits=additions * group.acc_bits,
        acc_write_bits=additions * group.acc_bits,
        ann_macs=int(fan.sum()) * samples,
    )


def _updates(build: Build, layer: Layer, samples: int) -> Operations:
    updates = layer.size * build.dataflow.timesteps * samples
    acc_bits = sum(group.acc_bits for group in layer.groups)
    bias_bits = _bits(build.bias(layer))
    if not isinstance(layer.update, Spiking):
        return Operations(
            MembraneUpdates=updates,
            update_additions=updates * (1 + len(layer.groups)),
            compares=layer.size * samples,
            acc_read_bits=updates * acc_bits,
            acc_write_bits=updates * acc_bits,
            state_read_bits=updates * (kept_bits(build, layer) + bias_bits),
            state_write_bits=updates * kept_bits(build, layer),
        )
    neuron, v_bits = layer.update.neuron, kept_bits(build, layer)
    # leak: one addition fewer than m has digits; then a current per group, the bias, a soft reset
    additions = len(signed_digits(neuron.leak.m)) - 1 + len(layer.groups) + 1
    additions += neuron.reset == "soft"
    return Operations(
        MembraneUpdates=updates,
        update_additions=updates * additions,
        compares=updates * (2 if neuron.mode == "ternary" else 1),
        acc_read_bits=updates * acc_bits,
        acc_write_bits=updates * acc_bits,
        state_read_bits=updates * (v_bits + _bits(build.v_threshold(layer)) + bias_bits),
        state_write_bits=updates * v_bits,
    )


def kept_bits(build: Build, layer: Layer) -> int:
    """What a neuron keeps from step to step, v or the sum so far; of one time step, nothing."""
    if build.dataflow.timesteps == 1:
        return 0
    update = layer.update
    return update.v_bits if isinstance(update, Spiking) else update.logit_bits


def channel_bits(build: Build, layer: Layer) -> int:
    """The biases and thresholds of all channels."""
    tensors = [build.bias(layer)]
    if isinstance(layer.update, Spiking):
        tensors.append(build.v_threshold(layer))
    return sum(tensor.size * _bits(tensor) for tensor in tensors)


def _bits(tensor: NDArray[np.int64]) -> int:
    """Width of the narrowest memory that holds the tensor, two's complement."""
    return Interval.hull(tensor, tensor, exact=True).bits


def footprint_bytes(build: Build) -> int:
    """Footprint: weights, thresholds, biases, accumulators, and membranes where there is more than
    one time step, at their real widths."""
    bits = 0
    for layer in build.dataflow.layers:
        for group in layer.groups:
            bits += build.weight(group).size * group.w_bits + layer.size * group.acc_bits
        bits += layer.size * kept_bits(build, layer) + channel_bits(build, layer)
    return -(-bits // 8)
