"""The cycles in which samples enter and leave the core when nothing outside stalls it.

docs/core.md has the rules; each class here models a module of the core. A time is the cycle in
which a beat is handed over. The giver asks the next module to `take` a beat no earlier than a given
cycle, and gets the cycle in which it was taken. Steps are worked off in order, and the layers in
order within a step. So everything that a beat waits for (the sweep of the step before, the places
in a buffer that holds at least one step) is known when it comes.
"""

import math
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hw_models import dataflow
from hw_models.core import latency
from hw_models.core.address import in_raster, sweep_places
from hw_models.core.buffers import input_buffers, outlet_buffers, readers
from hw_models.core.layout import EngineLayout, LayerLayout, layout_of, windows_by_axis
from hw_models.core.workload import event_cycles
from hw_models.dataflow import Dataflow, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.semantics import Ints, digits

FIRST_BEAT = 1  # cycle in which the source offers its first beat, from the end of the reset

MARKER = -1  # stands in place of an address
Beats = list[int]  # addresses, as places in a map [H, W, C], and markers


@dataclass(frozen=True, slots=True)
class Timing:
    """The cycles at which samples enter and leave, from the end of the reset, [B] each."""

    starts: Ints  # when a sample's first beat enters
    ends: Ints  # when its last word leaves

    @property
    def latencies(self) -> Ints:
        """The cycles from each sample's first beat in to its last word out, both included, [B]."""
        return self.ends - self.starts + 1

    @property
    def intervals(self) -> Ints:
        """The cycles from each sample's last word to the next sample's, [B - 1]."""
        return np.diff(self.ends)

    @property
    def pace(self) -> float:
        """The mean cycles from one sample to the next; the latency of a single sample."""
        return float((self.intervals if len(self.ends) > 1 else self.latencies).mean())


class Taker(Protocol):
    """A module that takes beats."""

    def take(self, ready: int, beat: int) -> int:
        """Return the cycle, no earlier than `ready`, in which the beat is taken."""
        ...


class Engine:
    """An engine: an event keeps it for a cycle per word.

    While the sweeps of a step run, events of the next step wait in the cycles in which a word is
    taken, and, unless accumulators have two pages, at each word that is still to be taken. The next
    marker lets nothing pass before the sweeps are over.
    """

    def __init__(self, own: EngineLayout, slices: Ints, slice_: int, static: bool) -> None:
        self.own, self.static = own, static
        self.paged = own.pages > 1
        self.cost: list[int] = in_raster(event_cycles(own), own.op.in_shape).tolist()
        self.slices = slices  # the places, in a sweep, of those that it gives
        self.first_slices = own.first_slices(slice_)
        self.words: dict[int, Beats] = {}  # the words that an event visits, by its address
        self.free = own.words * own.pages  # after reset, all accumulators are cleared first
        self.marker = 0  # when the last marker was taken
        self.over = 0  # when the sweeps of the marker before were over
        self.done = True  # they are
        self.taken: Beats = []  # when this sweep took each word
        self.busy: set[int] = set()  # when all sweeps of that marker took words

    def take(self, ready: int, beat: int) -> int:
        at = max(ready, self.free)
        if beat == MARKER:
            self.marker = at
            self.free = max(at, self.over) + 1
        elif at <= self.over:
            self.free = self.added(at, beat)
        else:
            self.free = at + self.cost[beat]
        return at

    def added(self, at: int, event: int) -> int:
        """The cycle in which an event that is taken at `at`, amid sweeps, is added to its last
        word."""
        if event not in self.words:
            self.words[event] = visited(self.own, event)
        last = at if self.words[event] else at + 1
        for word in self.words[event]:
            last = (last if self.paged else max(last, self.taken[word])) + 1
            while last in self.busy:
                last += 1
        return last

    def swept(self, read: Ints, last: bool) -> None:
        """Note when a sweep asked for each slice; `last`: it is the last of its marker."""
        read = read[self.slices]
        if self.done:
            self.busy = set()
        self.taken = (read[self.first_slices] + latency.REQUEST).tolist()
        self.busy.update(self.taken)
        self.done = last
        if last:
            self.over = int(read[-1])


class Pool:
    """A pool, which holds a beat until its last window is taken."""

    def __init__(self, pool: dataflow.Pool, reader: Taker) -> None:
        self.windows = windows(pool)
        self.reader, self.free = reader, 0

    def take(self, ready: int, beat: int) -> int:
        at = last = max(ready, self.free)
        for window in (MARKER,) if beat == MARKER else self.windows[beat]:
            last = self.reader.take(last + 1, window)
        self.free = max(last, at + 1)
        return at


class StreamBuffer:
    """A stream_buffer, in which beats wait for a reader that runs late."""

    def __init__(self, places: int, reader: Taker) -> None:
        self.places = deque([0] * places)  # when each place is free
        self.inside: list[tuple[int, int]] = []  # the cycle of arrival, and the beat
        self.reader, self.free = reader, 0

    def take(self, ready: int, beat: int) -> int:
        at = max(ready, self.places.popleft())
        self.inside.append((at, beat))
        return at

    def drain(self) -> None:
        """Hand on all beats that are inside."""
        for came, beat in self.inside:
            at = self.reader.take(max(came + latency.FIFO, self.free), beat)
            self.free = at + 1
            self.places.append(self.free)
        self.inside = []


class Queue:
    """Places for beats in front of a reader that is not late: a register slice or a buffer."""

    def __init__(self, places: int, passage: int, reader: Taker) -> None:
        self.places = deque([0] * places)  # when each place is free
        self.passage = passage  # cycles from a beat's arrival until it can leave
        self.reader, self.free = reader, 0

    def take(self, ready: int, beat: int) -> int:
        at = max(ready, self.places.popleft())
        self.free = self.reader.take(max(at + self.passage, self.free), beat) + 1
        self.places.append(self.free)
        return at


def register_slice(reader: Taker) -> Queue:
    """A register_slice, which has two places."""
    return Queue(2, latency.SLICE, reader)


class Broadcast:
    """The module broadcast: a beat is taken when each reader has it."""

    def __init__(self, readers: list[Taker]) -> None:
        self.readers = readers

    def take(self, ready: int, beat: int) -> int:
        return max(reader.take(ready, beat) for reader in self.readers)


class Outlet:
    """A buffer of spike words for one reader, and the serializer that takes them apart."""

    def __init__(self, places: int, reader: Taker) -> None:
        self.places = np.zeros(places, np.int64)  # when each place is free, for one step or more
        self.reader, self.free = register_slice(reader), 0

    def room(self, words: int) -> Ints:
        """Use up the places for a sweep's words; return when each place is free."""
        taken, self.places = self.places[:words], self.places[words:]
        assert len(taken) == words, "a buffer holds a step at least"
        return taken

    def feed(self, came: list[int], beats: list[Beats]) -> None:
        """Take the words of a sweep: the cycle in which each comes to the buffer, and its beats."""
        left, free, take = [], self.free, self.reader.take
        for at, word in zip(came, beats, strict=True):
            out = last = max(at + latency.FIFO, free)
            left.append(out + 1)
            for beat in word:
                last = take(last + 1, beat)
            free = max(last, out + 1)
        self.free = free
        self.places = np.concatenate([self.places, left])


class Update:
    """A layer's neurons: they sweep once all engines hold a marker, each word once it has room."""

    def __init__(self, layer: Layer, layout: LayerLayout, engines: list[Engine]) -> None:
        self.engines, self.free = engines, 0
        self.outlets: list[Outlet] = []
        self.order = sweep_places(layer.shape, layout.section, layout.slice_)

    def step(self, spikes: NDArray[np.int8], last: bool) -> None:
        """Send a time step's spikes [*shape] to the outlets; `last`: the step ends a sample."""
        words = len(self.order)
        read = self.sweep(np.max([outlet.room(words) for outlet in self.outlets], axis=0), last)
        fired = np.append(in_raster(spikes, spikes.shape), 0)[self.order] != 0
        addresses = iter(self.order[fired].tolist())
        beats = [list(islice(addresses, n)) for n in fired.sum(axis=1).tolist()]
        beats[-1].append(MARKER)
        came = (read + latency.CURRENT + latency.UPDATE).tolist()
        for outlet in self.outlets:
            outlet.feed(came, beats)

    def sweep(self, room: Ints | int, last: bool) -> Ints:
        """The cycles in which the words are read, given when there is room for each."""
        start = max(self.free, *(engine.marker + 1 for engine in self.engines))
        order = np.arange(len(self.order))
        read = order + np.maximum.accumulate(np.maximum(room, start) - order)
        self.free = int(read[-1]) + 1 + max(0, latency.SWEEP_MIN - len(order))
        for engine in self.engines:
            engine.swept(read, last or not engine.static)
        return read


class Readout(Update):
    """The readout's neurons: a sample's last sweep waits for the logits of the sample before."""

    left: Ints | int = 0  # when each of those logits has made room

    def finish(self, last: bool) -> int:
        """Work off one time step; after a sample's last step, return when its last word leaves."""
        read = self.sweep(self.left if last else 0, last)
        came = read + latency.CURRENT + latency.UPDATE
        order = np.arange(len(came))
        ready = np.maximum(came + latency.FIFO, came[-1] + latency.CLASS)
        left = order + np.maximum.accumulate(ready - order)
        if last:
            self.left = left + 1
        return int(left[-1])


class Core:
    """The modules of a build, connected as its top level connects them."""

    def __init__(self, flow: Dataflow) -> None:
        streams = readers(flow)
        takers: dict[str, list[Taker]] = {}  # by synapse, one for each of its engines
        self.updates: list[Update] = []
        for layer in flow.layers:
            layout = layout_of(flow, layer)
            found = engines_of(flow, layer, layout)
            for synapse, engines in zip(layer.synapses, found, strict=True):
                takers[synapse.name] = [behind_pools(synapse, engine) for engine in engines]
            kind = Update if layer.fires else Readout
            self.updates.append(kind(layer, layout, [engine for each in found for engine in each]))
        for layer, update in zip(flow.layers[:-1], self.updates, strict=False):
            reading = streams[layer.name]
            update.outlets = [
                Outlet(places, takers[reader.synapse.name][reader.engine])
                for places, reader in zip(
                    outlet_buffers(flow, layer, reading), reading, strict=True
                )
            ]
        reading = streams[flow.input.name]
        inlets: list[Taker] = []
        self.buffers: dict[str, list[StreamBuffer]] = {}  # by synapse
        for places, reader in zip(input_buffers(flow, reading), reading, strict=True):
            taker = takers[reader.synapse.name][reader.engine]
            if reader.late:
                taker = StreamBuffer(places, taker)
                self.buffers.setdefault(reader.synapse.name, []).append(taker)
            elif places:
                taker = Queue(places, latency.FIFO, taker)
            inlets.append(taker)
        self.input = register_slice(Broadcast(inlets))
        self.free = FIRST_BEAT

    def feed(self, beats: Beats) -> int:
        """Give the core a step's beats; return when it takes the first one."""
        first = None
        for beat in beats:
            at = self.input.take(self.free, beat)
            first = at if first is None else first
            self.free = at + 1
        assert first is not None
        return first


def run(flow: Dataflow, x: NDArray[np.int8], trace: Trace) -> Timing:
    """Send samples through the core back to back; within a step, addresses rise.

    Args:
        x: the build's input, [T', B, *shape].
        trace: the result of golden.run or fast.run for x.
    """
    core = Core(flow)
    starts, ends = [], []
    for sample in range(x.shape[1]):
        for t in range(flow.timesteps):
            if t < len(x):
                at = core.feed(input_beats(flow, x[t, sample]))
                starts += [at] * (t == 0)
            last = t == flow.timesteps - 1
            for layer, update in zip(flow.layers, core.updates, strict=True):
                for synapse in layer.synapses:
                    for buffer in core.buffers.get(synapse.name, []):
                        buffer.drain()
                if isinstance(update, Readout):
                    ends += [update.finish(last)] * last
                else:
                    update.step(trace.spikes[layer.name][t, sample], last)
    return Timing(np.array(starts), np.array(ends))


def engines_of(flow: Dataflow, layer: Layer, layout: LayerLayout) -> list[list[Engine]]:
    """The engines of each synapse of a layer."""
    return [
        [
            Engine(
                engine,
                own.slices(number, layout.rows),
                layout.slice_,
                flow.mode_of(synapse.source) == "static",
            )
            for number, engine in enumerate(own.engines)
        ]
        for synapse, own in zip(layer.synapses, layout.synapses, strict=True)
    ]


def behind_pools(synapse: Synapse, engine: Engine) -> Taker:
    """The first of a synapse's pools, which lead to its engine, or else the engine itself."""
    taker: Taker = engine
    for pool in reversed(synapse.pools):
        taker = Pool(pool, taker)
    return taker


def input_beats(flow: Dataflow, x: NDArray[np.int8]) -> Beats:
    """A step's beats: an event for each digit of each value, addresses rising, and the marker."""
    counts = in_raster(digits(x, flow.input.x_max), x.shape)
    return [*np.repeat(np.arange(counts.size), counts).tolist(), MARKER]


def windows(pool: dataflow.Pool) -> list[Beats]:
    """For each address of a map, the windows that contain it, as places; all by rising address."""
    channels, _, out_width = pool.out_shape
    rows, columns = windows_by_axis(pool)
    return [
        [(y * out_width + x) * channels + c for y in row for x in column]
        for row in rows
        for column in columns
        for c in range(channels)
    ]


def visited(engine: EngineLayout, event: int) -> Beats:
    """The words of accumulators to which an event adds, in order, given its place in raster
    order."""
    op = engine.op
    channels, _, width = op.in_shape
    position, c = divmod(event, channels)
    y, x = divmod(position, width)
    rows, columns = windows_by_axis(op)
    first = c // engine.lanes if engine.packed else c // (channels // op.groups) * engine.reach
    at_position = engine.words // math.prod(op.out_shape[1:])
    return [
        (row * op.out_shape[2] + column) * at_position + first + number
        for row in rows[y]
        for column in columns[x]
        for number in range(engine.reach)
    ]
