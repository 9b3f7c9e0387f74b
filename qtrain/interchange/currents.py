"""Streams of spikes in a NIR graph, and the currents that weights make of them for neurons.

What a 1 of a stream is worth, its factor, goes into the weights that read it:

    weight = W * factor      W: the graph's
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from qtrain.interchange.nir_graph import NirNode
from qtrain.interchange.nir_shapes import Shape, conv_geometry
from qtrain.layers import QuantConv2d, QuantLinear

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Stream:
    """The input or spikes, which weights read."""

    node: str  # of the network
    shape: Shape
    factor: Reals  # what a 1 is worth, [*shape]

    def scaled(self, scale: Reals) -> "Stream":
        """The stream behind a Scale of these values, [*shape]."""
        return replace(self, factor=self.factor * scale)


@dataclass(frozen=True)
class Current:
    """What weights make of a stream, which neurons read."""

    name: str
    stream: str  # node of the network
    op: str
    attrs: dict[str, Any]
    weight: Reals  # [out, in / groups, ...]
    bias: Reals  # [out]
    products: Reals | None  # mean of x x^T, [groups, n, n], of the n values that an output meets
    shape: Shape
    flat: bool = False  # the neurons behind it are a vector, but of a map's channels

    def scaled(self, scale: Reals) -> "Current":
        """The current behind a Scale of these values, [*shape].

        Raises:
            InputError: they differ within a channel.
        """
        each = per_channel("scale", scale)
        return replace(self, weight=self.weight * over(each, self.weight), bias=self.bias * each)


def weighted(node: NirNode, stream: Stream, products: Reals | None) -> Current:
    """The current that a node's weights make of a stream.

    Args:
        products: of the stream's values before its factor; see Current.

    Raises:
        InputError: the factor differs within a channel, which a convolution cannot make up for.
    """
    parameters = node.parameters
    if node.kind in ("Affine", "Linear"):
        weight, op = parameters["weight"] * stream.factor, QuantLinear.op
        attrs = {"in_features": weight.shape[1], "out_features": len(weight)}
        met = stream.factor[None]
    else:
        conv, op = conv_geometry(parameters), QuantConv2d.op
        attrs = {
            "in_channels": stream.shape[0], "out_channels": len(conv.weight),
            "kernel_size": list(conv.kernel), "stride": list(conv.stride),
            "padding": list(conv.padding), "dilation": [1, 1], "groups": conv.groups,
        }  # fmt: skip
        each = per_channel("scale before it", stream.factor)
        weight = conv.weight * by_input(each, conv.weight, conv.groups)
        met = each.reshape(conv.groups, -1).repeat(conv.kernel[0] * conv.kernel[1], axis=1)
    if products is not None:  # of the values before the factor, which is in the weights now
        square = met[:, :, None] * met[:, None, :]
        products = np.divide(products, square, out=np.zeros_like(products), where=square != 0)
    bias = parameters.get("bias", np.zeros(len(weight)))
    return Current(node.name, stream.node, op, attrs, weight, bias, products, node.shape)


def unweighted(source: str, stream: Stream) -> Current:
    """Spikes that neurons read as they are: a weight for each, which is what it is worth.

    Args:
        source: the node of the graph that they come from.

    Raises:
        InputError: what they are worth differs within a channel of a map.
    """
    weight = np.diag(stream.factor.reshape(-1))
    if len(stream.shape) == 1:
        attrs = {"in_features": len(weight), "out_features": len(weight)}
        return Current(
            f"{source}.current", stream.node, QuantLinear.op, attrs, weight,
            np.zeros(len(weight)), None, stream.shape,
        )  # fmt: skip
    channels = stream.shape[0]
    attrs = {
        "in_channels": channels, "out_channels": channels, "kernel_size": [1, 1],
        "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": channels,
    }  # fmt: skip
    weight = per_channel("scale before it", stream.factor).reshape(-1, 1, 1, 1)
    return Current(
        f"{source}.current", stream.node, QuantConv2d.op, attrs, weight, np.zeros(channels),
        None, stream.shape,
    )  # fmt: skip


def per_channel(what: str, array: Reals) -> Reals:
    """[C] of an array [C, ...] whose values are the same in all places of a channel.

    Raises:
        InputError: they are not.
    """
    flat = array.reshape(len(array), -1)
    if (flat != flat[:, :1]).any():
        channel = int(np.flatnonzero((flat != flat[:, :1]).any(1))[0])
        raise InputError(
            f"{what} differs within channel {channel}, {flat[channel].min():g} to "
            f"{flat[channel].max():g}; hardware has one a channel: make them equal, or flatten the "
            "map before its weights"
        )
    return flat[:, 0].copy()


def over(each: Reals, weight: Reals) -> Reals:
    """[out] so that it multiplies weights [out, ...]."""
    return each.reshape(-1, *[1] * (weight.ndim - 1))


def by_input(each: Reals, weight: Reals, groups: int) -> Reals:
    """[channels] so that it multiplies weights [out, in / groups, ...] by their input channel."""
    outputs, inputs, *kernel = weight.shape
    by_group = each.reshape(groups, inputs).repeat(outputs // groups, axis=0)
    return by_group.reshape(outputs, inputs, *[1] * len(kernel))
