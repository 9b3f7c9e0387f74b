"""The numeric bounds that the proofs assume, computed from the build's own tensors.

They are sums over the golden model's operations with each weight at its extreme. They do not use
the intervals in dataflow.json, which the compiler computed.
"""

from dataclasses import dataclass

import numpy as np

from hw_models.core.layout import as_map
from hw_models.dataflow import Build, Layer, Synapse
from hw_models.engines.synapse import pooled, weighted_sums
from hw_models.semantics import Ints, signed_digits


@dataclass(frozen=True, slots=True)
class Range:
    """lo[n] <= x[n] <= hi[n], for arrays of any shape."""

    lo: Ints
    hi: Ints


def budgets(build: Build, synapse: Synapse) -> tuple[Ints, Ints]:
    """The most that a step's events can subtract from a neuron, and add to it, [neurons] each.

    A partial sum lies in [-down, up]. The events of one address add at most |w|, or twice that if a
    pool lets it through twice; with digits, at most |w| times the largest sum of digits of one
    sign.
    """
    plus, minus = reach(build, synapse)
    mode = build.dataflow.mode_of(synapse.source)
    if mode == "binary":
        return minus, plus
    digits = digit_peak(build.dataflow.input.x_max) if mode == "static" else 1
    both = (plus + minus) * digits
    return both, both


def currents(build: Build, layer: Layer) -> Range:
    """The range of a neuron's whole current in a step, over all synapses, [neurons]."""
    lo = hi = np.zeros(layer.size, np.int64)
    for synapse in layer.synapses:
        plus, minus = reach(build, synapse)
        mode = build.dataflow.mode_of(synapse.source)
        x_max = build.dataflow.input.x_max if mode == "static" else 1
        down, up = (minus, plus) if mode == "binary" else ((plus + minus) * x_max,) * 2
        lo, hi = lo - (down << synapse.shift), hi + (up << synapse.shift)
    return Range(lo, hi)


def per_channel(layer: Layer, x: Range) -> Range:
    """The hull of the ranges at a channel's positions, [C]."""
    channels = as_map(layer.shape)[0]
    return Range(x.lo.reshape(channels, -1).min(axis=1), x.hi.reshape(channels, -1).max(axis=1))


def membranes(build: Build, layer: Layer, current: Range) -> list[Range]:
    """Proposed ranges [C] of v after t = 0..T steps; the proof shows that each leads to the next.

    Their ends are those of the step's formula, which rises with v and i until the neuron fires.
    """
    bias = build.tensors[f"{layer.name}.bias"].astype(np.int64)
    v = Range(np.zeros_like(bias), np.zeros_like(bias))
    ranges = [v]
    for _ in range(build.dataflow.timesteps):
        neuron = layer.update.neuron
        lo = p_lo = neuron.leak(v.lo) + current.lo + bias
        hi = p_hi = neuron.leak(v.hi) + current.hi + bias
        if neuron.fires:
            v_threshold = build.tensors[f"{layer.name}.v_threshold"].astype(np.int64)
            hi = np.minimum(p_hi, v_threshold - 1)
            if neuron.mode == "ternary":
                lo = np.maximum(p_lo, 1 - v_threshold)
            if neuron.reset == "soft":
                hi = np.maximum(hi, p_hi - v_threshold)
                lo = np.minimum(lo, p_lo + v_threshold) if neuron.mode == "ternary" else lo
        v = Range(np.minimum(lo, 0), np.maximum(hi, 0))
        ranges.append(v)
    return ranges


def reach(build: Build, synapse: Synapse) -> tuple[Ints, Ints]:
    """The sums, per neuron, of its positive weights and of its negative weights.

    Each weight counts as often as its address occurs behind the pools when all addresses of the
    source are active.
    """
    w = build.weight(synapse)
    source = build.dataflow.shape_of(synapse.source)
    often = pooled(synapse.pools, np.ones((1, 1, *source), np.int64))
    plus, minus = (weighted_sums(synapse.op, np.maximum(s * w, 0), often) for s in (1, -1))
    return plus.reshape(-1), minus.reshape(-1)


def digit_peak(x_max: int) -> int:
    """The largest sum of the digits of one sign in any |x| <= x_max, found by trying all."""
    sums = [
        sum(1 << e for sign, e in signed_digits(x) if sign == s)
        for x in range(x_max + 1)
        for s in (-1, 1)
    ]
    return max(sums)
