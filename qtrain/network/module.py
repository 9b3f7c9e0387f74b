"""The network that runs a graph."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers.dense import Add, QuantLinear
from qtrain.layers.neurons import LIF
from qtrain.layers.ops import OPS, TRANSPARENT
from qtrain.layers.spatial import QuantConv2d
from qtrain.network.calls import Call
from qtrain.network.faithful import hooked
from qtrain.network.graph import Graph, Node, check


class Network(nn.Module):
    """Runs a graph: [T', B, *shape] to logits [B, classes]. `layer(name)` is a node's module."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        check(graph)
        self.graph = graph
        self.layers = nn.ModuleList(make_layer(node) for node in graph.nodes[1:])
        self._index = {node.name: k for k, node in enumerate(graph.nodes[1:])}
        _tie(self)
        # a stream whose readers' weights take amplitudes -> the LIF that has them
        self._amplified: dict[str, str] = {}
        for node in graph.nodes[1:]:
            layer = self.layer(node.name)
            if isinstance(layer, LIF) and layer.per_channel:
                layer.in_network = True
                self._amplified[node.name] = node.name
            elif node.op in TRANSPARENT and node.inputs[0] in self._amplified:
                self._amplified[node.name] = self._amplified[node.inputs[0]]

    def layer(self, name: str) -> nn.Module:
        """The module of the node of that name."""
        return self.layers[self._index[name]]

    def lifs(self) -> dict[str, LIF]:
        """The neuron layers by name, in the order of execution."""
        layers = ((name, self.layer(name)) for name in self._index)
        return {name: layer for name, layer in layers if isinstance(layer, LIF)}

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and statistics by "<node>.<name>"; they share the network's memory."""
        return {
            f"{name}.{key}": value
            for name in self._index
            for key, value in self.layer(name).state_dict().items()
        }

    def calls(self) -> list[Call]:
        """What forward calls, as tracing.calls says it of another module.

        Raises:
            InputError: forward is another one.
        """
        changed = [name for name in vars(self) if hasattr(Network, name)]
        if type(self) is not Network or hooked(self) or changed:
            what = "its hooks" if hooked(self) else ", ".join(changed) or "what it overrides"
            raise InputError(f"{type(self).__name__}: {what} would be lost; accepted: a Network")
        return [Call(n.name, self.layer(n.name), n.inputs) for n in self.graph.nodes[1:]]

    def forward(self, x: Tensor) -> Tensor:
        values = {self.graph.nodes[0].name: channels_last(x)}
        for node, layer in zip(self.graph.nodes[1:], self.layers, strict=True):
            operands = [values[name] for name in node.inputs]
            amplitudes = [self.amplitude_of(name) for name in node.inputs]
            if node.op in (QuantLinear.op, QuantConv2d.op):
                values[node.name] = layer(*operands, *amplitudes)
            elif node.op == Add.op:
                pairs = zip(operands, amplitudes, strict=True)
                values[node.name] = layer(*(x if a is None else _scaled(x, a) for x, a in pairs))
            else:
                values[node.name] = layer(*operands)
        return values[self.graph.nodes[-1].name]

    def amplitude_of(self, stream: str) -> Tensor | None:
        """Per channel, what a spike of a node's output is worth where its readers' weights have
        to say it, [C]; None where the output says it itself."""
        source = self._amplified.get(stream)
        return None if source is None else cast(LIF, self.layer(source)).amplitude


def _tie(net: Network) -> None:
    """Make one what the graph's nodes say is one, and fix what it says is fixed."""
    known: dict[str, Tensor] = {}
    for node in net.graph.nodes[1:]:
        layer = net.layer(node.name)
        own = own_tensors(layer)
        for key, other in node.tied.items():
            a, b = own.get(key), known.get(other)
            if a is None or b is None or a.shape != b.shape or type(a) is not type(b):
                raise InputError(f"layer {node.name!r}: its {key!r} cannot be one with {other!r}")
            setattr(layer, key, b)
        for key in node.fixed:
            if not isinstance(own.get(key), nn.Parameter):
                raise InputError(f"layer {node.name!r}: has no parameter {key!r} to be fixed")
            layer.get_parameter(key).requires_grad_(False)
        known |= {f"{node.name}.{key}": tensor for key, tensor in own_tensors(layer).items()}


def own_tensors(layer: nn.Module) -> dict[str, Tensor]:
    """The parameters and statistics of a layer themselves, by name."""
    found = dict(layer.named_parameters(remove_duplicate=False)) | dict(layer.named_buffers())
    return {key: found[key] for key in layer.state_dict()}


def channels_last(x: Tensor) -> Tensor:
    """x, a map [T, B, C, H, W] stored channels last: convolutions of any type are faster so."""
    return x.movedim(2, -1).contiguous().movedim(-1, 2) if x.ndim == 5 else x


def _scaled(x: Tensor, amplitude: Tensor) -> Tensor:
    """x [T, B, C, ...] times one amplitude per channel; a flattened map has C blocks of values."""
    each = amplitude.repeat_interleave(x.shape[2] // len(amplitude))
    return x * each.view(-1, *[1] * (x.ndim - 3))


def make_layer(node: Node) -> nn.Module:
    try:
        return OPS[node.op](**node.attrs)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"layer {node.name!r} ({node.op}): {error}") from error


def build_module(graph: Graph, tensors: Mapping[str, Tensor]) -> Network:
    """The network of a graph with these tensors, in eval mode.

    Raises:
        InputError: an op or attribute is unknown; a tensor is missing, left over or misshaped.
    """
    with torch.random.fork_rng(devices=[]):  # the layers' initial values are about to be replaced
        net = Network(graph)
    wanted = net.tensors()
    for key in sorted(wanted.keys() - tensors.keys()):
        raise InputError(f"tensor {key!r} of the network is missing")
    for key in sorted(tensors.keys() - wanted.keys()):
        raise InputError(f"tensor {key!r} belongs to no layer of the network")
    for key, value in wanted.items():
        if value.shape != tensors[key].shape:
            raise InputError(
                f"tensor {key!r} has shape {list(tensors[key].shape)}; "
                f"accepted: {list(value.shape)}"
            )
    for node in graph.nodes[1:]:
        for key, other in node.tied.items():
            if not torch.equal(tensors[f"{node.name}.{key}"], tensors[other]):
                raise InputError(f"tensor '{node.name}.{key}' is one with {other!r}, but differs")
        layer = net.layer(node.name)
        layer.load_state_dict({k: tensors[f"{node.name}.{k}"] for k in layer.state_dict()})
    return net.eval()
