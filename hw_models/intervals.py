"""Computes intervals of a layer's sums, membranes and logits (docs/semantics.md, section 4)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hw_models.dataflow import Build, Conv2d, Dense, Layer, Pool, per_neuron
from hw_models.engines.synapse import row_sums
from hw_models.errors import InputError
from hw_models.semantics import (
    BITS_MAX,
    Bounds,
    Interval,
    Ints,
    LayerBounds,
    Neuron,
    digit_peak,
    layer_bounds,
    row_bounds,
)


@dataclass(frozen=True, slots=True)
class IntegerSynapse:
    """The integers of a synapse, and the kind of events that reach it."""

    op: Dense | Conv2d
    pools: tuple[Pool, ...]
    shift: int
    w: Ints
    source: tuple[int, ...]  # shape of the stream in front of the pools
    encoding: str  # encoding of that stream: static, ternary or binary
    x_max: int  # largest |value| of a static stream

    @property
    def attained(self) -> bool:
        """Whether some input reaches the bounds.

        Behind windows that overlap, the additions of an event may cancel each other.
        """
        return all(
            size <= step
            for pool in self.pools
            for size, step in zip(pool.kernel, pool.stride, strict=True)
        )

    def bounds(self) -> tuple[Bounds, Bounds]:
        """Bounds per neuron of every partial sum and of the complete sum of a step.

        Raises:
            InputError: a sum may exceed BITS_MAX bits.
        """
        times = math.prod(math.prod(pool.kernel) for pool in self.pools)
        check_size(int(np.abs(self.w).max()) * self.w[0].size * times)
        rows = row_sums(self.op, self.pools, self.source, self.w)
        if self.encoding != "static":
            rows = row_bounds(*rows, "binary" if self.encoding == "binary" else "ternary")
            return rows, rows
        rows, peak = row_bounds(*rows, "ternary"), digit_peak(self.x_max)
        check_size(int(rows.hi.max()) * peak)
        return rows.scaled(peak), rows.scaled(self.x_max)


def layer_intervals(
    synapses: Sequence[IntegerSynapse],
    shape: tuple[int, ...],
    neuron: Neuron,
    bias: Ints,
    v_threshold: Ints | None,
    timesteps: int,
) -> tuple[list[Interval], LayerBounds]:
    """The interval of each synapse's accumulator, and the intervals of the layer's p and v.

    Args:
        shape: the shape of the layer's neurons, channels first.
        bias: [C], of at most BITS_MAX bits.
        v_threshold: as `bias`, or None for an integrator.

    Raises:
        InputError: a sum may exceed BITS_MAX bits.
    """
    zero, accs = np.zeros(shape, np.int64), []
    current, most = Bounds(zero, zero), int(np.abs(bias).max())
    for synapse in synapses:
        partial, complete = synapse.bounds()
        accs.append(Interval.hull(partial.lo, partial.hi, synapse.attained))
        most += max(-int(complete.lo.min()), int(complete.hi.max())) << synapse.shift
        check_size(timesteps * most)
        current += complete.scaled(1 << synapse.shift).reshaped(shape)
    bias = per_neuron(bias, shape)
    if v_threshold is not None:
        check_size(timesteps * most + int(v_threshold.max()))
        v_threshold = per_neuron(v_threshold, shape)
    bounds = layer_bounds(neuron, current, v_threshold, bias, timesteps)
    # Several synapses need not all reach their ends for the same spikes.
    attained = len(synapses) == 1 and synapses[0].attained
    return accs, bounds if attained else bounds.inexact()


def intervals_of(build: Build, layer: Layer) -> tuple[list[Interval], LayerBounds]:
    """The result of `layer_intervals` for a layer of a build."""
    flow = build.dataflow
    synapses = [
        IntegerSynapse(
            op=synapse.op,
            pools=synapse.pools,
            shift=synapse.shift,
            w=build.weight(synapse),
            source=flow.shape_of(synapse.source),
            encoding=flow.mode_of(synapse.source),
            x_max=flow.input.x_max,
        )
        for synapse in layer.synapses
    ]
    return layer_intervals(
        synapses, layer.shape, layer.update.neuron, build.tensors[f"{layer.name}.bias"],
        build.tensors[f"{layer.name}.v_threshold"] if layer.fires else None, flow.timesteps,
    )  # fmt: skip


def check_size(largest: int) -> None:
    """Raise InputError if +-largest needs more than BITS_MAX bits."""
    if (bits := Interval(-largest, largest, False).bits) > BITS_MAX:
        raise InputError(f"sums may take {bits} bits, need <= {BITS_MAX}")
