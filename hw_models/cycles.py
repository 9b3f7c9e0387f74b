"""How many cycles a layer of the core is at work for given events (docs/core.md)."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Build, Group, Layer
from hw_models.golden import Trace
from hw_models.operations import digits
from hw_models.semantics import Ints
from hw_models.synapse import fan_out, pooled
from hw_models.words import conv_of, lanes_of, section_of, sweep_words

SWEEP_MIN = 6  # cycles: a v is written before the next sweep reads it


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One layer's cycles."""

    events: Ints  # with an event at the head of each group's engine, [groups, T, B]
    sweep: int  # words of a sweep, one a cycle
    static: bool  # all groups read a static input: one step of events, T sweeps

    @property
    def cycles(self) -> Ints:
        """From a sample's first event to the next one's, [B], where events are always there and
        spikes always find room: per step the busiest group, the marker and the sweep."""
        steps = self.events.max(axis=0)
        if not self.static:
            return np.maximum(steps + self.sweep + 1, SWEEP_MIN).sum(axis=0)
        again = (len(steps) - 1) * max(self.sweep, SWEEP_MIN)
        return steps[0] + again + self.sweep + 1


def count(build: Build, x: NDArray[np.int8], trace: Trace) -> dict[str, Work]:
    """The work of each layer for the samples of one run, by layer name.

    The slowest layer sets the pace: back to back, a sample takes its cycles, and a few per cent
    more where the work moves from layer to layer over the time steps.

    Args:
        x: the build's input, [T', B, *shape].
        trace: what golden.run or fast.run made of it.
    """
    flow = build.dataflow
    streams = {flow.input.name: x, **trace.spikes}
    return {
        layer.name: Work(
            events=np.stack([_events(build, layer, g, streams[g.source]) for g in layer.groups]),
            sweep=sweep_words(flow, layer),
            static=all(flow.mode_of(group.source) == "static" for group in layer.groups),
        )
        for layer in flow.layers
    }


def _events(build: Build, layer: Layer, group: Group, s: NDArray[np.int8]) -> Ints:
    """Cycles with an event at the head of a group's engine, [T, B]; of a static input in step 0.

    An event takes a cycle for each word of each tap within the map, and one if it has no tap.
    """
    flow = build.dataflow
    op = conv_of(flow, group)
    _, slice_ = section_of(layer, [conv_of(flow, g) for g in layer.groups])
    channels = op.out_shape[0] // op.groups
    words = -(-channels // lanes_of(layer, op, slice_))
    shape = (op.out_shape[0], op.in_shape[0] // op.groups, *op.kernel)
    taps = fan_out(op, np.ones(shape, np.int64)) // channels
    events = pooled(group.pools, digits(s, flow.input.x_max).astype(np.int64))
    cycles = events.reshape(*s.shape[:2], -1) @ np.maximum(1, taps * words)
    return np.concatenate([cycles, np.zeros((flow.timesteps - len(cycles), s.shape[1]), np.int64)])
