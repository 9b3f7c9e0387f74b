"""The layout of a layer in the core: the words of its accumulators and the words of its sweep.

docs/core.md explains lanes, engines, slices and sections. A layer's layout is computed only here,
from its operations and its lanes; the compiler, the timing model and the simulation all read it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

import msgspec
import numpy as np

from hw_models.core.address import as_map
from hw_models.dataflow import Conv2d, Dataflow, Dense, Layer, Pool, Synapse
from hw_models.semantics import Ints


class Memory(Enum):
    """A kind of memory for accumulators, by its number in the Verilog."""

    REGISTERS = 0  # one word
    # Two pages: the events of a step go to one, while the sweep of the step before reads the other.
    # They are small where there is one position.
    LUT_RAM = 1
    BLOCK_RAM = 2


@dataclass(frozen=True, slots=True)
class Width:
    """How wide the core works on a synapse, at most."""

    lanes: int  # accumulate lanes of each engine
    engines: int = 1  # side by side, each for every so many-th column


@dataclass(frozen=True, slots=True)
class Lanes:
    """How wide the core works on a layer, at most."""

    synapses: tuple[Width, ...]
    update: int

    @classmethod
    def of(cls, layer: Layer) -> "Lanes":
        """Those that a layer's description asks for."""
        widths = tuple(Width(synapse.lanes, synapse.engines) for synapse in layer.synapses)
        return cls(widths, layer.update_lanes)

    def given_to(self, layer: Layer) -> Layer:
        """The layer's description with these lanes."""
        synapses = tuple(
            msgspec.structs.replace(synapse, lanes=width.lanes, engines=width.engines)
            for synapse, width in zip(layer.synapses, self.synapses, strict=True)
        )
        return msgspec.structs.replace(layer, synapses=synapses, update_lanes=self.update)


@dataclass(frozen=True, slots=True)
class EngineLayout:
    """The layout of one engine's accumulators and weights in words."""

    op: Conv2d  # the operation as the engine runs it, of its columns alone
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
class SynapseLayout:
    """The layout of one synapse: its engines, each with every so many-th column of the map."""

    op: Conv2d  # the operation of all columns
    engines: tuple[EngineLayout, ...]  # that of column 0 first

    def slices(self, engine: int, rows: int) -> Ints:
        """The places, in a sweep, of the slices that an engine gives.

        Args:
            rows: the words of a sweep per position.
        """
        _, height, width = self.op.out_shape
        places = np.arange(height * width * rows).reshape(height, width, rows)
        return places[:, engine :: len(self.engines)].reshape(-1)


@dataclass(frozen=True, slots=True)
class LayerLayout:
    """The layout of a layer's neurons in the words of its sweep."""

    section: int  # channels that fill whole words of their own
    slice_: int  # neurons per word, which are updated together
    rows: int  # words per position
    words: int  # words per sweep
    synapses: tuple[SynapseLayout, ...]

    @property
    def engines(self) -> list[EngineLayout]:
        """The engines of all synapses, in their order."""
        return [engine for synapse in self.synapses for engine in synapse.engines]

    @property
    def adders(self) -> int:
        """The number of accumulate lanes of all engines together."""
        return sum(engine.lanes for engine in self.engines)


def layout_of(flow: Dataflow, layer: Layer) -> LayerLayout:
    """The layout of a layer on its lanes."""
    ops = [conv_of(flow, synapse) for synapse in layer.synapses]
    return lay_out(ops, Lanes.of(layer), layer.fires)


def lay_out(ops: Sequence[Conv2d], lanes: Lanes, fires: bool) -> LayerLayout:
    """The layout of a layer with these operations.

    A section is a convolution group, or all channels of a depthwise operation. All synapses of a
    layer are read in the same words. If their sections differ, the slice divides all of them, so
    that the words of every synapse are simply the channels in order. A slice is at most as wide as
    the update lanes asked for, and as the accumulate lanes of each synapse. Neurons that do not
    fire are read one per cycle, since the argmax takes one per cycle.
    """
    sizes = {op.out_shape[0] if depthwise(op) else op.group_outputs for op in ops}
    section = math.gcd(*sizes)
    most = min(lanes.update, *(width.lanes for width in lanes.synapses))
    slice_ = min(most, section) if fires else 1
    if len(sizes) > 1:
        slice_ = max(n for n in range(1, slice_ + 1) if section % n == 0)
    channels, height, width = ops[0].out_shape
    rows = channels // section * -(-section // slice_)
    synapses = tuple(
        SynapseLayout(op, engines_of(op, width, slice_))
        for op, width in zip(ops, lanes.synapses, strict=True)
    )
    return LayerLayout(section, slice_, rows, height * width * rows, synapses)


def engines_of(op: Conv2d, width: Width, slice_: int) -> tuple[EngineLayout, ...]:
    """The layout of a synapse's engines: at most one for each column, and one if it is depthwise.

    An event of a depthwise operation takes a cycle for each window, so it has no use for more.
    """
    count = 1 if depthwise(op) else min(width.engines, op.out_shape[2])
    lanes = engine_lanes(op, width.lanes, slice_)
    return tuple(
        EngineLayout(of_columns(op, first, count), lanes, depthwise(op)) for first in range(count)
    )


def of_columns(op: Conv2d, first: int, step: int) -> Conv2d:
    """The operation that gives the columns first, first + step, ... of another.

    It is the same convolution with a stride that leaves the others out. Its padding is negative
    where its first window begins within the map.
    """
    channels, height, width = op.out_shape
    return msgspec.structs.replace(
        op,
        out_shape=(channels, height, -(-(width - first) // step)),
        stride=(op.stride[0], step * op.stride[1]),
        padding=(op.padding[0], op.padding[1] - first * op.stride[1]),
    )


@cache
def windows_by_axis(op: Pool | Conv2d) -> list[list[list[int]]]:
    """For rows and for columns: the windows that contain each coordinate, by rising number."""
    return [
        [[o for o in range(out) if 0 <= i + padding - o * stride < kernel] for i in range(size)]
        for size, out, kernel, stride, padding in zip(
            op.in_shape[1:], op.out_shape[1:], op.kernel, op.stride, op.padding, strict=True
        )
    ]


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
