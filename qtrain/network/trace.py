"""A network as plain data, traced from a module."""

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers.dense import Add
from qtrain.layers.ops import OPS, attrs_of, op_of
from qtrain.network.calls import INPUT, calls, unwrapped
from qtrain.network.faithful import difference
from qtrain.network.graph import STATIC, Graph, Node
from qtrain.network.module import Network, own_tensors

UNKNOWN = "unknown"  # op of what is none of OPS; attrs["type"] and attrs["why"] say what it is


def trace(
    net: nn.Module, in_shape: Sequence[int], encoding: str = STATIC, strict: bool = True
) -> tuple[Graph, dict[str, Tensor]]:
    """The graph of a network that is made of this package's layers, and its tensors.

    A node is named after its module's path; a module called again gets a suffix, and its tensors
    are tied to those of the first. A plain sum of two tensors is an Add; nn.Identity vanishes;
    nn.Dropout trains and is left out of a build. What torch.compile, nn.DataParallel and
    DistributedDataParallel wrap is looked at. The input node carries shape = in_shape, without
    time and batch, and the encoding: "static", or "ternary" or "binary" for the spikes of each
    step.
    A layer's options are those that it has now, whatever its constructor was given; parameters
    with requires_grad = False stay as they are in training.
    Tensors are named "<node>.<parameter or statistic>" and share the network's memory. Where not
    strict, what is none of OPS becomes a node of op UNKNOWN. Whether the network is whole, from a
    quantized input to logits, is looked at where a Network is made of the graph.

    Raises:
        InputError: names each layer or call that is not one of OPS, or of which a graph would lose
            something: what a subclass overrides, hooks, parametrizations, anything set on it.
    """
    net = unwrapped(net)
    first = Node(INPUT, INPUT, (), {"shape": list(in_shape), "encoding": encoding})
    if isinstance(net, Network):
        first, found, last = net.graph.nodes[0], net.calls(), net.graph.nodes[-1].name
    else:
        found, last = calls(net)
    nodes, faults, held = [first], [], _Held()
    for call in found:
        op = Add.op if call.layer is None else op_of(call.layer)
        why = call.fault or (call.layer is not None and op and _change(op, call.layer)) or None
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
        raise InputError(f"{type(net).__name__}: forward returns not what its last layer gives")
    return graph, tensors


def _change(op: str, layer: nn.Module) -> str | None:
    """What of a layer a node of its op would not keep."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of a parameter where a number was
            attrs = attrs_of(layer)
        with torch.random.fork_rng(devices=[]):  # its initial values are not looked at
            made = OPS[op](**attrs)
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        return f"a {type(layer).__name__} that cannot be made again: {' '.join(str(error).split())}"
    what = difference(layer, made, attrs)
    return what and f"a {type(layer).__name__} changed so that a graph would lose it: {what}"


class _Held:
    """The parameters and statistics of the layers that were met, and which of them are one."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._first: dict[int, str] = {}

    def node(self, name: str, op: str, layer: nn.Module, inputs: tuple[str, ...]) -> Node:
        """The node of a layer whose tensors are then held too."""
        tied = {}
        for key, tensor in own_tensors(layer).items():
            full = f"{name}.{key}"
            self.tensors[full] = tensor
            if (first := self._first.setdefault(id(tensor), full)) != full:
                tied[key] = first
        fixed = tuple(key for key, p in layer.named_parameters() if not p.requires_grad)
        return Node(name, op, inputs, attrs_of(layer), tied, fixed)

    def overlaps(self) -> Iterator[str]:
        """Tensors that share memory without being one: training would part them."""
        spans = sorted((*_span(self.tensors[key]), key) for key in self._first.values())
        for (device, _, end, key), (other_device, begin, _, other) in pairwise(spans):
            if device == other_device and begin < end:
                yield f"{key!r} and {other!r} share memory; make them one nn.Parameter"


def _span(tensor: Tensor) -> tuple[str, int, int]:
    """Device, first byte and byte behind the last of a tensor; nothing of an empty one."""
    extents = [(n - 1) * step for n, step in zip(tensor.shape, tensor.stride(), strict=True)]
    size = (1 + sum(extents)) * tensor.element_size() if tensor.numel() else 0
    return str(tensor.device), tensor.data_ptr(), tensor.data_ptr() + size
