"""The layout of a layer in the core: the words of its accumulators and the words of its sweep.

docs/core.md explains lanes, slices and sections. A layer's layout is computed only here, from its
operations and its lanes; the compiler, the timing model and the simulation all read it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from hw_models.core.address import as_map
from hw_models.dataflow import Conv2d, Dataflow, Dense, Lanes, Layer, Synapse
from hw_models.semantics import Ints


class Memory(Enum):
    """A kind of memory for accumulators, by its number in the Verilog."""

    REGISTERS = 0  # one word
    # Two pages: the events of a step go to one, while the sweep of the step before reads the other.
    # They are small where there is one position.
    LUT_RAM = 1
    BLOCK_RAM = 2


@dataclass(frozen=True, slots=True)
class SynapseLayout:
    """The layout of one synapse's accumulators and weights in words."""

    op: Conv2d  # the operation as the engine runs it
    lanes: int  # channels per word
    # Whether an event reaches only one channel (a depthwise operation) and a word holds
    # neighbouring channels of several convolution groups.
    packed: bool

    @property
    def reach(self) -> int:
        """The words that an event visits at a position: those of its convolution group."""
        return -(-self.op.group_outputs // self.lanes)

    @property
    def weights(self) -> int:
        """The number of weights in a word of the weight memory."""
        return 1 if self.packed else self.lanes

    @property
    def words(self) -> int:
        """The number of words that hold all accumulators."""
        _, height, width = self.op.out_shape
        at_position = (
            -(-self.op.groups // self.lanes) if self.packed else self.op.groups * self.reach
        )
        return height * width * at_position

    @property
    def memory(self) -> Memory:
        """The kind of the accumulators' memory.

        LUT-RAM needs words that take turns: no word is used twice in a row.
        """
        if self.words == 1:
            return Memory.REGISTERS
        turns = self.op.out_shape[1:] == (1, 1) and self.reach > 1
        return Memory.LUT_RAM if turns else Memory.BLOCK_RAM

    @property
    def pages(self) -> int:
        """How often the accumulators' memory has room for all words."""
        return 2 if self.memory is Memory.LUT_RAM else 1

    def first_slices(self, slice_: int) -> Ints:
        """The number, in a sweep, of each word's first slice, [words]."""
        rest = 1 if self.packed else self.op.group_outputs - (self.reach - 1) * self.lanes
        channels = np.tile([*[self.lanes] * (self.reach - 1), rest], self.words // self.reach)
        return np.cumsum(-(-channels // slice_)) - -(-channels // slice_)


@dataclass(frozen=True, slots=True)
class LayerLayout:
    """The layout of a layer's neurons in the words of its sweep."""

    section: int  # channels that fill whole words of their own
    slice_: int  # neurons per word, which are updated together
    rows: int  # words per position
    words: int  # words per sweep
    synapses: tuple[SynapseLayout, ...]

    @property
    def adders(self) -> int:
        """The number of accumulate lanes of all synapses together."""
        return sum(synapse.lanes for synapse in self.synapses)


def layout_of(flow: Dataflow, layer: Layer) -> LayerLayout:
    """The layout of a layer on its lanes."""
    ops = [conv_of(flow, synapse) for synapse in layer.synapses]
    return lay_out(ops, layer.lanes, layer.fires)


def lay_out(ops: Sequence[Conv2d], lanes: Lanes, fires: bool) -> LayerLayout:
    """The layout of a layer with these operations.

    A section is a convolution group, or all channels of a depthwise operation. All synapses of a
    layer are read in the same words. If their sections differ, the slice divides all of them, so
    that the words of every synapse are simply the channels in order. A slice is at most as wide as
    the update lanes asked for. Neurons that do not fire are read one per cycle, since the argmax
    takes one per cycle.
    """
    sizes = {op.out_shape[0] if depthwise(op) else op.group_outputs for op in ops}
    section = math.gcd(*sizes)
    slice_ = min(lanes.update, lanes.accumulate, section) if fires else 1
    if len(sizes) > 1:
        slice_ = max(n for n in range(1, slice_ + 1) if section % n == 0)
    channels, height, width = ops[0].out_shape
    rows = channels // section * -(-section // slice_)
    synapses = tuple(
        SynapseLayout(op, engine_lanes(op, lanes.accumulate, slice_), depthwise(op)) for op in ops
    )
    return LayerLayout(section, slice_, rows, height * width * rows, synapses)


def engine_lanes(op: Conv2d, accumulate: int, slice_: int) -> int:
    """The channels per word of a synapse's accumulators; an event reaches a word in one cycle.

    A word has no more channels than a convolution group. If a group takes several words, they
    consist of whole slices, so that a sweep counts in slices only.
    """
    if depthwise(op):
        return slice_
    channels = op.group_outputs
    lanes = min(accumulate, channels)
    return lanes if lanes == channels else lanes - lanes % slice_


def depthwise(op: Conv2d) -> bool:
    """Whether an event reaches only one channel."""
    return op.groups > 1 and op.in_shape[0] == op.out_shape[0] == op.groups


def as_conv(op: Dense | Conv2d, source: tuple[int, ...]) -> Conv2d:
    """The operation as the core's engine runs it on a stream of shape `source`.

    A dense layer is a convolution whose kernel is the whole map: its weights [n_out, C * H * W] are
    [n_out, C, H, W] without any reordering.
    """
    if isinstance(op, Conv2d):
        return op
    shape = as_map(source)
    return Conv2d(
        in_shape=shape, out_shape=(op.n_out, 1, 1), kernel=shape[1:], stride=(1, 1),
        padding=(0, 0), groups=1,
    )  # fmt: skip


def conv_of(flow: Dataflow, synapse: Synapse) -> Conv2d:
    """A synapse's operation as the engine runs it."""
    return as_conv(synapse.op, source_shape(flow, synapse))


def source_shape(flow: Dataflow, synapse: Synapse) -> tuple[int, ...]:
    """The shape of the events that reach a synapse's engine."""
    return synapse.pools[-1].out_shape if synapse.pools else flow.shape_of(synapse.source)


def rearranged(flow: Dataflow) -> str | None:
    """The first synapse, if any, that reads a map as a vector in an operation other than dense.

    An identity shortcut around a flatten is one. An address has the fields of the map, and the core
    cannot rearrange them.
    """
    for layer in flow.layers:
        for synapse in layer.synapses:
            shape = as_map(source_shape(flow, synapse))
            vector = (math.prod(shape), 1, 1)
            if isinstance(synapse.op, Conv2d) and shape != synapse.op.in_shape == vector:
                return synapse.name
    return None
