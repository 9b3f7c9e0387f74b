"""How wide the core works on each layer: accumulate lanes and update lanes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from compiler.ir import Graph, Node
from hw_models.core.layout import as_conv, depthwise, group_channels, lay_out
from hw_models.dataflow import Conv2d, Lanes
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class AssignLanes:
    """Accumulate lanes up to `accumulate`, evened out over the words; few update lanes.

    An update of a neuron costs far more logic than an addition and happens far less often.
    """

    accumulate: int = 32
    update: int = 4
    by_layer: Mapping[str, int] = field(default_factory=dict)  # in place of `accumulate`

    def __call__(self, graph: Graph) -> Graph:
        layers = graph.layers
        for name in self.by_layer.keys() - {layer.name for layer in layers}:
            names = ", ".join(layer.name for layer in layers)
            raise InputError(f"{name}: no layer to give lanes to; layers are {names}")
        changes: dict[str, Node | None] = {}
        for layer in layers:
            ops = [as_conv(synapse.op, (synapse.op.n_in,)) for synapse in graph.synapses(layer)]
            most = Lanes(
                accumulate=self.by_layer.get(layer.name, self.accumulate), update=self.update
            )
            lanes = fewest(ops, most, layer.fires)
            changes[layer.name] = replace(layer, lanes=lanes)
        return graph.replaced(changes)


def fewest(ops: Sequence[Conv2d], most: Lanes, fires: bool) -> Lanes:
    """The fewest lanes on which a layer takes as many cycles as on `most`.

    C channels take ceil(C / lanes) words, whole slices each: between two steps of that, lanes idle.
    """
    slice_ = lay_out(ops, most, fires).slice_
    lanes = max(evened(channels_of(op, slice_), most.accumulate, slice_) for op in ops)
    return Lanes(accumulate=lanes, update=min(most.update, lanes))


def channels_of(op: Conv2d, slice_: int) -> int:
    """Channels that accumulate lanes divide into words: of one convolution group."""
    return slice_ if depthwise(op) else group_channels(op)


def evened(channels: int, most: int, slice_: int) -> int:
    """The fewest lanes, in whole slices, with as many words as `most` lanes give."""
    if most >= channels:
        return channels
    words = -(-channels // (most - most % slice_))
    lanes = -(-channels // words)
    return min(channels, lanes + -lanes % slice_)
