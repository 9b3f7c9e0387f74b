"""Traces a module into a graph and its tensors, which are plain data."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.layers import Add
from qtrain.layers.ops import OPS, attrs_of, op_of
from qtrain.network.calls import calls, unwrapped
from qtrain.network.graph import INPUT, Graph, Node
from qtrain.network.layer_changes import first_change
from qtrain.network.network import Network, own_tensors

UNKNOWN = "unknown"  # op of a node that is none of OPS; attrs["type"] and attrs["why"] tell more


def trace(
    net: nn.Module, in_shape: Sequence[int], encoding: str = STATIC, strict: bool = True
) -> tuple[Graph, dict[str, Tensor]]:
    """The graph of a network that is made of this package's layers, and its tensors.

    A node is named after its module's path. Where a module is called again, the new node's name
    gets a suffix, and its tensors are tied to those of the first. A plain sum of two tensors
    becomes an Add; nn.Identity vanishes; nn.Dropout takes part in training and is left out of a
    build. Wrappers (torch.compile, nn.DataParallel, DistributedDataParallel) are looked through.

    A layer's options are those that it has now, whatever its constructor was given. Parameters
    with requires_grad = False stay as they are in training. Tensors are named
    "<node>.<parameter or statistic>" and share the network's memory.

    Whether the network is complete, from a quantized input to logits, is not checked here but when
    a Network is made of the graph.

    Args:
        net: the network.
        in_shape: shape of a sample, without time and batch.
        encoding: "static" for an input that is the same at each step; "ternary" or "binary" for
            spikes at each step.
        strict: raise an error where something is none of OPS; otherwise it becomes a node with the
            op UNKNOWN.

    Raises:
        InputError: the message names each layer or call that is none of OPS, or that a graph
            cannot hold completely: overridden methods, hooks, parametrizations, added attributes.
    """
    net = unwrapped(net)
    first = Node(INPUT, INPUT, (), {"shape": list(in_shape), "encoding": encoding})
    if isinstance(net, Network):
        first, found, last = net.graph.nodes[0], net.calls(), net.graph.nodes[-1].name
    else:
        found, last = calls(net)
    nodes, faults, held = [first], [], TracedTensors()
    for call in found:
        op = Add.op if call.layer is None else op_of(call.layer)
        why = call.fault or (call.layer is not None and op and change_of(op, call.layer)) or None
        if why or op is None:
            kind = call.name if call.layer is None else type(call.layer).__name__
            attrs = {"type": kind} | ({"why": why} if why else {})
            nodes.append(Node(call.name, UNKNOWN, call.inputs, attrs))
            faults.append(f"layer {call.name!r}: {why or f'is of the unknown type {kind}'}")
        elif call.layer is None:
            nodes.append(Node(call.name, op, call.inputs, {}))
        else:
            nodes.append(held.node(call.name, op, call.layer, call.inputs))
    graph, tensors = Graph(tuple(nodes)), {k: t.detach() for k, t in held.tensors.items()}
    if not strict:
        return graph, tensors
    if faults := [*faults, *held.overlaps()]:
        known = ", ".join(sorted(layer.__name__ for layer in OPS.values()))
        raise InputError(f"{'; '.join(faults)}; accepted: {known}, with nothing added to them")
    if last != nodes[-1].name:
        raise InputError(
            f"{type(net).__name__}: forward does not return the output of its last layer"
        )
    return graph, tensors


def change_of(op: str, layer: nn.Module) -> str | None:
    """The first thing about a layer that a node of its op would lose; None where it loses none."""
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # torch warns of a parameter set where a number was
            attrs = attrs_of(layer)
        with torch.random.fork_rng(devices=[]):  # the random initial values do not matter
            made = OPS[op](**attrs)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        return f"a {type(layer).__name__} that cannot be made again: {' '.join(str(error).split())}"
    what = first_change(layer, made, attrs)
    return what and f"a {type(layer).__name__} changed so that a graph would lose it: {what}"


class TracedTensors:
    """The parameters and statistics of the layers traced so far, and which of them are the same."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._first: dict[int, str] = {}

    def node(self, name: str, op: str, layer: nn.Module, inputs: tuple[str, ...]) -> Node:
        """The node of a layer; its tensors are added to the others."""
        tied = {}
        for key, tensor in own_tensors(layer).items():
            full = f"{name}.{key}"
            self.tensors[full] = tensor
            if (first := self._first.setdefault(id(tensor), full)) != full:
                tied[key] = first
        fixed = tuple(key for key, p in layer.named_parameters() if not p.requires_grad)
        return Node(name, op, inputs, attrs_of(layer), tied, fixed)

    def overlaps(self) -> Iterator[str]:
        """Tensors that share memory without being the same: training would separate them."""
        spans = sorted((*memory_span(self.tensors[key]), key) for key in self._first.values())
        for (device, _, end, key), (other_device, begin, _, other) in pairwise(spans):
            if device == other_device and begin < end:
                yield f"{key!r} and {other!r} share memory; make them one nn.Parameter"


def memory_span(tensor: Tensor) -> tuple[str, int, int]:
    """A tensor's device, its first byte and the byte after its last; an empty one has no bytes."""
    extents = [(n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True)]
    size = (1 + sum(extents)) * tensor.element_size() if tensor.numel() else 0
    return str(tensor.device), tensor.data_ptr(), tensor.data_ptr() + size
