"""Checks the attributes of a graph's nodes that come from a file, before layers are made of them.

They are the arguments of the layers' constructors, whose annotations say what each has to be.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta
from torch import Tensor

from hw_models.dataflow import Encoding
from hw_models.errors import InputError
from qtrain.layers import LIF, QuantConv2d, QuantLinear
from qtrain.layers.ops import OPS
from qtrain.network.graph import INPUT, Graph, Node

NUMBER_MAX = 1 << 24  # of any whole number; larger ones are a mistake, and would take for ever
TIMESTEPS_MAX = 1 << 16
# What a graph may leave out: it holds no initial values, and a readout's tau where it is not 1.
OPTIONAL = ("batchnorm.gain", "batchnorm.offset", "readout.tau")
Size = Annotated[int, Meta(ge=1, le=NUMBER_MAX)]


class Input(msgspec.Struct, forbid_unknown_fields=True):
    """The attributes of a network's input."""

    shape: Annotated[tuple[Size, ...], Meta(min_length=1, max_length=3)]
    encoding: Encoding


@cache
def attributes(op: str) -> type[msgspec.Struct]:
    """The attributes of an op's layers, all of which a graph holds."""
    if op == INPUT:
        return Input
    hints = get_type_hints(OPS[op].__init__)
    plain = [
        name
        for name, parameter in inspect.signature(OPS[op].__init__).parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and name != "self"
    ]
    fields = [
        (name, hints[name] | None, None) if f"{op}.{name}" in OPTIONAL else (name, hints[name])
        for name in plain
    ]
    return msgspec.defstruct(f"{op} attributes", fields, forbid_unknown_fields=True, kw_only=True)


def check(graph: Graph, tensors: Mapping[str, Tensor]) -> None:
    """Check the attributes of all nodes of known ops, and that weights are as large as they say.

    Raises:
        InputError: an attribute is missing, unknown, of another type or out of all proportion.
    """
    seen: set[str] = set()
    for node in graph.nodes:
        where = f"layer {node.name!r}"
        if node.name in seen or not seen.issuperset(node.inputs):
            raise InputError(f"{where}: is there twice, or reads what does not come before it")
        seen.add(node.name)
        if node.op not in OPS and node.op != INPUT:
            continue
        if len(node.inputs) < (node.op != INPUT):
            raise InputError(f"{where} reads nothing; accepted: a layer before it")
        try:
            msgspec.convert(node.attrs, attributes(node.op))
        except msgspec.ValidationError as error:
            raise InputError(f"{where} ({node.op}): {error}") from error
        for value in numbers(node.attrs):
            if not abs(value) <= NUMBER_MAX:
                raise InputError(f"{where} ({node.op}): {value:g}; accepted: up to {NUMBER_MAX}")
        if node.op == LIF.op and not 1 <= node.attrs["timesteps"] <= TIMESTEPS_MAX:
            raise InputError(
                f"{where}: timesteps = {node.attrs['timesteps']}; accepted: 1 to {TIMESTEPS_MAX}"
            )
        check_weight(node, tensors.get(f"{node.name}.weight"))


def check_weight(node: Node, weight: Tensor | None) -> None:
    """Check that a layer's weights are as many as its attributes say, before it is made."""
    attrs = node.attrs
    if node.op == QuantLinear.op:
        size = attrs["in_features"] * attrs["out_features"]
    elif node.op == QuantConv2d.op:
        kernel = attrs["kernel_size"]
        area = kernel**2 if isinstance(kernel, int) else math.prod(kernel)
        size = attrs["in_channels"] * attrs["out_channels"] * area // max(1, attrs["groups"])
    else:
        return
    if weight is None or weight.numel() != size:
        found = "none" if weight is None else f"{weight.numel():,}"
        raise InputError(f"layer {node.name!r}: {found} weights, where its attributes say {size:,}")


def numbers(tree: Any) -> Iterator[float]:
    """The numbers in plain data."""
    if isinstance(tree, dict | list | tuple):
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from numbers(value)
    elif isinstance(tree, int | float):
        yield tree
