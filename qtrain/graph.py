"""A network as plain data: traced from a module, checked, rebuilt and run without its class."""

import itertools
import operator
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, cast

import msgspec
import torch
from torch import Tensor, fx, nn

from hw_models.errors import InputError
from qtrain.layers import Add, BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.neurons import LIF
from qtrain.spatial import AvgPool2d, GlobalAvgPool, QuantConv2d

INPUT = "input"
UNKNOWN = "unknown"  # op of a layer that is none of OPS; attrs["type"] says what it is
STATIC = "static"  # encoding of an input that is the same at all steps; else ternary or binary
LAYERS = (
    InputQuant,
    Flatten,
    QuantLinear,
    QuantConv2d,
    AvgPool2d,
    GlobalAvgPool,
    BatchNorm,
    Add,
    LIF,
    Readout,
)
# Layers that hand spikes on as they are, so that amplitudes of channels go past them.
TRANSPARENT = (Flatten.op, AvgPool2d.op, GlobalAvgPool.op)
ADDITIONS = (operator.add, operator.iadd, torch.add, "add", "add_")
OPS: dict[str, type[nn.Module]] = {layer.op: layer for layer in LAYERS}


class Node(msgspec.Struct, frozen=True):
    """One layer: OPS[op](**attrs), applied to the outputs of the nodes named in `inputs`."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: dict[str, Any]


class Graph(msgspec.Struct, frozen=True):
    """Nodes in the order of execution; the first is the input, the last gives the logits."""

    nodes: tuple[Node, ...]


def trace(
    net: nn.Module, in_shape: Sequence[int], encoding: str = STATIC, strict: bool = True
) -> tuple[Graph, dict[str, Tensor]]:
    """The graph of a network that is made of this package's layers, and its tensors.

    A node is named after its module's path; a module called again gets a suffix. A plain sum of two
    tensors is an Add. The input node carries shape = in_shape, without time and batch, and the
    encoding: "static", or "ternary" or "binary" for the spikes of each step.
    Tensors are named "<node>.<parameter or statistic>" and share the network's memory. Where not
    strict, what is none of OPS becomes a node of op UNKNOWN, and the graph is not checked.

    Raises:
        InputError: names each layer or call that is not one of OPS.
    """
    if isinstance(net, Network):
        return net.graph, net.tensors()
    try:
        traced = _Tracer().trace(net)
    except Exception as error:  # whatever the user's forward does with a stand-in for a tensor
        raise InputError(f"{type(net).__name__}: forward cannot be traced: {error}") from error
    for item in reversed(traced.nodes):
        if item.op not in ("placeholder", "output") and not item.users:
            traced.erase_node(item)
    first, *calls, output = traced.nodes
    names = {first: INPUT}
    nodes = [Node(INPUT, INPUT, (), {"shape": list(in_shape), "encoding": encoding})]
    tensors: dict[str, Tensor] = {}
    faults: list[str] = []
    for item in calls:
        layer: Any = net.get_submodule(str(item.target)) if item.op == "call_module" else None
        names[item] = name = _unique(
            str(item.target) if layer is not None else item.name, names.values()
        )
        inputs = tuple(names[i] for i in item.all_input_nodes)
        if layer is not None and (op := _op_of(layer)):
            nodes.append(Node(name, op, inputs, dict(layer.attrs)))
            tensors |= {f"{name}.{key}": value for key, value in layer.state_dict().items()}
        elif layer is not None:
            faults.append(f"layer {name!r} is of the unknown type {type(layer).__name__}")
            nodes.append(Node(name, UNKNOWN, inputs, {"type": type(layer).__name__}))
        elif _adds(item):
            nodes.append(Node(name, Add.op, inputs, {}))
        else:
            faults.append(f"{name!r} is no layer but a {item.op} in {type(net).__name__}.forward")
            called = getattr(item.target, "__name__", item.target)
            nodes.append(Node(name, UNKNOWN, inputs, {"type": str(called)}))
    if not strict:
        return Graph(tuple(nodes)), tensors
    if faults:
        known = ", ".join(sorted(layer.__name__ for layer in OPS.values()))
        raise InputError(f"{'; '.join(faults)}; accepted: {known}")
    if output.args != ([first, *calls][-1],):
        raise InputError(f"{type(net).__name__}: forward returns not one tensor, the logits")
    graph = Graph(tuple(nodes))
    _check(graph)
    return graph, tensors


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours, foreign = (
            isinstance(m, tuple(OPS.values())),
            type(m).__module__.startswith("brevitas."),
        )
        return ours or foreign or super().is_leaf_module(m, module_qualified_name)


def _op_of(layer: nn.Module) -> str | None:
    """The layer's op; None if it is none of ours or changes what ours computes."""
    op = getattr(layer, "op", None)
    known = OPS.get(op) if isinstance(op, str) else None
    return op if known and type(layer).forward is known.forward else None


def _adds(item: fx.Node) -> bool:
    """Whether a call is x + y of two tensors."""
    return (
        item.target in ADDITIONS
        and not item.kwargs
        and len(item.args) == 2
        and all(isinstance(operand, fx.Node) for operand in item.args)
    )


def _unique(name: str, taken: Collection[str]) -> str:
    candidates = (f"{name}_{count}" if count else name for count in itertools.count())
    return next(candidate for candidate in candidates if candidate not in taken)


def _check(graph: Graph) -> None:
    """Raises InputError unless the graph is one that Network can run."""
    if not graph.nodes or graph.nodes[0].op != INPUT:
        raise InputError("graph: the first node is not the input")
    seen = {graph.nodes[0].name}
    for node in graph.nodes[1:]:
        if node.op not in OPS:
            raise InputError(
                f"layer {node.name!r} has the unknown op {node.op!r}; accepted: {', '.join(OPS)}"
            )
        if node.name in seen:
            raise InputError(f"layer {node.name!r} appears twice in the graph")
        if not seen.issuperset(node.inputs) or (len(node.inputs) > 1) != (node.op == Add.op):
            raise InputError(
                f"layer {node.name!r} reads {', '.join(node.inputs) or 'nothing'}; accepted: one "
                "layer before it, or several for an Add"
            )
        reads_input = node.inputs[0] == graph.nodes[0].name
        static = graph.nodes[0].attrs.get("encoding") == STATIC
        if (static and reads_input) != (node.op == InputQuant.op):
            raise InputError(
                f"layer {node.name!r}: InputQuant, and it alone, reads a static input, and nothing "
                "else; an input of spikes needs none"
            )
        seen.add(node.name)
    if graph.nodes[-1].op != Readout.op:
        raise InputError(f"layer {graph.nodes[-1].name!r} gives the logits; accepted: Readout")


class Network(nn.Module):
    """Runs a graph: [T', B, *shape] to logits [B, classes]. `layer(name)` is a node's module."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        _check(graph)
        self.graph = graph
        self.layers = nn.ModuleList(_make(node) for node in graph.nodes[1:])
        self._index = {node.name: k for k, node in enumerate(graph.nodes[1:])}
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


def channels_last(x: Tensor) -> Tensor:
    """x, a map [T, B, C, H, W] stored channels last: convolutions of any type are faster so."""
    return x.movedim(2, -1).contiguous().movedim(-1, 2) if x.ndim == 5 else x


def _scaled(x: Tensor, amplitude: Tensor) -> Tensor:
    """x [T, B, C, ...] times one amplitude per channel; a flattened map has C blocks of values."""
    each = amplitude.repeat_interleave(x.shape[2] // len(amplitude))
    return x * each.view(-1, *[1] * (x.ndim - 3))


def _make(node: Node) -> nn.Module:
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
        layer = net.layer(node.name)
        layer.load_state_dict({k: tensors[f"{node.name}.{k}"] for k in layer.state_dict()})
    return net.eval()


@contextmanager
def membranes(net: Network) -> Iterator[dict[str, Tensor]]:
    """Within, a dict that each forward fills with the membranes u [T, B, ...] by LIF layer."""
    seen: dict[str, Tensor] = {}
    lifs = net.lifs()
    for name, lif in lifs.items():
        lif.observer = partial(seen.__setitem__, name)
    try:
        yield seen
    finally:
        for lif in lifs.values():
            lif.observer = None


def integers(net: Network, x: Tensor) -> Tensor:
    """The int8 inputs [T', B, *shape] that the network makes of x; spikes are themselves."""
    quantizers = (layer for layer in net.layers if isinstance(layer, InputQuant))
    quantizer = next(quantizers, None)
    return x.to(torch.int8) if quantizer is None else quantizer.integers(x)


class Recording(NamedTuple):
    """What a network did: logits [B, classes], int8 spikes o [T, B, ...] by LIF layer, and the
    int8 inputs [T', B, ...]."""

    logits: Tensor
    spikes: dict[str, Tensor]
    inputs: Tensor


@torch.no_grad()
def record(net: Network, x: Tensor, batch_size: int = 250) -> Recording:
    """Run the network in eval mode on x [T', B, *shape] and keep all spikes (o, not a * o)."""
    net.eval()
    parts: list[Recording] = []
    lifs = net.lifs()
    with membranes(net) as seen:
        for batch in x.split(batch_size, dim=1):
            logits = net(batch)
            spikes = {name: lifs[name].fire(u).to(torch.int8) for name, u in seen.items()}
            parts.append(Recording(logits, spikes, integers(net, batch)))
    return Recording(
        torch.cat([p.logits for p in parts]),
        {name: torch.cat([p.spikes[name] for p in parts], 1) for name in parts[0].spikes},
        torch.cat([p.inputs for p in parts], 1),
    )
