"""Pools: the sum over a window goes into the synapses that read it, and so does the divisor."""

from dataclasses import dataclass, replace

from compiler.ir import Graph, Node, Pooling, Synapse
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class FoldPool:
    """W * (sum(x) / n) == (W / n) * sum(x), where the sum over a window is the events in it.

    An event is sent on to each window that contains it, so the hardware pools by addresses alone.
    Pool and convolution do not become one larger kernel, because that differs at borders, and where
    windows leave gaps or overlap.
    """

    def __call__(self, graph: Graph) -> Graph:
        while pools := graph.of(Pooling):
            graph = fold(graph, pools[-1])
        return graph


def fold(graph: Graph, pooling: Pooling) -> Graph:
    """Fold one pool into the synapses that read it.

    Raises:
        InputError: something else reads it.
    """
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
