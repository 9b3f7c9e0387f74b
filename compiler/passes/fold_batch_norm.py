"""Batch norms: the gain goes into what a weight step is worth, the rest into the offset."""

from dataclasses import dataclass, replace

from compiler.ir import BatchNorm, Graph, Layer, Node, Synapse
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class FoldBatchNorm:
    """g * (step * acc + b) + o == (g * step) * acc + (g * b + o)."""

    def __call__(self, graph: Graph) -> Graph:
        while norms := graph.of(BatchNorm):
            graph = fold(graph, norms[0])
        return graph


def fold(graph: Graph, norm: BatchNorm) -> Graph:
    """Fold one batch norm into the synapse that it reads.

    Raises:
        InputError: another node reads this synapse too, without the batch norm.
    """
    synapse = graph[norm.source]
    assert isinstance(synapse, Synapse)
    if graph.readers(synapse.name) != [norm]:
        raise InputError(f"{synapse.name}: read by {norm.name} and by others; use a layer for each")
    changes: dict[str, Node | None] = {
        norm.name: None,
        synapse.name: replace(
            synapse, step=norm.gain * synapse.step, offset=norm.gain * synapse.offset + norm.offset
        ),
    }
    for reader in graph.readers(norm.name):
        if isinstance(reader, Layer):
            sources = tuple(synapse.name if s == norm.name else s for s in reader.sources)
            changes[reader.name] = replace(reader, sources=sources)
        else:
            assert isinstance(reader, BatchNorm)
            changes[reader.name] = replace(reader, source=synapse.name)
    return graph.replaced(changes)
