"""Synapses and pools as linear maps on integer arrays, tap by tap, exactly as they are defined."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Conv2d, Dense, Pair, Pool, Shape3
from hw_models.semantics import Ints


def output_size(size: int, kernel: int, stride: int, padding: int) -> int:
    """The number of positions of a window within the padded map."""
    return (size + 2 * padding - kernel) // stride + 1


def taps(
    x: NDArray, kernel: Pair, stride: Pair, padding: Pair, out: Shape3
) -> list[tuple[int, int, NDArray]]:
    """Each tap as (ky, kx, the values it sees [..., C, H_out, W_out]) of a map [..., C, H, W].

    Outside of the map, the values are 0.
    """
    before = [(0, 0)] * (x.ndim - 2)
    padded = np.pad(x, [*before, (padding[0],) * 2, (padding[1],) * 2]) if any(padding) else x
    rows, columns = out[1] * stride[0], out[2] * stride[1]
    return [
        (ky, kx, padded[..., ky : ky + rows : stride[0], kx : kx + columns : stride[1]])
        for ky in range(kernel[0])
        for kx in range(kernel[1])
    ]


def pool(spec: Pool, x: NDArray) -> NDArray:
    """Sum a map [..., C, H, W] over the windows, [..., C, H_out, W_out]."""
    x = x.reshape(*x.shape[: x.ndim - 3], *spec.in_shape)
    seen = taps(x, spec.kernel, spec.stride, spec.padding, spec.out_shape)
    return sum((part for _, _, part in seen), start=np.zeros((), x.dtype))


def pooled(pools: tuple[Pool, ...], x: NDArray) -> NDArray:
    """Apply all pools to x, in order."""
    for spec in pools:
        x = pool(spec, x)
    return x


def weighted_sums(op: Dense | Conv2d, w: Ints, x: Ints) -> Ints:
    """acc [T, B, *shape of the layer's neurons] for x [T, B, *shape of the source]."""
    if isinstance(op, Dense):
        return x.reshape(*x.shape[:2], op.n_in) @ w.T
    x = x.reshape(*x.shape[:2], *op.in_shape)
    channels, per_group = op.group_outputs, op.group_inputs
    acc = np.zeros((*x.shape[:2], *op.out_shape), np.int64)
    for ky, kx, seen in taps(x, op.kernel, op.stride, op.padding, op.out_shape):
        # Twice as fast with the channels, over which the sums run, side by side in memory.
        beside = np.ascontiguousarray(np.moveaxis(seen, 2, -1))
        for g in range(op.groups):
            outputs = slice(g * channels, (g + 1) * channels)
            inputs = slice(g * per_group, (g + 1) * per_group)
            weights = np.ascontiguousarray(w[outputs, :, ky, kx])
            acc[:, :, outputs] += np.einsum("oc,tbyxc->tboyx", weights, beside[..., inputs])
    return acc


def fan_out(op: Dense | Conv2d, w: NDArray) -> Ints:
    """The sum of w over the additions that one event at each address causes, [n_in] flat.

    With w = 1 everywhere it counts the additions, and with w = (weight != 0) the effective ones. At
    the borders of a map, fewer taps lie within it.
    """
    if isinstance(op, Dense):
        return w.sum(axis=0, dtype=np.int64)
    channels, per_group = op.group_outputs, op.group_inputs
    per_tap = w.reshape(op.groups, channels, per_group, *op.kernel).sum(axis=1, dtype=np.int64)
    per_tap = per_tap.reshape(op.in_shape[0], *op.kernel)
    (py, px), (_, height, width) = op.padding, op.in_shape
    total = np.zeros((op.in_shape[0], height + 2 * py, width + 2 * px), np.int64)
    for ky, kx, seen in taps(total, op.kernel, op.stride, (0, 0), op.out_shape):
        seen += per_tap[:, ky, kx, None, None]  # a view, so this adds into `total`
    return total[:, py : py + height, px : px + width].reshape(-1)


def row_sums(
    op: Dense | Conv2d, pools: tuple[Pool, ...], source: tuple[int, ...], w: Ints
) -> tuple[Ints, Ints]:
    """The sums, per neuron, of its negative weights and of its positive weights.

    Each weight counts as often as its address behind the pools can occur in one step. At borders,
    only taps within the map count.
    """
    ones = pooled(pools, np.ones((1, 1, *source), np.int64))
    more = np.maximum(w, 0)
    if isinstance(op, Conv2d):
        ones = ones.reshape(1, 1, *op.in_shape)
        if (ones == ones[:, :, :1]).all():
            # sum_c w[c] * n == (sum_c w[c]) * n if an address occurs equally often in each channel
            ones, w, more = ones[:, :, :1], *(x.sum(axis=1, keepdims=True) for x in (w, more))
            op = msgspec.structs.replace(op, in_shape=(1, *op.in_shape[1:]), groups=1)
    negative, positive = (weighted_sums(op, part, ones)[0, 0] for part in (w - more, more))
    return negative, positive
