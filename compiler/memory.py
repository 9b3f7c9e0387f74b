"""Memory layout: integer tensors to the hex words of mem/*.mem, as the core reads them."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Conv2d, Dense, Layer, Readout, Shape3
from hw_models.semantics import Interval, Ints


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
    """(section, slice) of a layer's sweep: channels that fill words of their own, neurons of a word.

    A section is a convolution group, or all channels of a depthwise operation. All synapse groups
    of a layer are read in the same words; where their sections differ, slices divide them all, so
    that every group's words are simply the channels in order.
    The build's update lanes are the widest slice; a readout's argmax takes one class a cycle.
    """
    sizes = {op.out_shape[0] if depthwise(op) else op.out_shape[0] // op.groups for op in ops}
    widest = min(layer.lanes.update, layer.lanes.accumulate)
    section = math.gcd(*sizes)
    if isinstance(layer.update, Readout):
        return section, 1
    slice_ = min(widest, section)
    if len(sizes) > 1:
        slice_ = max(n for n in range(1, slice_ + 1) if section % n == 0)
    return section, slice_


def lanes_of(layer: Layer, op: Conv2d, slice_: int) -> int:
    """Channels of a word of one group's accumulators: an event reaches them in one cycle.

    No more than a convolution group has. Where it takes several words, slices divide them, so that
    a sweep counts in slices alone.
    """
    if depthwise(op):
        return slice_
    channels = op.out_shape[0] // op.groups
    lanes = min(layer.lanes.accumulate, channels)
    return lanes if lanes == channels else lanes - lanes % slice_


def weight_rows(w: Ints, groups: int, lanes: int) -> Ints:
    """Weights [C_out, C_in / groups, ky, kx] to rows [words * ky * kx * C_in, lanes], word-major.

    Row ((j * KY + ky) * KX + kx) * C_in + c has the weights from input channel c by tap (ky, kx)
    to the j-th `lanes` output channels of c's group; where there is no channel, 0.
    """
    channels = w.shape[0] // groups
    words = -(-channels // lanes)
    padded = np.zeros((groups, words * lanes, *w.shape[1:]), np.int64)
    padded[:, :channels] = w.reshape(groups, channels, *w.shape[1:])
    split = padded.reshape(groups, words, lanes, *w.shape[1:])
    return split.transpose(1, 4, 5, 0, 3, 2).reshape(-1, lanes)  # word, ky, kx, group, c, lane


def channel_rows(values: Ints, section: int, slice_: int, padding: int) -> Ints:
    """One value per output channel [C_out] to [words, slice], in the order of a sweep's position.

    Each section takes ceil(section / slice) words; where there is no channel, there is `padding`.
    """
    words = -(-section // slice_)
    rows = np.full((len(values) // section, words * slice_), padding, np.int64)
    rows[:, :section] = values.reshape(-1, section)
    return rows.reshape(-1, slice_)


def signed_bits(values: NDArray) -> int:
    """Bits of the narrowest two's complement number that holds all values."""
    return Interval(min(0, int(values.min())), max(0, int(values.max())), True).bits


def hex_words(rows: Ints, bits: int) -> bytes:
    """Rows [words, fields] of two's complement numbers as lines for $readmemh.

    Field f stands in bits f * bits + bits - 1 ... f * bits of its word.

    Raises:
        ValueError: a number does not fit.
    """
    bound = 1 << (bits - 1)
    if rows.min() < -bound or rows.max() >= bound:
        raise ValueError(f"{rows.min()}..{rows.max()} does not fit {bits} bits")
    flat = ((rows[:, :, None] >> np.arange(bits)) & 1).astype(np.uint8).reshape(len(rows), -1)
    digits = -(-flat.shape[1] // 4)
    nibbles = np.zeros((len(rows), digits * 4), np.uint8)
    nibbles[:, : flat.shape[1]] = flat
    values = nibbles.reshape(len(rows), digits, 4) @ np.array([1, 2, 4, 8], np.uint8)
    text = np.frombuffer(b"0123456789abcdef", np.uint8)[values[:, ::-1]]
    newline = np.full((len(rows), 1), ord("\n"), np.uint8)
    return np.concatenate([text, newline], axis=1).tobytes()
