"""Proven widths: intervals of accumulator, p, v and logit of each layer."""

from dataclasses import dataclass, replace

import msgspec

from compiler.ir import Graph, Input, Node, Readout, Spiking, Synapse
from compiler.passes.choose_lsb import only_source
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
            synapse = only_source(graph, layer)
            partial, complete = synapse_bounds(graph, synapse)
            update = layer.integer
            assert update is not None
            current = complete.scaled(1 << update.shift)
            bias = per_neuron(update.bias, layer.shape)
            if update.v_threshold is not None:
                v_threshold = per_neuron(update.v_threshold, layer.shape)
                assert isinstance(layer, Spiking)
                bounds = layer_bounds(layer.neuron, current, v_threshold, bias, graph.timesteps)
            else:
                bounds = readout_bounds(current, bias, graph.timesteps)
                bounds = msgspec.structs.replace(bounds, exact=attained(synapse))
            changes[layer.name] = replace(layer, bounds=bounds)
            changes[synapse.name] = replace(
                synapse, acc=Interval.hull(partial.lo, partial.hi, exact=attained(synapse))
            )
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
