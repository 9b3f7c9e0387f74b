"""Writes synapses and pools as ONNX nodes: integer products of unsigned bytes, with exact sums.

Operands of products are unsigned bytes with zero point 128, and a wider value is split into several
such bytes. ONNX Runtime multiplies u8 by u8 exactly on every processor; u8 by s8 saturates at 16
bits on processors without VNNI instructions.
"""

import functools
import math
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from hw_models.dataflow import Build, Dense, Pool, Synapse
from hw_models.errors import InputError

ZERO = np.uint8(128)  # the byte that stands for 0
BYTES_MAX = 3  # in a count behind pools, so that shifting it to a positive number fits int32
Value = str | NDArray | np.generic  # a result's name, or a constant


def onnx_type(dtype: type) -> int:
    return helper.np_dtype_to_tensor_dtype(np.dtype(dtype))


@dataclass(slots=True)
class Nodes:
    """The nodes of one graph in order, and the constants that they read."""

    label: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, NDArray] = field(default_factory=dict)

    def value(self, operand: Value, name: str = "") -> str:
        """The operand's name; an unnamed constant gets a name from its type and its numbers."""
        if isinstance(operand, str):
            return operand
        name = name or f"{operand.dtype}({operand.tolist()})"
        self.constants[name] = np.asarray(operand)
        return name

    def add(self, op: str, *operands: Value, name: str = "", **attributes) -> str:
        """Append a node with one result and return the result's name."""
        name = name or f"{self.label}.{len(self.nodes)}"
        inputs = [self.value(operand) for operand in operands]
        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def cast(self, x: str, dtype: type, name: str = "") -> str:
        return self.add("Cast", x, name=name, to=onnx_type(dtype))

    def sum(self, parts: list[str]) -> str:
        return functools.reduce(lambda a, b: self.add("Add", a, b), parts)


def synapse_nodes(nodes: Nodes, build: Build, synapse: Synapse, source: str, dtype: type) -> str:
    """Add acc << shift of one synapse in the membrane's type, [batch, *shape of op's result]."""
    flow, op = build.dataflow, synapse.op
    x, shape = nodes.cast(source, np.int32), flow.shape_of(synapse.source)
    peak = flow.input.x_max if synapse.source == flow.input.name else 1
    for pool in synapse.pools:
        x = pool_nodes(nodes, pool, reshape(nodes, x, shape, pool.in_shape))
        shape, peak = pool.out_shape, peak * math.prod(pool.kernel)
    x = reshape(nodes, x, shape, (op.n_in,) if isinstance(op, Dense) else op.in_shape)
    weights, n = weight_bytes(build.weight(synapse)), byte_count(-peak, peak)
    check_sums(synapse, weights, n, peak)
    # (sum_i x_i * 256**i) * (sum_j w_j * 256**j) == sum_ij (x_i * w_j) * 256**(i + j)
    wide = np.int64 if n * len(weights) > 1 else dtype
    terms = []
    for i, x_i in enumerate(bytes_of(nodes, x, n)):
        for j, w_j in enumerate(weights):
            term, shift = product(nodes, synapse, x_i, w_j, j), 8 * (i + j) + synapse.shift
            term = nodes.cast(term, wide) if wide is not np.int32 else term
            terms.append(nodes.add("Mul", term, wide(1 << shift)) if shift else term)
    total = nodes.sum(terms)
    return nodes.cast(total, dtype) if wide is not dtype else total


def product(nodes: Nodes, synapse: Synapse, x: str, w: NDArray[np.uint8], j: int) -> str:
    """Add int32 sums of products of bytes; a convolution pads with the zero point."""
    op, name = synapse.op, f"{synapse.name}.weight" + (f".{j}" if j else "")
    if isinstance(op, Dense):
        return nodes.add("MatMulInteger", x, nodes.value(w.T, name), ZERO, ZERO)
    geometry = {"kernel_shape": op.kernel, "strides": op.stride, "pads": op.padding * 2}
    return nodes.add(
        "ConvInteger", x, nodes.value(w, name), ZERO, ZERO, group=op.groups, **geometry
    )


def pool_nodes(nodes: Nodes, spec: Pool, x: str) -> str:
    """Add sums over the windows of an int32 map [batch, C, H, W], over rows, then columns."""
    if any(spec.padding):
        x = nodes.add("Pad", x, np.array([0, 0, *spec.padding] * 2))
    for axis, kernel, stride, size in zip(
        (2, 3), spec.kernel, spec.stride, spec.out_shape[1:], strict=True
    ):
        # starts, ends, axes, steps
        taps = [(k, k + (size - 1) * stride + 1, axis, stride) for k in range(kernel)]
        x = nodes.sum([nodes.add("Slice", x, *(np.array([n]) for n in tap)) for tap in taps])
    return x


def reshape(nodes: Nodes, x: str, shape: tuple[int, ...], to: tuple[int, ...]) -> str:
    """Reshape [batch, *shape] to [batch, *to]; a 0 in ONNX's shape keeps the batch."""
    return x if shape == to else nodes.add("Reshape", x, np.array([0, *to]))


def ones(n: int) -> int:
    """1 + 256 + ... + 256**(n - 1)."""
    return (256**n - 1) // 255


def byte_count(lo: int, hi: int) -> int:
    """The least number n of bytes that can represent every number in lo..hi.

    A number is represented as a sum of d_i * 256**i over i < n, with -128 <= d_i <= 127.
    """
    n = 1
    while not -128 * ones(n) <= lo <= hi <= 127 * ones(n):
        n += 1
    return n


def weight_bytes(w: NDArray[np.int64]) -> list[NDArray[np.uint8]]:
    """Split w into bytes u_0, u_1, ... with w == sum of (u_i - 128) * 256**i.

    They are the bytes of w + 128 * ones(n).
    """
    n = byte_count(int(w.min()), int(w.max()))
    return [((w + 128 * ones(n)) >> (8 * i)).astype(np.uint8) for i in range(n)]


def bytes_of(nodes: Nodes, x: str, n: int) -> list[str]:
    """Split an int32 value of the graph into bytes the same way; a cast drops the higher bits."""
    raised = nodes.add("Add", x, np.int32(128 * ones(n)))
    higher = [nodes.add("Div", raised, np.int32(256**i)) for i in range(1, n)]
    return [nodes.cast(part, np.uint8) for part in (raised, *higher)]


def check_sums(synapse: Synapse, weights: list[NDArray[np.uint8]], n: int, peak: int) -> None:
    """Raise InputError unless the sums of byte products fit int32 and their total fits int64."""
    rows = [np.abs(w.astype(np.int64) - 128).reshape(len(w), -1).sum(axis=1) for w in weights]
    sums = [min(peak, 128) * int(row.max()) for row in rows]
    total = sum(s << (8 * (i + j) + synapse.shift) for i in range(n) for j, s in enumerate(sums))
    if n > BYTES_MAX or max(sums) >= 1 << 31 or total >= 1 << 63:
        raise InputError(
            f"{synapse.name}: counts up to {peak} and sums of bytes up to "
            f"{max(sums)}, need at most {127 * ones(BYTES_MAX)} and {(1 << 31) - 1} "
            "for ONNX; use smaller pools or layers"
        )
