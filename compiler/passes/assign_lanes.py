"""How wide the core works on each layer: accumulate lanes and update lanes."""

from dataclasses import dataclass, replace

from compiler.ir import Graph, Node, Readout, Spiking
from hw_models.artefact import Lanes


@dataclass(frozen=True, slots=True)
class AssignLanes:
    """Accumulate lanes up to `accumulate`, evened out over the groups; few update lanes.

    An update of a neuron costs far more logic than an addition and happens far less often.
    """

    accumulate: int = 32
    update: int = 4

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for layer in graph.of(Spiking, Readout):
            neurons = layer.shape[0]
            groups = -(-neurons // self.accumulate)
            lanes = -(-neurons // groups)
            changes[layer.name] = replace(
                layer, lanes=Lanes(accumulate=lanes, update=min(self.update, lanes))
            )
        return graph.replaced(changes)
