"""Exact thresholds, for a layer whose neurons compare one sum and do nothing else."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from compiler.ir import Graph, IntegerUpdate, Layer, Node, Synapse
from compiler.passes.infer_widths import events_of
from hw_models.semantics import Ints

SHIFT = 1  # the middle between two integer thresholds is a multiple of 1/2


def is_one_sum(graph: Graph, layer: Layer) -> bool:
    """Whether p is one sum of trained integers: of one synapse, and of one step."""
    return len(layer.sources) == 1 and not layer.neuron.remembers(graph.timesteps)


def exact_update(graph: Graph, layer: Layer, synapse: Synapse) -> dict[str, Node]:
    """A layer of one sum in integers, which fire for exactly the sums for which real numbers do.

    step * acc + offset >= v_th   <=>  acc >= hi   <=>  2 * acc - (hi + lo) >=   hi - lo
    step * acc + offset <= -v_th  <=>  acc <= lo   <=>  2 * acc - (hi + lo) <= -(hi - lo)

    The parameters are floating-point numbers, which are rational, so nothing has to be rounded.
    """
    below, above = reach(graph, synapse)
    at = [
        thresholds(layer, *channel)
        for channel in zip(
            map(Fraction, synapse.step.tolist()), map(Fraction, synapse.offset.tolist()),
            below.tolist(), above.tolist(), strict=True,
        )
    ]  # fmt: skip
    lo, hi = np.array(at, np.int64).T
    update = IntegerUpdate(synapse.step / (1 << SHIFT), -(hi + lo), hi - lo)
    return {
        layer.name: replace(layer, integer=update),
        synapse.name: replace(synapse, shift=SHIFT),
    }


def thresholds(
    layer: Layer, step: Fraction, offset: Fraction, below: int, above: int
) -> tuple[int, int]:
    """The thresholds (lo, hi) of a channel whose sums are in below..above; lo < hi.

    Sums >= hi fire +1 and sums <= lo fire -1. A threshold that no sum reaches is moved next to the
    sums that there are, so that no width grows for it.
    """
    v_th = Fraction(layer.v_th)
    if step == 0:  # every sum is worth the same
        plus = offset > v_th if layer.strict else offset >= v_th
        hi, lo = (below if plus else above + 1), (above if offset <= -v_th else below - 1)
    else:
        at = (v_th - offset) / step
        hi = math.floor(at) + 1 if layer.strict else math.ceil(at)
        lo = math.floor((-v_th - offset) / step)
    return min(max(lo, below - 1), above), min(max(hi, below), above + 1)


def reach(graph: Graph, synapse: Synapse) -> tuple[Ints, Ints]:
    """The least and the largest sum of a step that the neurons of each channel can have, [C]."""
    _, complete = events_of(graph, synapse).bounds()
    channels = len(synapse.w)
    return complete.lo.reshape(channels, -1).min(1), complete.hi.reshape(channels, -1).max(1)
