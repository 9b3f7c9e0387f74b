"""The readers of each stream in the core, and the sizes of the buffers in front of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hw_models.core.layout import layout_of
from hw_models.dataflow import Dataflow, Layer, Synapse
from hw_models.semantics import digit_counts

BUFFER_MIN = 16  # words; covers the round trip of a credit, so that a sweep runs at full speed
# Events of the input for each engine of a synapse that has several. In a column one of them has
# more taps than another, in the next one fewer.
SIDE_BUFFER = 64


@dataclass(frozen=True, slots=True)
class Reader:
    """An engine of a synapse as a reader of its source's events."""

    stream: str  # name of its stream in the top level
    synapse: Synapse
    engine: int  # its number among the synapse's
    late: int  # time steps by which it runs behind the source's first possible reader


def depths(flow: Dataflow) -> dict[str, int]:
    """The number of layers on the longest way from the input to a stream, itself included."""
    depth = {flow.input.name: 0}
    for layer in flow.layers:
        depth[layer.name] = 1 + max(depth[synapse.source] for synapse in layer.synapses)
    return depth


def readers(flow: Dataflow) -> dict[str, list[Reader]]:
    """The readers of the input and of each layer, in execution order.

    A layer works on step t while the one before it works on t + 1, so a synapse that skips d layers
    runs d steps behind. Its stream must have room for d more steps, or the layers that it skips
    wait for it (they never wait for ever, docs/core.md).
    """
    depth = depths(flow)
    names = {flow.input.name: "input"}
    names |= {layer.name: f"layer{i}_out" for i, layer in enumerate(flow.layers)}
    found: dict[str, list[Reader]] = {name: [] for name in names}
    for layer in flow.layers:
        for synapse, own in zip(layer.synapses, layout_of(flow, layer).synapses, strict=True):
            known, late = found[synapse.source], depth[layer.name] - depth[synapse.source] - 1
            for engine in range(len(own.engines)):
                stream = f"{names[synapse.source]}{len(known) or ''}"
                known.append(Reader(stream, synapse, engine, late))
    return found


def outlet_buffers(flow: Dataflow, layer: Layer, readers: Sequence[Reader]) -> list[int]:
    """The number of spike words to buffer for each reader of a layer.

    It is one step, and one more for each step that the reader is late. If a layer reads only static
    synapses, it sweeps T times without new events in between; then its readers may have T steps
    waiting while it takes the next sample.
    """
    static = all(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses)
    steps, words = flow.timesteps if static else 1, layout_of(flow, layer).words
    return [max(BUFFER_MIN, words * (steps + reader.late)) for reader in readers]


def input_buffers(flow: Dataflow, readers: Sequence[Reader]) -> list[int]:
    """The number of events to buffer for each reader of the input; 0: none.

    A late one has a buffer for the steps in between. A step has at most one event per address, and
    its marker. A static input is one step for the whole sample and has at most one event per digit.
    """
    spec = flow.input
    digits = int(digit_counts(spec.x_max).max())
    step = math.prod(spec.shape) * digits + 1
    several = {reader.synapse.name for reader in readers if reader.engine > 0}
    return [
        step * (1 if spec.encoding == "static" else reader.late)
        if reader.late
        else SIDE_BUFFER * (reader.synapse.name in several)
        for reader in readers
    ]
