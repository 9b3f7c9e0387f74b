"""How the fast engine's arrays lie in memory: time-major, and the channels of a map last.

Arrays are indexed as everywhere, [T', B, C, H, W]. With the channels last in memory, a window of a
map is a few contiguous runs, and the sums of all channels of a position are one vector.
"""

import math

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Layer


def empty(lead: tuple[int, ...], shape: tuple[int, ...], dtype) -> NDArray:
    """An array [*lead, *shape] whose channels, the first axis of `shape`, lie last in memory."""
    if len(shape) == 1:
        return np.empty((*lead, *shape), dtype)
    return np.moveaxis(np.empty((*lead, *shape[1:], shape[0]), dtype), -1, len(lead))


def channels_last(x: NDArray, lead: int) -> NDArray:
    """x itself if it lies like `empty`'s arrays, else a copy that does; `lead` axes come first."""
    if x.ndim == lead + 1:
        return np.ascontiguousarray(x)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, lead, -1)), -1, lead)


def memory_order(shape: tuple[int, ...]) -> NDArray[np.int64]:
    """The index, in a flattened map of `shape`, of each value as it lies in memory."""
    index = np.arange(math.prod(shape)).reshape(shape)
    return np.moveaxis(index, 0, -1).reshape(-1)


def membrane_dtype(layer: Layer) -> type[np.int32] | type[np.int64]:
    """The type that holds every sum of an update: leak, current, bias and |v| * m."""
    bits = max(layer.update.p_bits, layer.update.leak_bits)
    # leak + current + bias is p; a partial sum of the three needs at most two bits more.
    return np.int32 if bits + 2 <= 32 else np.int64
