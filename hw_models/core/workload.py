"""Counts the cycles in which each layer of the core works on given events (docs/core.md)."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.core.latency import SWEEP_MIN
from hw_models.core.layout import SynapseLayout, conv_of, layout_of
from hw_models.dataflow import Build, Conv2d, Dataflow, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.engines.synapse import fan_out, pooled
from hw_models.semantics import Ints, digits


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """The work that reaches a layer's engines on any lanes; a static input has only step 0."""

    taps: Ints  # taps within the map over all events of a step, [synapses, T, B]
    unseen: Ints  # events that reach no output, [synapses, T, B]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The cycles of one layer."""

    events: Ints  # cycles in which a synapse's engine works on an event, [synapses, T, B]
    taken: tuple[int, ...]  # cycles of a sweep in which it does not, as words are taken, [synapses]
    sweep: int  # slices of a sweep, one per cycle
    static: bool  # all synapses read a static input: events in one step, T sweeps
    paged: bool  # events need not wait for any of the T sweeps of a static input

    @property
    def cycles(self) -> Ints:
        """The cycles from a sample's first event to the next sample's, [B].

        This assumes that events are always there, spikes always find room, and a sweep is always
        ahead of the next step's events. Each step takes the busiest synapse and the marker, or the
        sweep before it.
        """
        again = len(self.events[0]) if self.static else 1  # sweeps for a marker
        apart = again if self.paged else 1  # of them, those beside events
        taken = apart * np.array(self.taken)[:, None, None]
        steps = (self.events + taken).max(axis=0)[: 1 if self.static else None] + 1
        sweep = max(self.sweep, SWEEP_MIN)
        return np.maximum(steps, apart * sweep).sum(axis=0) + (again - apart) * sweep


def count(build: Build, x: NDArray[np.int8], trace: Trace) -> dict[str, Work]:
    """The work of each layer for the samples of one run, by layer name.

    The slowest layer sets the pace: back to back, a sample takes as long as that layer works, and a
    few per cent longer if the work moves from layer to layer over the time steps.

    Args:
        x: the build's input, [T', B, *shape].
        trace: the result of golden.run or fast.run for x.
    """
    flow = build.dataflow
    found = loads(flow, x, trace)
    return {layer.name: work(flow, layer, found[layer.name]) for layer in flow.layers}


def loads(flow: Dataflow, x: NDArray[np.int8], trace: Trace) -> dict[str, Load]:
    """The load of each layer in one run, by layer name; the arguments are those of count()."""
    streams, found = {flow.input.name: x, **trace.spikes}, {}
    for layer in flow.layers:
        reach = [reach_of(flow, synapse, streams[synapse.source]) for synapse in layer.synapses]
        taps, unseen = zip(*reach, strict=True)
        found[layer.name] = Load(taps=np.stack(taps), unseen=np.stack(unseen))
    return found


def work(flow: Dataflow, layer: Layer, load: Load) -> Work:
    """A layer's work on its lanes, for a given load."""
    layout = layout_of(flow, layer)
    reach = np.array([synapse.reach for synapse in layout.synapses])
    return Work(
        events=load.taps * reach[:, None, None] + load.unseen,
        taken=tuple(synapse.words for synapse in layout.synapses),
        sweep=layout.words,
        paged=all(synapse.pages > 1 for synapse in layout.synapses),
        static=all(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses),
    )


def event_cycles(synapse: SynapseLayout) -> Ints:
    """The cycles of an event at each address, [n_in].

    An event takes one cycle for each word of each tap within the map, and one cycle if it has no
    tap.
    """
    return np.maximum(1, taps_of(synapse.op) * synapse.reach)


def taps_of(op: Conv2d) -> Ints:
    """The number of taps within the map for an event at each address, [n_in]."""
    return fan_out(op, np.ones(op.weight_shape, np.int64)) // op.group_outputs


def reach_of(flow: Dataflow, synapse: Synapse, s: NDArray[np.int8]) -> tuple[Ints, Ints]:
    """Two counts for a synapse, [T, B] each: taps within the map, and events that have none."""
    taps = taps_of(conv_of(flow, synapse))
    events = pooled(synapse.pools, digits(s, flow.input.x_max).astype(np.int64))
    events = events.reshape(*s.shape[:2], -1)
    later = ((0, flow.timesteps - len(events)), (0, 0))
    return np.pad(events @ taps, later), np.pad(events @ (taps == 0).astype(np.int64), later)
