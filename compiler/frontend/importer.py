"""From a trained network to the compiler's graph: Brevitas's own integers, all else in float64."""

import math
from collections.abc import Callable
from typing import cast

import msgspec
import numpy as np
import torch

from compiler import ir
from compiler.frontend.preflight import faults
from hw_models.dataflow import STATIC, TARGET_BITS, Conv2d, Dense, Pair, Pool
from hw_models.engines.synapse import output_size
from hw_models.errors import InputError
from qtrain import layers
from qtrain.layers.sizes import pair
from qtrain.network import graph as network_graph
from qtrain.network.graph import inference_graph
from qtrain.network.network import Network, build_network


def import_network(network: Network, target: str, name: str) -> ir.Graph:
    """The graph of a trained network, its weights as integers of the target's width.

    Where the training had these widths the integers are the trained ones; elsewhere the same
    quantizers are asked for the target's width, and the graph carries a warning.

    Args:
        target: int8, int4 or ternary.
        name: of the graph, and of what is built from it.

    Raises:
        InputError: the hardware cannot take a layer; names each such layer and what to use
            instead.
    """
    if found := faults(network.graph):
        raise InputError("; ".join(map(str, found)))
    bits = TARGET_BITS[target]
    graph, requantized = at_bits(inference_graph(network.graph), bits)
    if requantized:
        # A quantizer's width is fixed when a layer is made, so these weights take a second network.
        network = build_network(graph, network.tensors())
    lifs = (layer for layer in network.layers if isinstance(layer, layers.LIF))
    timesteps = next((lif.timesteps for lif in lifs), 0)
    if not timesteps:
        raise InputError(
            f"{name}: has no spiking layer; put a TernaryLIF between two weight layers"
        )
    warnings = ()
    if requantized:
        trained = sorted(set(requantized.values()))
        warnings = (
            f"weights trained at {', '.join(map(str, trained))} bits are re-quantized to {bits} "
            f"after training in {', '.join(requantized)}",
        )
    nodes = Reader(network, graph, timesteps).nodes()
    return ir.Graph(name, timesteps, nodes, warnings)


def at_bits(graph: network_graph.Graph, bits: int) -> tuple[network_graph.Graph, dict[str, int]]:
    """The graph with its weights at `bits`, and which layers had another width.

    A network that has the width anywhere was trained for it, and layers of other widths, such as
    a first and a last one at 8 bits, stay as they are. In any other network the target replaces
    the most common width (where several are, the narrowest of them), and the other layers stay.
    """
    trained = {n.name: int(n.attrs["weight_bits"]) for n in graph.nodes if "weight_bits" in n.attrs}
    widths = sorted(trained.values())
    if not widths or bits in widths:
        return graph, {}
    common = max(widths, key=widths.count)
    changed = {name: width for name, width in trained.items() if width == common}
    nodes = (
        msgspec.structs.replace(node, attrs={**node.attrs, "weight_bits": bits})
        if node.name in changed
        else node
        for node in graph.nodes
    )
    return msgspec.structs.replace(graph, nodes=tuple(nodes)), changed


class Reader:
    """Turns the nodes of a trained network into the compiler's, one kind of layer a method.

    Args:
        graph: the nodes to read, which are the network's own but for those that only train.
    """

    def __init__(self, network: Network, graph: network_graph.Graph, timesteps: int) -> None:
        self.network, self.graph, self.timesteps = network, graph, timesteps
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.alias: dict[str, str] = {}  # a node that vanishes -> the one that takes its place
        self.sums: dict[str, tuple[str, ...]] = {}  # an add -> the currents that meet in it
        self.made: dict[str, ir.Node] = {}

    def nodes(self) -> tuple[ir.Node, ...]:
        first, *rest = self.graph.nodes
        self.input, self.shapes[first.name] = first, tuple(first.attrs["shape"])
        if (encoding := first.attrs["encoding"]) != STATIC:
            self._keep(ir.Input(first.name, self.shapes[first.name], encoding, 1, 1.0))
        for node in rest:
            if node.op == layers.Add.op:
                self._add(node)
                continue
            layer = self.network.layer(node.name)
            convert = cast(
                Callable[[network_graph.Node, torch.nn.Module, str], ir.Node | None],
                getattr(self, f"_{node.op}", None) or self._unknown,
            )
            source = self.alias.get(node.inputs[0], node.inputs[0])
            new = convert(node, layer, source)
            if new is not None:
                self._keep(new)
            self.alias[node.name] = source if new is None else new.name
            self.shapes.setdefault(node.name, self.shapes[source])
        return tuple(self.made.values())

    def _keep(self, new: ir.Node) -> None:
        if new.name in self.made:
            raise InputError(f"{new.name}: two layers of this name")
        self.made[new.name] = new

    def _add(self, node: network_graph.Node) -> None:
        """A sum makes no node: its currents meet in the layer that reads it.

        An operand that is spikes becomes a current by weights of 1.
        """
        shapes = {name: self.shapes[name] for name in node.inputs}
        if len(set(shapes.values())) > 1:
            found = " and ".join(f"{list(shape)} of {name}" for name, shape in shapes.items())
            raise InputError(
                f"{node.name}: adds {found}; operands have one shape: give the shortcut the "
                "stride and the channels of the other path"
            )
        currents: list[str] = []
        for name in node.inputs:
            if name in self.sums:
                currents += self.sums[name]  # a sum of sums is one sum
            else:
                currents.append(self._current(node, name))
        self.sums[node.name] = tuple(currents)
        self.shapes[node.name] = self.shapes[node.inputs[0]]

    def _current(self, node: network_graph.Node, operand: str) -> str:
        """The current that a node's operand is, or that its spikes become by weights of 1."""
        source = self.alias.get(operand, operand)
        if isinstance(self.made[source], ir.Synapse | ir.BatchNorm):
            return source
        identity = self._identity(f"{node.name}.{source}", operand, source)
        self._keep(identity)
        return identity.name

    def _identity(self, name: str, stream: str, source: str) -> ir.Synapse:
        """Spikes as a current: a weight of 1 for each channel of the stream, worth its amplitude.

        A vector is a map of one position, in which each value is a channel.
        """
        shape = self.shapes[stream]
        full = shape if len(shape) == 3 else (math.prod(shape), 1, 1)
        op = Conv2d(
            in_shape=full, out_shape=full, kernel=(1, 1), stride=(1, 1), padding=(0, 0),
            groups=full[0],
        )  # fmt: skip
        ones = np.ones((full[0], 1, 1, 1), np.int64)
        amplitude = self.network.amplitude_of(stream)
        worth = np.ones(1) if amplitude is None else reals(amplitude)
        step = worth.repeat(full[0] // len(worth))
        return ir.Synapse(name, source, op, ones, 2, step, np.zeros(full[0]))

    def _unknown(self, node: network_graph.Node, layer: torch.nn.Module, source: str) -> None:
        raise InputError(f"{node.name}: {node.op} has no counterpart in hardware")

    def _input_quant(
        self, node: network_graph.Node, layer: layers.InputQuant, source: str
    ) -> ir.Input:
        if source != self.input.name:
            raise InputError(f"{node.name}: quantizes {source}; only the input is quantized")
        shape = self.shapes[source]
        return ir.Input(source, shape, STATIC, layer.x_max, float(layer.scale))

    def _conv2d(
        self, node: network_graph.Node, layer: layers.QuantConv2d, source: str
    ) -> ir.Synapse:
        in_shape = self._map(node.name, source)
        kernel, stride, padding = (
            pair(node.attrs[size]) for size in ("kernel_size", "stride", "padding")
        )
        op = Conv2d(
            in_shape=in_shape,
            out_shape=(
                int(node.attrs["out_channels"]),
                output_size(in_shape[1], kernel[0], stride[0], padding[0]),
                output_size(in_shape[2], kernel[1], stride[1], padding[1]),
            ),
            kernel=kernel,
            stride=stride,
            padding=padding,
            groups=int(node.attrs["groups"]),
        )
        self.shapes[node.name] = op.out_shape
        return self._synapse(node, layer, source, op)

    def _map(self, name: str, source: str) -> tuple[int, int, int]:
        shape = self.shapes[source]
        if len(shape) != 3:
            raise InputError(f"{name}: reads {source} of shape {list(shape)}, need a map [C, H, W]")
        return shape

    def _avg_pool2d(
        self, node: network_graph.Node, layer: layers.AvgPool2d, source: str
    ) -> ir.Pooling:
        divisor = 1 if layer.mode == "sum" else math.prod(layer.kernel_size)
        return self._pool(node, source, layer.kernel_size, layer.stride, layer.padding, divisor)

    def _global_avg_pool(
        self, node: network_graph.Node, layer: layers.GlobalAvgPool, source: str
    ) -> ir.Pooling:
        _, *size = self._map(node.name, source)
        kernel = (size[0], size[1])
        return self._pool(node, source, kernel, kernel, (0, 0), math.prod(kernel))

    def _pool(
        self, node: network_graph.Node, source: str, kernel: Pair, stride: Pair, padding: Pair,
        divisor: int,
    ) -> ir.Pooling:  # fmt: skip
        channels, height, width = in_shape = self._map(node.name, source)
        out_shape = (
            channels,
            output_size(height, kernel[0], stride[0], padding[0]),
            output_size(width, kernel[1], stride[1], padding[1]),
        )
        self.shapes[node.name] = out_shape
        pool = Pool(
            in_shape=in_shape, out_shape=out_shape, kernel=kernel, stride=stride, padding=padding
        )
        return ir.Pooling(node.name, source, pool, divisor)

    def _flatten(self, node: network_graph.Node, layer: layers.Flatten, source: str) -> None:
        """Makes no node: weights are read by address, however a stream is arranged."""
        self.shapes[node.name] = (math.prod(self.shapes[source]),)

    def _linear(
        self, node: network_graph.Node, layer: layers.QuantLinear, source: str
    ) -> ir.Synapse:
        n_in, n_out = int(node.attrs["in_features"]), int(node.attrs["out_features"])
        self.shapes[node.name] = (n_out,)
        return self._synapse(node, layer, source, Dense(n_in=n_in, n_out=n_out))

    def _synapse(
        self,
        node: network_graph.Node,
        layer: layers.QuantLinear | layers.QuantConv2d,
        source: str,
        op: Dense | Conv2d,
    ) -> ir.Synapse:
        quantized = layer.quant_weight_for(self.network.amplitude_of(node.inputs[0]))
        if not quantized.value.isfinite().all():
            raise InputError(f"{node.name}: a NaN or an infinity among its weights; train it again")
        bias = layer.bias
        channels = len(quantized.value)
        return ir.Synapse(
            node.name,
            source,
            op,
            quantized.int().numpy().astype(np.int64),
            int(node.attrs["weight_bits"]),
            np.broadcast_to(reals(quantized.scale).reshape(-1), channels).copy(),
            np.zeros(channels) if bias is None else reals(bias),
        )

    def _batchnorm(
        self, node: network_graph.Node, layer: layers.BatchNorm, source: str
    ) -> ir.BatchNorm:
        mean, variance = layer.running_mean, layer.running_var
        assert mean is not None and variance is not None
        gain = reals(layer.weight) / np.sqrt(reals(variance) + layer.eps)
        return ir.BatchNorm(node.name, source, gain, reals(layer.bias) - gain * reals(mean))

    def _lif(self, node: network_graph.Node, layer: layers.LIF, source: str) -> ir.Layer:
        return ir.Layer(
            node.name,
            self.sums.get(source, (source,)),
            self.shapes[source],
            "ternary" if layer.ternary else "binary",
            "hard" if layer.hard else "soft",
            layer.tau,
            layer.v_threshold,
            strict=not layer.ternary,
            # One amplitude per channel is in the readers' weights already.
            amplitude=1.0 if layer.per_channel else float(reals(layer.amplitude)),
        )

    def _readout(self, node: network_graph.Node, layer: layers.Readout, source: str) -> ir.Layer:
        classes, *area = self.shapes[source]
        if math.prod(area) != 1:
            raise InputError(
                f"{node.name}: logits on maps of {area}, need one place; put a GlobalAvgPool "
                "behind the last spikes, or a Flatten and a QuantLinear"
            )
        # Without leak the trained logits are the mean over the time steps, the integers the sum.
        # With a leak, both are the membrane after the last step.
        current = self._current(node, node.inputs[0])
        return ir.Layer(
            node.name, (current,), self.shapes[source], "integrator", "none", layer.tau,
            divisor=self.timesteps if layer.tau == 1 else 1,
        )  # fmt: skip


def reals(tensor: torch.Tensor) -> ir.Reals:
    """A tensor's values in float64."""
    return tensor.detach().double().numpy()
