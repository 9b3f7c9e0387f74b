"""The network that runs a graph, and how it is built from the graph and its tensors."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers import LIF, Add, QuantConv2d, QuantLinear, Readout
from qtrain.layers.memory_layout import channels_last
from qtrain.layers.ops import OPS, TRANSPARENT
from qtrain.network.calls import Call
from qtrain.network.graph import Graph, Node, check_graph
from qtrain.network.layer_changes import hooked


class Network(nn.Module):
    """Runs a graph: takes inputs [T', B, *shape] and gives logits [B, classes].

    Args:
        graph: the layers and their order.

    Raises:
        InputError: the graph breaks one of the rules of check_graph, or a layer cannot be made.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        check_graph(graph)
        self.graph = graph
        self.layers = nn.ModuleList(make_layer(node) for node in graph.nodes[1:])
        self._index = {node.name: k for k, node in enumerate(graph.nodes[1:])}
        tie_and_fix(self)
        # a node whose readers multiply amplitudes into their weights -> the LIF that has them
        self._amplified: dict[str, str] = {}
        for node in graph.nodes[1:]:
            layer = self.layer(node.name)
            if isinstance(layer, LIF) and layer.per_channel:
                layer.in_network = True
                self._amplified[node.name] = node.name
            elif node.op in TRANSPARENT and node.inputs[0] in self._amplified:
                self._amplified[node.name] = self._amplified[node.inputs[0]]

    def layer(self, name: str) -> nn.Module:
        """The module that runs the node of that name."""
        return self.layers[self._index[name]]

    def lifs(self) -> dict[str, LIF]:
        """The neuron layers by name, in the order of execution."""
        layers = ((name, self.layer(name)) for name in self._index)
        return {name: layer for name, layer in layers if isinstance(layer, LIF)}

    def tensors(self) -> dict[str, Tensor]:
        """Parameters and statistics, named "<node>.<name>"; they share the network's memory."""
        return {
            f"{name}.{key}": value
            for name in self._index
            for key, value in self.layer(name).state_dict().items()
        }

    def calls(self) -> list[Call]:
        """The calls of forward, in the form in which calls.calls gives those of any module.

        Raises:
            InputError: something was added to this network or overridden in it, which would be
                lost.
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
            elif node.op in (Add.op, Readout.op):
                pairs = zip(operands, amplitudes, strict=True)
                values[node.name] = layer(*(x if a is None else scaled(x, a) for x, a in pairs))
            else:
                values[node.name] = layer(*operands)
        return values[self.graph.nodes[-1].name]

    def amplitude_of(self, node: str) -> Tensor | None:
        """[C], what a spike in each channel of a node's output is worth, for its readers.

        None where the output is what it is worth already.
        """
        source = self._amplified.get(node)
        return None if source is None else cast(LIF, self.layer(source)).amplitude


def tie_and_fix(net: Network) -> None:
    """Make tied tensors one and the same, and keep training from changing fixed parameters."""
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
    """The parameters and statistics of a layer by name: the tensors themselves, not copies."""
    found = dict(layer.named_parameters(remove_duplicate=False)) | dict(layer.named_buffers())
    return {key: found[key] for key in layer.state_dict()}


def scaled(x: Tensor, amplitude: Tensor) -> Tensor:
    """x [T, B, C, ...] times one amplitude for each channel; a flattened map has C blocks."""
    each = amplitude.repeat_interleave(x.shape[2] // len(amplitude))
    return x * each.view(-1, *[1] * (x.ndim - 3))


def make_layer(node: Node) -> nn.Module:
    """A new layer for a node.

    Raises:
        InputError: its constructor does not take the node's attributes.
    """
    try:
        return OPS[node.op](**node.attrs)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"layer {node.name!r} ({node.op}): {error}") from error


def build_network(graph: Graph, tensors: Mapping[str, Tensor]) -> Network:
    """The network that runs a graph with these tensors, in eval mode.

    Raises:
        InputError: an op or attribute is unknown; a tensor is missing, has the wrong shape or
            belongs to no layer.
    """
    with torch.random.fork_rng(devices=[]):  # the layers' random initial values are replaced below
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
