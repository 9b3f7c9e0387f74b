"""A network's graph of layers as plain data, and the rules that it has to keep."""

from typing import Any

import msgspec

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.layers import Add, InputQuant, Readout
from qtrain.layers.ops import DROPOUT, OPS

INPUT = "input"  # name and op of the node that stands for the network's input


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One layer: OPS[op](**attrs), applied to the outputs of the nodes named in `inputs`."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attrs: dict[str, Any]
    # tensors that are the same as an earlier node's: this node's name for it -> "<node>.<name>"
    tied: dict[str, str] = {}
    fixed: tuple[str, ...] = ()  # names of the parameters that training does not change


class Graph(msgspec.Struct, frozen=True):
    """Nodes in the order of execution: the first is the input, the last gives the logits."""

    nodes: tuple[Node, ...]


def check_graph(graph: Graph) -> None:
    """Check that a Network can run the graph.

    Raises:
        InputError: it cannot; the message names the layer.
    """
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
                f"layer {node.name!r}: a static input is read by an InputQuant and by no other "
                "layer, and an InputQuant reads nothing else; an input of spikes needs none"
            )
        seen.add(node.name)
    if graph.nodes[-1].op != Readout.op:
        raise InputError(f"layer {graph.nodes[-1].name!r} gives the logits; accepted: Readout")


def inference_graph(graph: Graph) -> Graph:
    """The graph without its dropouts, which do nothing once the network is trained."""
    replaced_by: dict[str, str] = {}
    nodes = []
    for node in graph.nodes:
        inputs = tuple(replaced_by.get(name, name) for name in node.inputs)
        if node.op == DROPOUT:
            replaced_by[node.name] = inputs[0]
        else:
            nodes.append(msgspec.structs.replace(node, inputs=inputs))
    return Graph(tuple(nodes))
