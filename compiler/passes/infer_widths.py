"""Gives each accumulator, p and v the interval that holds all its values; widths follow."""

from dataclasses import dataclass, replace

from compiler.ir import Graph, Input, Layer, Node, Synapse
from hw_models.errors import InputError
from hw_models.intervals import IntegerSynapse, layer_intervals


@dataclass(frozen=True, slots=True)
class InferWidths:
    """The intervals of docs/semantics.md, section 4, from the integers themselves."""

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for layer in graph.layers:
            update, synapses = layer.integer, graph.synapses(layer)
            assert update is not None
            try:
                accs, bounds = layer_intervals(
                    [events_of(graph, synapse) for synapse in synapses],
                    layer.shape, layer.neuron, update.bias, update.v_threshold, graph.timesteps,
                )  # fmt: skip
            except InputError as error:
                raise InputError(
                    f"{layer.name}: {error}; use fewer --frac-bits, or smaller weights and biases"
                ) from error
            for synapse, acc in zip(synapses, accs, strict=True):
                changes[synapse.name] = replace(synapse, acc=acc)
            changes[layer.name] = replace(layer, bounds=bounds)
        return graph.replaced(changes)


def events_of(graph: Graph, synapse: Synapse) -> IntegerSynapse:
    """A synapse's integers, and which events can reach them."""
    source = graph[synapse.source]
    assert isinstance(source, Input | Layer)
    return IntegerSynapse(
        op=synapse.op,
        pools=synapse.pools,
        shift=synapse.shift,
        w=synapse.w,
        source=source.shape,
        encoding=source.mode if isinstance(source, Layer) else source.encoding,
        x_max=graph.input.x_max,
    )
