"""Amplitudes and signs: what an incoming spike is worth goes into the weights that read it."""

from dataclasses import dataclass, replace

from compiler.ir import Graph, Input, Layer, Node, Synapse


@dataclass(frozen=True, slots=True)
class FoldAmplitude:
    """conv(K, a * B) == conv(a * K, B), where a is the amplitude of a layer or the input's scale.

    It goes into the step of every synapse that reads the layer or the input.
    """

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for synapse in graph.of(Synapse):
            source = graph[synapse.source]
            assert isinstance(source, Input | Layer)
            worth = source.scale if isinstance(source, Input) else source.amplitude
            changes[synapse.name] = replace(synapse, step=synapse.step * worth)
        changes |= {s.name: replace(s, amplitude=1.0) for s in graph.layers}
        # The input keeps its scale, which says what the integers mean; nothing applies it again.
        return graph.replaced(changes)


@dataclass(frozen=True, slots=True)
class FoldSign:
    """step * acc(w) == |step| * acc(-w) where step < 0, so the sign goes into the weights."""

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        for synapse in graph.of(Synapse):
            if (synapse.step >= 0).all():
                continue  # as always but for negative gains; a product of all weights takes a while
            sign = (1 - 2 * (synapse.step < 0)).reshape(-1, *[1] * (synapse.w.ndim - 1))
            changes[synapse.name] = replace(synapse, w=synapse.w * sign, step=abs(synapse.step))
        return graph.replaced(changes)
