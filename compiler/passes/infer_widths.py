"""Proven widths: intervals of accumulator, p, v and logit of each layer."""

from dataclasses import dataclass, replace

import msgspec
import numpy as np

from compiler.ir import Graph, Input, Node, Readout, Spiking, Synapse
from hw_models.artefact import per_neuron
from hw_models.semantics import (
    Bounds,
    Interval,
    digit_peak,
    layer_bounds,
    readout_bounds,
    row_bounds,
)
from hw_models.synapse import row_sums


@dataclass(frozen=True, slots=True)
class InferWidths:
    """The intervals of docs/semantics.md, section 4, from the integers themselves."""

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for layer in graph.of(Spiking, Readout):
            update, synapses = layer.integer, graph.groups(layer)
            assert update is not None
            zero = np.zeros(layer.shape, np.int64)
            current = Bounds(zero, zero)
            for synapse in synapses:
                partial, complete = synapse_bounds(graph, synapse)
                current += complete.scaled(1 << synapse.shift).reshaped(layer.shape)
                acc = Interval.hull(partial.lo, partial.hi, exact=attained(synapse))
                changes[synapse.name] = replace(synapse, acc=acc)
            bias = per_neuron(update.bias, layer.shape)
            if update.v_threshold is not None:
                v_threshold = per_neuron(update.v_threshold, layer.shape)
                assert isinstance(layer, Spiking)
                bounds = layer_bounds(layer.neuron, current, v_threshold, bias, graph.timesteps)
            else:
                bounds = readout_bounds(current, bias, graph.timesteps)
                # Of several groups, not all need reach their ends for the same spikes.
                exact = len(synapses) == 1 and attained(synapses[0])
                bounds = msgspec.structs.replace(bounds, exact=exact)
            changes[layer.name] = replace(layer, bounds=bounds)
        return graph.replaced(changes)


def attained(synapse: Synapse) -> bool:
    """Whether its bounds are: behind windows that overlap, what an event adds may cancel."""
    return all(
        size <= step
        for pool in synapse.pools
        for size, step in zip(pool.kernel, pool.stride, strict=True)
    )


def synapse_bounds(graph: Graph, synapse: Synapse) -> tuple[Bounds, Bounds]:
    """Per neuron, bounds of every partial sum and of the complete sum of a step."""
    source = graph[synapse.source]
    assert isinstance(source, Input | Spiking)
    sums = row_sums(synapse.op, synapse.pools, source.shape, synapse.w)
    if isinstance(source, Input) and source.encoding == "static":
        rows = row_bounds(*sums, "ternary")
        return rows.scaled(digit_peak(source.x_max)), rows.scaled(source.x_max)
    mode = source.mode if isinstance(source, Spiking) else source.encoding
    rows = row_bounds(*sums, "binary" if mode == "binary" else "ternary")
    return rows, rows
