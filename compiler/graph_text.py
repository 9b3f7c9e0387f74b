"""A graph as text: one line for each node, in columns, with what is known of it so far."""

import numpy as np
from numpy.typing import NDArray

from compiler.ir import BatchNorm, Graph, Input, Layer, Node, Pooling, Synapse
from hw_models.dataflow import Conv2d, Dense, Pool

GAP = "  "  # between two columns


def as_text(graph: Graph) -> str:
    """The graph's name and time steps, then a line for each node in the order of execution.

    A line has the node's name, its kind, the nodes that it reads, the shape of what it gives, and
    then what is known of it. What later passes find out is left out until they have run.
    """
    rows = [
        (node.name, kind_of(node), ", ".join(node.sources) or "-", shape_of(graph, node))
        for node in graph.nodes
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [f"{graph.name}: T = {graph.timesteps}"]
    for node, row in zip(graph.nodes, rows, strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append(GAP.join(["", *cells, "; ".join(facts(graph, node))]))
    lines += [f"{GAP}warning: {warning}" for warning in graph.warnings]
    return "\n".join(lines)


def kind_of(node: Node) -> str:
    """What a line calls the kind of a node."""
    match node:
        case BatchNorm():
            return "batch norm"
        case Pooling():
            return "pool"
        case Layer():
            return "layer" if node.fires else "readout"
    return type(node).__name__.lower()


def shape_of(graph: Graph, node: Node) -> str:
    """The shape of what a node gives, such as 16x8x8."""
    while isinstance(node, BatchNorm):
        node = graph[node.source]
    shape = node.pool.out_shape if isinstance(node, Pooling) else node.shape
    return "x".join(map(str, shape))


def facts(graph: Graph, node: Node) -> list[str]:
    """What is known of a node."""
    match node:
        case Input():
            return [node.encoding, f"x_max {node.x_max}", f"scale {node.scale:.4g}"]
        case Synapse():
            return synapse_facts(graph, node)
        case Pooling():
            return [window(node.pool), f"divisor {node.divisor}"]
        case BatchNorm():
            return [f"gain {spread(node.gain)}", f"offset {spread(node.offset)}"]
    return layer_facts(node)


def synapse_facts(graph: Graph, synapse: Synapse) -> list[str]:
    """Pools on the way, operation, weights, step and offset; then shift and accumulator."""
    found = [f"pool {window(pool)}" for pool in synapse.pools]
    found.append(operation(synapse.op))
    found.append(f"w {spread(synapse.w)}, w_bits {synapse.w_bits}")
    found += [f"step {spread(synapse.step)}", f"offset {spread(synapse.offset)}"]
    readers = graph.readers(synapse.name)
    if any(isinstance(reader, Layer) and reader.integer for reader in readers):
        found.append(f"shift {synapse.shift}")
    if synapse.acc:
        found.append(f"acc_bits {synapse.acc.bits}")
    return found


def layer_facts(layer: Layer) -> list[str]:
    """The neurons in real numbers; then LSB, bias and thresholds; then the widths."""
    found = [layer.mode]
    if layer.fires:
        found += [
            f"reset {layer.reset}",
            f"fires on u {'>' if layer.strict else '>='} {layer.v_th:.4g}",
            f"amplitude {layer.amplitude:.4g}",
        ]
    else:
        found.append(f"divisor {layer.divisor}")
    found.append(f"tau {layer.tau:g}")
    if layer.integer:
        found += [f"lsb {spread(layer.integer.lsb)}", f"bias {spread(layer.integer.bias)}"]
        if layer.integer.v_threshold is not None:
            found.append(f"v_threshold {spread(layer.integer.v_threshold)}")
    if layer.bounds:
        found += [f"p_bits {layer.bounds.p.bits}", f"v_bits {layer.bounds.v.bits}"]
    return found


def operation(op: Dense | Conv2d) -> str:
    """A synapse's operation, such as `conv 3x3 stride 2x2 padding 1x1`."""
    if isinstance(op, Dense):
        return "dense"
    groups = f" groups {op.groups}" if op.groups > 1 else ""
    return f"conv {window(op)}{groups}"


def window(of: Conv2d | Pool) -> str:
    """Kernel, stride and padding, each as rows x columns."""
    kernel, stride, padding = ("x".join(map(str, x)) for x in (of.kernel, of.stride, of.padding))
    return f"{kernel} stride {stride} padding {padding}"


def spread(values: NDArray) -> str:
    """The least and the largest of some values, once where they are equal."""
    ends = values.min(), values.max()
    shown = [str(x) if np.issubdtype(values.dtype, np.integer) else f"{x:.4g}" for x in ends]
    return "..".join(dict.fromkeys(shown))
