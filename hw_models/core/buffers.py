"""Who reads what in the core: the stream of each reader, and how much waits in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hw_models.core.layout import layout_of
from hw_models.dataflow import Dataflow, Layer, Synapse
from hw_models.semantics import signed_digits

BUFFER_MIN = 16  # words; covers the round trip of a credit, so that a sweep runs at full speed


@dataclass(frozen=True, slots=True)
class Reader:
    """A synapse as the reader of its source's events."""

    stream: str  # its name in the top level
    synapse: Synapse
    late: int  # steps by which it runs behind the source's first possible reader


def depths(flow: Dataflow) -> dict[str, int]:
    """The number of layers on the longest way from the input to a stream, itself included."""
    depth = {flow.input.name: 0}
    for layer in flow.layers:
        depth[layer.name] = 1 + max(depth[synapse.source] for synapse in layer.synapses)
    return depth


def readers(flow: Dataflow) -> dict[str, list[Reader]]:
    """Of the input and of each layer, its readers in execution order.

    A layer works on step t while the one before it works on t + 1. So a synapse that skips d layers
    runs d steps behind: as many more must fit into its stream, or the layers that it skips wait
    for it (they never wait for ever, docs/core.md).
    """
    depth = depths(flow)
    names = {flow.input.name: "input"}
    names |= {layer.name: f"layer{i}_out" for i, layer in enumerate(flow.layers)}
    found: dict[str, list[Reader]] = {name: [] for name in names}
    for layer in flow.layers:
        for synapse in layer.synapses:
            known = found[synapse.source]
            stream = f"{names[synapse.source]}{len(known) or ''}"
            known.append(Reader(stream, synapse, depth[layer.name] - depth[synapse.source] - 1))
    return found


def outlet_buffers(flow: Dataflow, layer: Layer, readers: Sequence[Reader]) -> list[int]:
    """Spike words that wait for each reader of a layer: a step, and one for each step it is late.

    A layer that sweeps T times without new events between, all it reads being static, leaves T
    steps to wait while it takes the next sample.
    """
    static = all(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses)
    steps, words = flow.timesteps if static else 1, layout_of(flow, layer).words
    return [max(BUFFER_MIN, words * (steps + reader.late)) for reader in readers]


def input_buffers(flow: Dataflow, readers: Sequence[Reader]) -> list[int]:
    """Events that wait for each reader of the core's input; 0: for the first in line, none.

    A step has at most one event an address and its marker; a static input, which is one step for
    the whole sample, at most one a digit.
    """
    spec = flow.input
    digits = max(len(signed_digits(x)) for x in range(spec.x_max + 1))
    step = math.prod(spec.shape) * digits + 1
    return [step * (min(1, r.late) if spec.encoding == "static" else r.late) for r in readers]
