"""What the hardware cannot take of a network, layer by layer: why, and what to use instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from hw_models.semantics import Leak
from qtrain.layers.ops import OPS
from qtrain.network.graph import INPUT, Graph, Node, inference_graph
from qtrain.network.trace import UNKNOWN, trace

ADVICE = {
    "MaxPool": "the largest spike is no sum; use AvgPool2d or a convolution with a stride",
    "BatchNorm": "use qtrain's BatchNorm, over time, batch and space",
    "Linear": "its weights are not quantized; use qtrain's QuantLinear",
    "Conv": "its weights are not quantized; use qtrain's QuantConv2d",
    "Dropout": "use nn.Dropout, which trains and is left out of a build",
    "ReLU": "activations leave no spikes; use TernaryLIF",
    "add": "add the outputs of two layers, and nothing else",
}
# What a layer may read, and what to do where it reads something else.
POOLS = ("avg_pool2d", "global_avg_pool")
SIGNALS = ("input", "input_quant", "lif", "flatten", *POOLS)
CURRENTS = ("linear", "conv2d", "batchnorm")
ADDS = (*SIGNALS, *CURRENTS, "add")
READS = {
    "linear": (SIGNALS, "put a TernaryLIF between"),
    "conv2d": (SIGNALS, "put a TernaryLIF between"),
    "avg_pool2d": (SIGNALS, "pool the spikes, behind a TernaryLIF"),
    "global_avg_pool": (SIGNALS, "pool the spikes, behind a TernaryLIF"),
    "batchnorm": (CURRENTS, "put it behind a QuantLinear or QuantConv2d"),
    "lif": ((*CURRENTS, *POOLS, "add"), "put a QuantLinear or QuantConv2d before it"),
}
LAYERS = ", ".join(sorted(layer.__name__ for layer in OPS.values()))


@dataclass(frozen=True)
class Fault:
    """One layer that the hardware cannot take."""

    layer: str  # its name
    why: str
    instead: str  # what to use in its place

    def __str__(self) -> str:
        return f"{self.layer}: {self.why}; {self.instead}"


def check(model: nn.Module, in_shape: Sequence[int], encoding: str = STATIC) -> list[Fault]:
    """The faults of a model, trained or not.

    Args:
        in_shape: of a sample, without time and batch.
        encoding: of the input, which is static, ternary or binary.

    Raises:
        InputError: the model's forward cannot be traced.
    """
    return faults(trace(model, in_shape, encoding, strict=False)[0])


def faults(graph: Graph) -> list[Fault]:
    """All faults of a network, in the order of its layers."""
    graph = inference_graph(graph)
    nodes = {node.name: node for node in graph.nodes}
    found = [
        fault
        for node in graph.nodes
        for fault in (
            *layer_faults(node, nodes),
            *order_faults(node, nodes),
            *reader_faults(node, graph),
        )
    ]
    steps = {n.attrs["timesteps"]: n.name for n in graph.nodes if n.op == "lif"}
    if len(steps) > 1:
        names = ", ".join(f"{t} in {name}" for t, name in sorted(steps.items()))
        found.append(Fault("timesteps", names, "use one number of time steps for all layers"))
    return found


def layer_faults(node: Node, nodes: dict[str, Node]) -> Iterator[Fault]:
    """A layer that is unknown, or has an option that the hardware does not."""
    attrs = node.attrs
    if node.op == UNKNOWN or node.op not in (INPUT, *OPS):
        kind = str(attrs.get("type", node.op))
        advice = next((text for part, text in ADVICE.items() if part in kind), None)
        why = attrs.get("why", f"{kind} is unknown to it")
        yield Fault(node.name, why, advice or f"accepted: {LAYERS}, with nothing added to them")
    elif node.op == "add":
        yield from sum_faults(node, nodes)
    elif len(node.inputs) > 1:
        yield Fault(node.name, f"reads {', '.join(node.inputs)}", "a layer reads one other")
    elif node.op == "lif":
        try:
            Leak.from_tau(float(attrs["tau"]))
        except InputError as error:
            yield Fault(node.name, *str(error).split("; ", 1))
    elif node.op == "conv2d" and any(d != 1 for d in attrs["dilation"]):
        yield Fault(
            node.name, f"dilation = {attrs['dilation']}", "use dilation 1 and a larger kernel"
        )
    elif node.op == "avg_pool2d":
        divisor = "divides by what depends on the position"
        if attrs["ceil_mode"]:
            yield Fault(node.name, f"ceil_mode {divisor}", "use ceil_mode=False, or pad the map")
        if not attrs["count_include_pad"] and any(attrs["padding"]):
            yield Fault(
                node.name, f"count_include_pad=False {divisor}", "use count_include_pad=True"
            )
    elif node.op == "readout":
        yield from readout_faults(node, nodes)


def order_faults(node: Node, nodes: dict[str, Node]) -> Iterator[Fault]:
    """A layer that reads one of a kind that it cannot read; unknown kinds are not judged here."""
    if node.op not in READS or len(node.inputs) != 1:
        return
    source, (accepted, advice) = nodes[node.inputs[0]], READS[node.op]
    if source.op == "add" and node.op not in ("lif", "batchnorm"):
        if not all_spikes(source, nodes):  # else it is the sum that is at fault
            yield Fault(
                node.name, f"a {node.op} that reads {source.name}, a sum of currents",
                "put a TernaryLIF behind the sum",
            )  # fmt: skip
    elif source.op == "add" and node.op == "batchnorm":
        yield Fault(node.name, f"normalizes {source.name}, a sum", "put one on each path before it")
    elif source.op in OPS and source.op not in accepted:
        yield Fault(node.name, f"a {node.op} that reads {source.name}, a {source.op}", advice)


def sum_faults(node: Node, nodes: dict[str, Node]) -> Iterator[Fault]:
    """A sum is of currents, or of a current and spikes; other sums are faults."""
    operands = {name: behind_flatten(nodes[name], nodes) for name in node.inputs}
    if len(operands) < max(2, len(node.inputs)):
        yield Fault(
            node.name, f"adds {node.inputs[0]} to itself", "let a batch norm or weights scale it"
        )
        return
    for name, operand in operands.items():
        flat_current = nodes[name].op == "flatten" and operand.op in (*CURRENTS, "add")
        if operand.op in OPS and (flat_current or operand.op not in ADDS):
            yield Fault(
                node.name, f"adds {name}, a {nodes[name].op} of {operand.name}"
                if flat_current else f"adds {name}, a {operand.op}",
                "add what a QuantLinear, QuantConv2d or BatchNorm gives, or spikes",
            )  # fmt: skip
    if all_spikes(node, nodes):
        yield Fault(
            node.name,
            f"adds spikes alone ({', '.join(operands)}); SEW adds of spikes leave {{-2..2}}",
            "add the shortcut to the current before the TernaryLIF",
        )


def behind_flatten(node: Node, nodes: dict[str, Node]) -> Node:
    """The node that gives what a flattened stream is made of."""
    while node.op == "flatten":
        node = nodes[node.inputs[0]]
    return node


def all_spikes(add: Node, nodes: dict[str, Node]) -> bool:
    """Whether no operand of a sum is a current."""
    return all(behind_flatten(nodes[name], nodes).op in SIGNALS for name in add.inputs)


def reader_faults(node: Node, graph: Graph) -> Iterator[Fault]:
    """A current that several layers read is a fault; spikes may have any number of readers."""
    if node.op not in (*CURRENTS, "add"):
        return
    readers = [reader.name for reader in graph.nodes if node.name in reader.inputs]
    if len(readers) > 1:
        yield Fault(
            node.name, f"a current read by {' and '.join(readers)}",
            "let a shortcut read the spikes of the TernaryLIF, or use a layer for each",
        )  # fmt: skip


def readout_faults(node: Node, nodes: dict[str, Node]) -> Iterator[Fault]:
    """The readout reads weights or spikes, of which one is worth the same in all classes."""
    source = nodes[node.inputs[0]]
    spiking = source
    while spiking.op in ("flatten", *POOLS):
        spiking = nodes[spiking.inputs[0]]
    if spiking.op == "lif":
        if spiking.attrs["channels"] is not None:
            yield Fault(
                spiking.name,
                "gives the logits with an amplitude for each class",
                "use channels=None, one amplitude for all, so that logits can be compared",
            )
    elif source.op not in ("linear", "conv2d"):
        yield Fault(
            node.name,
            f"reads {source.name}, a {source.op}",
            "let a QuantLinear or the spikes of a TernaryLIF give the logits",
        )
    elif source.attrs["scaling"] != "tensor":
        yield Fault(
            source.name,
            "gives the logits with a scale for each class",
            'use scaling="tensor", so that logits can be compared',
        )
