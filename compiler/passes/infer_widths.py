"""Proven widths: intervals of accumulator, p, v and logit of each layer."""

from dataclasses import dataclass, replace

import numpy as np

from compiler.ir import Graph, Input, Node, Readout, Spiking, Synapse
from compiler.passes.choose_lsb import only_source
from hw_models.semantics import (
    Bounds,
    Interval,
    digit_peak,
    layer_bounds,
    readout_bounds,
    row_bounds,
)


@dataclass(frozen=True, slots=True)
class InferWidths:
    """The intervals of docs/semantics.md, section 4, from the integers themselves."""

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for layer in graph.of(Spiking, Readout):
            synapse = only_source(graph, layer)
            partial, complete = synapse_bounds(graph, synapse)
            update = layer.integer
            assert update is not None
            current = complete.scaled(1 << update.shift)
            if isinstance(layer, Spiking):
                bounds = layer_bounds(
                    layer.neuron, current, update.v_threshold, update.bias, graph.timesteps
                )
            else:
                bounds = readout_bounds(current, update.bias, graph.timesteps)
            changes[layer.name] = replace(layer, bounds=bounds)
            changes[synapse.name] = replace(
                synapse, acc=Interval.hull(partial.lo, partial.hi, exact=True)
            )
        return graph.replaced(changes)


def synapse_bounds(graph: Graph, synapse: Synapse) -> tuple[Bounds, Bounds]:
    """Per neuron, bounds of every partial sum and of the complete sum of a step."""
    flat = synapse.w.reshape(len(synapse.w), -1)
    negative, positive = np.minimum(flat, 0).sum(axis=1), np.maximum(flat, 0).sum(axis=1)
    source = graph[synapse.source]
    if isinstance(source, Input) and source.encoding == "static":
        rows = row_bounds(negative, positive, "ternary")
        return rows.scaled(digit_peak(source.x_max)), rows.scaled(source.x_max)
    assert isinstance(source, Input | Spiking)
    mode = source.mode if isinstance(source, Spiking) else source.encoding
    rows = row_bounds(negative, positive, "binary" if mode == "binary" else "ternary")
    return rows, rows
