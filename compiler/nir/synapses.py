"""Writes the pools and the operation of a synapse as NIR nodes.

The type check of nir 1.0.8 decides the form. It takes the inputs of a kernel for all channels of a
map, so that convolution groups are written out, with zeros between them. It takes a kernel to be
as wide as it is high, so that others get zeros around them.
"""

import nir
import numpy as np

from compiler.nir.graph import Nodes, Shape, numbers, plain
from hw_models.dataflow import Build, Conv2d, Dense, Layer, Pair, Pool, Synapse
from hw_models.engines.synapse import output_size
from hw_models.errors import InputError
from hw_models.semantics import Ints


def add_synapse(nodes: Nodes, build: Build, layer: Layer, synapse: Synapse, bias: Ints) -> str:
    """Add what a synapse brings to its layer, (acc << shift) + bias; return the last node's name.

    Args:
        bias: int64 [C]; of an `elementwise` synapse all 0.

    Raises:
        InputError: NIR cannot say it.
    """
    name, op, at = synapse.name, synapse.op, synapse.source
    shape = plain(build.dataflow.shape_of(at))
    for k, pool in enumerate(synapse.pools):
        at = nodes.reshaped(f"{name}.flatten{k}", at, shape, plain(pool.in_shape))
        at, shape = add_pool(nodes, f"{name}.pool{k}", at, pool)
    inputs = (op.n_in,) if isinstance(op, Dense) else plain(op.in_shape)
    at = nodes.reshaped(f"{name}.flatten", at, shape, inputs)
    w = build.weight(synapse) << synapse.shift
    if isinstance(op, Dense):
        at, shape = nodes.add(name, dense(name, w, bias), at), (op.n_out,)
    elif elementwise(synapse) and not bias.any():
        scale = np.broadcast_to(w.reshape(-1, *[1] * (len(inputs) - 1)), inputs)
        at, shape = nodes.add(name, nir.Scale(scale=numbers(scale, name)), at), inputs
    else:
        at, shape = add_window(nodes, name, at, op, ungrouped(w, op.groups), bias)
    return nodes.reshaped(f"{name}.out", at, shape, plain(layer.shape))


def elementwise(synapse: Synapse) -> bool:
    """Whether the operation has one weight for each channel, as identity shortcuts have."""
    op = synapse.op
    return isinstance(op, Conv2d) and (
        op.in_shape == op.out_shape and op.groups == op.in_shape[0] and op.kernel == (1, 1)
    )


def add_pool(nodes: Nodes, name: str, source: str, pool: Pool) -> tuple[str, Shape]:
    """Add the sums over windows. NIR has them for maps; of a signal they are a convolution."""
    if len(plain(pool.in_shape)) < 3:
        channels = pool.in_shape[0]
        w = ungrouped(np.ones((channels, 1, *pool.kernel), np.int64), channels)
        return add_window(nodes, name, source, pool, w, np.zeros(channels, np.int64))
    kernel, stride, padding = map(np.array, (pool.kernel, pool.stride, pool.padding))
    node = nir.SumPool2d(kernel_size=kernel, stride=stride, padding=padding)
    at = nodes.add(name, node, source)
    out = plain(pool.out_shape)
    return nodes.reshaped(f"{name}.squeeze", at, pool.out_shape, out), out


def add_window(
    nodes: Nodes, name: str, source: str, op: Conv2d | Pool, w: Ints, bias: Ints
) -> tuple[str, Shape]:
    """Add a convolution with the weights [C_out, C_in, *kernel], by the dimensions of its map."""
    dimensions, out = len(plain(op.in_shape)), plain(op.out_shape)
    if len(out) > dimensions:
        raise InputError(
            f"{name}: NIR has no reshape of {list(op.in_shape)} to {list(op.out_shape)}"
        )
    if dimensions == 3:
        node, made = map_convolution(name, op, w, bias), op.out_shape
    elif dimensions == 2:
        node = signal_convolution(name, op, tap(w, op.padding[0]), bias)
        made = op.out_shape[0], op.out_shape[2]
    else:
        node, made = dense(name, tap(tap(w, op.padding[0]), op.padding[1]), bias), out
    return nodes.reshaped(f"{name}.squeeze", nodes.add(name, node, source), made, out), out


def dense(name: str, w: Ints, bias: Ints) -> nir.NIRNode:
    """The weights [n_out, n_in], with the bias if there is one."""
    if not bias.any():
        return nir.Linear(weight=numbers(w, name))
    return nir.Affine(weight=numbers(w, name), bias=numbers(bias, name))


def map_convolution(name: str, op: Conv2d | Pool, w: Ints, bias: Ints) -> nir.Conv2d:
    """A convolution of maps, its kernel padded to a square."""
    side = max(op.kernel)
    rows, columns = (
        margin(name, *axis, side)
        for axis in zip(op.in_shape[1:], op.kernel, op.stride, op.padding, strict=True)
    )
    square = np.pad(w, ((0, 0), (0, 0), rows, columns))
    return nir.Conv2d(
        input_shape=op.in_shape[1:], weight=numbers(square, name),
        stride=op.stride, padding=(op.padding[0] + rows[0], op.padding[1] + columns[0]),
        dilation=(1, 1), groups=1, bias=numbers(bias, name),
    )  # fmt: skip


def margin(name: str, size: int, kernel: int, stride: int, padding: int, side: int) -> Pair:
    """The zeros before and after a kernel along one axis that make it `side` long.

    The map's padding grows by those before, so that each tap stays at its place; the number of
    positions must stay as well.
    """
    positions = output_size(size, kernel, stride, padding)
    for before in range(side - kernel + 1):
        if output_size(size, side, stride, padding + before) == positions:
            return before, side - kernel - before
    raise InputError(
        f"{name}: a kernel of {kernel} by {side} with stride {stride}, need a square one, or an "
        "even difference of its sides, for the type check of NIR"
    )


def signal_convolution(name: str, op: Conv2d | Pool, w: Ints, bias: Ints) -> nir.Conv1d:
    """A convolution of signals [C, L] with the weights [C_out, C_in, kernel]."""
    return nir.Conv1d(
        input_shape=op.in_shape[2], weight=numbers(w, name), stride=op.stride[1],
        padding=op.padding[1], dilation=1, groups=1, bias=numbers(bias, name),
    )  # fmt: skip


def tap(w: Ints, padding: int) -> Ints:
    """The weights [C_out, C_in, ...] of the one tap that meets a map of one row, or column.

    The axis of rows is the third one, and that of columns once the rows are gone.
    """
    return w[:, :, padding] if padding < w.shape[2] else np.zeros_like(w[:, :, 0])


def ungrouped(w: Ints, groups: int) -> Ints:
    """The weights [C_out, C_in / groups, *kernel] of groups as [C_out, C_in, *kernel]."""
    outputs, inputs = w.shape[0] // groups, w.shape[1]
    full = np.zeros((w.shape[0], inputs * groups, *w.shape[2:]), np.int64)
    for g in range(groups):
        own = slice(g * outputs, (g + 1) * outputs)
        full[own, g * inputs : (g + 1) * inputs] = w[own]
    return full
