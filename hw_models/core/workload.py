"""How many cycles a layer of the core is at work for given events (docs/core.md)."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.core.latency import SWEEP_MIN
from hw_models.core.layout import SynapseLayout, conv_of, layout_of
from hw_models.cost.operations import digits
from hw_models.dataflow import Build, Conv2d, Dataflow, Layer, Synapse
from hw_models.engines.golden import Trace
from hw_models.engines.synapse import fan_out, pooled
from hw_models.semantics import Ints


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What reaches one layer's engines, whatever their lanes; of a static input in step 0."""

    taps: Ints  # within the map, of all events of a step, [synapses, T, B]
    unseen: Ints  # events that no output sees, [synapses, T, B]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One layer's cycles."""

    events: Ints  # with an event at the head of each synapse's engine, [synapses, T, B]
    sweep: int  # words of a sweep, one a cycle
    static: bool  # all synapses read a static input: one step of events, T sweeps

    @property
    def cycles(self) -> Ints:
        """From a sample's first event to the next one's, [B], where events are always there and
        spikes always find room: per step the busiest synapse, the marker and the sweep."""
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
    found = loads(flow, x, trace)
    return {layer.name: work(flow, layer, found[layer.name]) for layer in flow.layers}


def loads(flow: Dataflow, x: NDArray[np.int8], trace: Trace) -> dict[str, Load]:
    """What reaches each layer in one run, by layer name; arguments as of count()."""
    streams, found = {flow.input.name: x, **trace.spikes}, {}
    for layer in flow.layers:
        reach = [reach_of(flow, synapse, streams[synapse.source]) for synapse in layer.synapses]
        taps, unseen = zip(*reach, strict=True)
        found[layer.name] = Load(taps=np.stack(taps), unseen=np.stack(unseen))
    return found


def work(flow: Dataflow, layer: Layer, load: Load) -> Work:
    """A layer's work on its lanes, for what reaches it."""
    layout = layout_of(flow, layer)
    reach = np.array([synapse.reach for synapse in layout.synapses])
    return Work(
        events=load.taps * reach[:, None, None] + load.unseen,
        sweep=layout.words,
        static=all(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses),
    )


def event_cycles(synapse: SynapseLayout) -> Ints:
    """Cycles of an event at each address, [n_in]: one for each word of each tap within the map, and
    one if it has no tap."""
    return np.maximum(1, taps_of(synapse.op) * synapse.reach)


def taps_of(op: Conv2d) -> Ints:
    """Taps within the map of an event at each address, [n_in]."""
    shape = (op.out_shape[0], op.in_shape[0] // op.groups, *op.kernel)
    return fan_out(op, np.ones(shape, np.int64)) // (op.out_shape[0] // op.groups)


def reach_of(flow: Dataflow, synapse: Synapse, s: NDArray[np.int8]) -> tuple[Ints, Ints]:
    """(taps within the map, events without any) of a synapse, each [T, B]."""
    taps = taps_of(conv_of(flow, synapse))
    events = pooled(synapse.pools, digits(s, flow.input.x_max).astype(np.int64))
    events = events.reshape(*s.shape[:2], -1)
    later = ((0, flow.timesteps - len(events)), (0, 0))
    return np.pad(events @ taps, later), np.pad(events @ (taps == 0).astype(np.int64), later)
