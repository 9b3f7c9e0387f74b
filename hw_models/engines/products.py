"""Synapses as float matrix products that are proven exact, on a small block of maps at a time."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hw_models.core.layout import depthwise
from hw_models.dataflow import Build, Conv2d, Dense, Synapse
from hw_models.engines.arrays import empty
from hw_models.engines.synapse import pooled, taps

# Size of one block's windows as rows, so that they are read back from a processor core's cache.
BLOCK_BYTES = 1 << 19

Product = Callable[[NDArray], NDArray]  # maps [T', B, *shape of the source] to [T', B, ...]


def carrier(largest: int) -> type[np.float32] | type[np.float64]:
    """The narrowest float type in which all integers up to `largest` are exact."""
    if largest <= 1 << 24:
        return np.float32
    if largest <= 1 << 53:
        return np.float64
    raise OverflowError(f"sums up to {largest} are exact in no float type here")


def product(build: Build, synapse: Synapse) -> Product:
    """The function from events to acc << shift, computed in floats that hold integers exactly.

    Every partial sum of a dot product, in any order and blocking, lies within `synapse.acc`, which
    bounds every subset of the additions. A float with b mantissa bits holds the integers up to
    2**b, and their multiples of 2**shift just as well. The sum of a pool lies within `synapse.acc`
    too, or meets only weights of 0.
    """
    dtype = carrier(max(-synapse.acc.lo, synapse.acc.hi))
    w, op = (build.weight(synapse) << synapse.shift).astype(dtype), synapse.op
    if isinstance(op, Dense):
        apply = dense(w)
    elif depthwise(op):
        apply = depthwise_product(op, w)
    else:
        apply = convolution(op, w)
    if not synapse.pools:
        return apply
    return lambda s: apply(pooled(synapse.pools, s.astype(dtype)))


def dense(w: NDArray) -> Product:
    return lambda s: s.reshape(*s.shape[:2], -1).astype(w.dtype) @ w.T


def depthwise_product(op: Conv2d, w: NDArray) -> Product:
    """A product with one channel in and one out; its weights are laid out like the map."""
    weights = empty(op.kernel, op.out_shape, w.dtype)
    weights[:] = w[:, 0].transpose(1, 2, 0)[..., None, None]

    def apply(s: NDArray) -> NDArray:
        x = s.reshape(*s.shape[:2], *op.in_shape)
        seen = taps(x, op.kernel, op.stride, op.padding, op.out_shape)
        return sum((part * weights[ky, kx] for ky, kx, part in seen), start=np.zeros((), w.dtype))

    return apply


def convolution(op: Conv2d, w: NDArray) -> Product:
    """Windows laid out as rows, times the weights, a block of maps at a time."""
    (py, px), (_, height, width) = op.padding, op.in_shape
    outputs, inputs = op.group_outputs, op.group_inputs
    positions, fan_in = op.out_shape[1] * op.out_shape[2], inputs * op.kernel[0] * op.kernel[1]
    kernels = w.reshape(op.groups, outputs, inputs, *op.kernel).transpose(0, 3, 4, 2, 1)
    kernels = np.ascontiguousarray(kernels).reshape(op.groups, fan_in, outputs)
    block = max(1, BLOCK_BYTES // (positions * op.groups * fan_in * w.itemsize))

    def apply(s: NDArray) -> NDArray:
        maps = s.reshape(*s.shape[:2], *op.in_shape)
        some = min(block, maps.shape[1])
        padded = np.zeros((some, height + 2 * py, width + 2 * px, op.in_shape[0]), w.dtype)
        inside = np.moveaxis(padded[:, py : py + height, px : px + width], -1, 1)
        windows = windows_of(op, padded)
        acc = np.empty((*s.shape[:2], positions, op.groups, outputs), w.dtype)
        for step in range(len(maps)):
            for start in range(0, maps.shape[1], some):
                part = slice(start, start + some)
                n = len(maps[step, part])
                inside[:n] = maps[step, part]
                rows = windows[:, :n].reshape(op.groups, n * positions, fan_in)
                out = acc[step, part].reshape(n * positions, op.groups, outputs)
                np.matmul(rows, kernels, out=out.swapaxes(0, 1))
        acc = acc.reshape(*s.shape[:2], *op.out_shape[1:], op.out_shape[0])
        return np.moveaxis(acc, -1, 2)

    return apply


def windows_of(op: Conv2d, padded: NDArray) -> NDArray:
    """Views of padded maps [B, H, W, C], [groups, B, H_out, W_out, ky, kx, inputs of a group]."""
    windows = np.lib.stride_tricks.sliding_window_view(padded, op.kernel, axis=(1, 2))
    windows = windows[:, :: op.stride[0], :: op.stride[1]]  # [B, H_out, W_out, C_in, ky, kx]
    windows = windows.reshape(*windows.shape[:3], op.groups, op.group_inputs, *op.kernel)
    return windows.transpose(3, 0, 1, 2, 5, 6, 4)
