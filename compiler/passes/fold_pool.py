"""Pools vanish: an event goes to each window that contains it, 1/n into the readers' weights."""

from dataclasses import dataclass, replace

from compiler.ir import Graph, Node, Pooling, Synapse
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class FoldPool:
    """W * (sum(x) / n) == (W / n) * sum(x); sums of spikes are spikes, each with an address.

    Not one composite kernel: at borders, and where windows leave gaps or overlap, that differs.
    """

    def __call__(self, graph: Graph) -> Graph:
        while pools := graph.of(Pooling):
            graph = fold(graph, pools[-1])
        return graph


def fold(graph: Graph, pooling: Pooling) -> Graph:
    """Fold a pool that only synapse layers read."""
    changes: dict[str, Node | None] = {pooling.name: None}
    for reader in graph.readers(pooling.name):
        if not isinstance(reader, Synapse):
            raise InputError(f"{pooling.name}: read by {reader.name}; a pool feeds weights")
        changes[reader.name] = replace(
            reader,
            source=pooling.source,
            pools=(pooling.pool, *reader.pools),
            step=reader.step / pooling.divisor,
        )
    return graph.replaced(changes)
