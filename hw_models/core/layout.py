"""How the core cuts a layer into words: the lanes of an engine, the slices of a sweep."""

import math
from collections.abc import Sequence

from hw_models.dataflow import Conv2d, Dataflow, Dense, Lanes, Layer, Shape3, Synapse


def as_map(shape: tuple[int, ...]) -> Shape3:
    """(C, H, W) of a stream; a vector is a map of one position."""
    if len(shape) == 3:
        return shape
    return math.prod(shape), 1, 1


def as_conv(op: Dense | Conv2d, source: tuple[int, ...]) -> Conv2d:
    """The operation as the core's engine runs it on a stream of shape `source`.

    A dense layer is the convolution whose kernel is the whole map: its weights [n_out, C * H * W]
    are [n_out, C, H, W] as they lie.
    """
    if isinstance(op, Conv2d):
        return op
    shape = as_map(source)
    return Conv2d(
        in_shape=shape, out_shape=(op.n_out, 1, 1), kernel=shape[1:], stride=(1, 1),
        padding=(0, 0), groups=1,
    )  # fmt: skip


def depthwise(op: Conv2d) -> bool:
    """Whether an event reaches one channel alone: the engine then packs channels into words."""
    return op.groups > 1 and op.in_shape[0] == op.out_shape[0] == op.groups


def section_of(layer: Layer, ops: Sequence[Conv2d]) -> tuple[int, int]:
    """(section, slice) of a sweep: channels that fill words of their own, neurons of a word.

    A section is a convolution group, or all channels of a depthwise operation. All synapse groups
    of a layer are read in the same words; where their sections differ, slices divide them all, so
    that every synapse's words are simply the channels in order.
    The build's update lanes are the widest slice; a readout's argmax takes one class a cycle.
    """
    return cut(ops, layer.lanes, not layer.fires)


def cut(ops: Sequence[Conv2d], lanes: Lanes, readout: bool) -> tuple[int, int]:
    """(section, slice) of a layer of these operations on these lanes."""
    sizes = {op.out_shape[0] if depthwise(op) else op.out_shape[0] // op.groups for op in ops}
    widest = min(lanes.update, lanes.accumulate)
    section = math.gcd(*sizes)
    if readout:
        return section, 1
    slice_ = min(widest, section)
    if len(sizes) > 1:
        slice_ = max(n for n in range(1, slice_ + 1) if section % n == 0)
    return section, slice_


def lanes_of(layer: Layer, op: Conv2d, slice_: int) -> int:
    """Channels of a word of one synapse's accumulators: an event reaches them in one cycle.

    No more than a convolution group has. Where it takes several words, slices divide them, so that
    a sweep counts in slices alone.
    """
    if depthwise(op):
        return slice_
    channels = op.out_shape[0] // op.groups
    lanes = min(layer.lanes.accumulate, channels)
    return lanes if lanes == channels else lanes - lanes % slice_


def source_shape(flow: Dataflow, synapse: Synapse) -> tuple[int, ...]:
    """The shape of the events that reach a synapse's engine."""
    return synapse.pools[-1].out_shape if synapse.pools else flow.shape_of(synapse.source)


def conv_of(flow: Dataflow, synapse: Synapse) -> Conv2d:
    """A synapse's operation as the engine runs it."""
    return as_conv(synapse.op, source_shape(flow, synapse))


def sweep_words(flow: Dataflow, layer: Layer) -> int:
    """Words of a layer's sweep: section by section, position by position."""
    section, slice_ = section_of(layer, [conv_of(flow, synapse) for synapse in layer.synapses])
    channels, height, width = as_map(layer.shape)
    return height * width * (channels // section) * -(-section // slice_)


def rearranged(flow: Dataflow) -> str | None:
    """The first synapse that reads a map as a vector by any but a dense operation, if there is one.

    Such as an identity shortcut around a flatten: an address has the fields of the map, and the
    core rearranges none.
    """
    for layer in flow.layers:
        for synapse in layer.synapses:
            shape = as_map(source_shape(flow, synapse))
            vector = (math.prod(shape), 1, 1)
            if isinstance(synapse.op, Conv2d) and shape != synapse.op.in_shape == vector:
                return synapse.name
    return None
