"""Counts the cycles in which each layer of the core works on given events (docs/core.md)."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.core.latency import SWEEP_MIN
from hw_models.core.layout import EngineLayout, conv_of, layout_of, windows_by_axis
from hw_models.dataflow import Build, Conv2d, Dataflow, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.engines.synapse import pooled
from hw_models.semantics import Ints, digits


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """The events that reach a synapse's engines, by their column; a static input has only step 0.

    It is the same on any lanes.
    """

    seen: Ints  # events in a row that some output sees, [T, B, columns]
    unseen: Ints  # events in another row, [T, B, columns]
    taps: Ints  # taps in y over the events of a step, [T, B, columns]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The cycles of one layer, whose synapses have one engine or several."""

    events: Ints  # cycles in which an engine works on an event, [engines, T, B]
    taken: tuple[int, ...]  # cycles of a sweep in which it does not, as words are taken, [engines]
    sweep: int  # slices of a sweep, one per cycle
    static: bool  # all synapses read a static input: events in one step, T sweeps
    paged: bool  # events need not wait for any of the T sweeps of a static input

    @property
    def cycles(self) -> Ints:
        """The cycles from a sample's first event to the next sample's, [B].

        This assumes that events are always there, spikes always find room, and a sweep is always
        ahead of the next step's events. Each step takes the busiest engine and the marker, or the
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


def loads(flow: Dataflow, x: NDArray[np.int8], trace: Trace) -> dict[str, list[Load]]:
    """The load of each synapse in one run, by layer name; the arguments are those of count()."""
    streams = {flow.input.name: x, **trace.spikes}
    return {
        layer.name: [load_of(flow, each, streams[each.source]) for each in layer.synapses]
        for layer in flow.layers
    }


def load_of(flow: Dataflow, synapse: Synapse, s: NDArray[np.int8]) -> Load:
    """The load of a synapse, given its source's spikes or values [T', B, *shape]."""
    op = conv_of(flow, synapse)
    events = pooled(synapse.pools, digits(s, flow.input.x_max).astype(np.int64))
    events = events.reshape(*s.shape[:2], *op.in_shape).sum(axis=2)  # [T', B, rows, columns]
    events = np.pad(events, [(0, flow.timesteps - len(events)), *[(0, 0)] * 3])
    taps = spans(op)[0]
    return Load(
        seen=np.einsum("tbyx,y->tbx", events, taps > 0),
        unseen=np.einsum("tbyx,y->tbx", events, taps == 0),
        taps=np.einsum("tbyx,y->tbx", events, taps),
    )


def work(flow: Dataflow, layer: Layer, load: list[Load]) -> Work:
    """A layer's work on its lanes, for a given load of each synapse."""
    layout = layout_of(flow, layer)
    return Work(
        events=np.stack([
            busy(engine, of_synapse)
            for own, of_synapse in zip(layout.synapses, load, strict=True)
            for engine in own.engines
        ]),
        taken=tuple(engine.words for engine in layout.engines),
        sweep=layout.words,
        paged=all(engine.pages > 1 for engine in layout.engines),
        static=all(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses),
    )  # fmt: skip


def busy(engine: EngineLayout, load: Load) -> Ints:
    """The cycles in which an engine works on an event, for its synapse's load, [T, B].

    An event takes one cycle for each word of each tap within the map, and one cycle if it has no
    tap.
    """
    columns = spans(engine.op)[1]
    return load.taps @ columns * engine.reach + load.seen @ (columns == 0) + load.unseen.sum(-1)


def event_cycles(engine: EngineLayout) -> Ints:
    """The cycles of an event at each address, [n_in], as `busy` says."""
    rows, columns = spans(engine.op)
    taps = np.broadcast_to(np.outer(rows, columns), engine.op.in_shape).reshape(-1)
    return np.maximum(1, taps * engine.reach)


def spans(op: Conv2d) -> tuple[Ints, Ints]:
    """The number of windows that contain each row, [H], and each column, [W]."""
    rows, columns = (np.array(list(map(len, axis))) for axis in windows_by_axis(op))
    return rows, columns
