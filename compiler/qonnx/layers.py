"""Writes the layers of a trained network as ONNX nodes, one kind of layer a method."""

from collections.abc import Callable
from typing import cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from compiler.onnx.synapses import Nodes
from hw_models.errors import InputError
from qtrain import layers
from qtrain.layers.sizes import pair
from qtrain.network.graph import Node
from qtrain.network.network import Network

DOMAIN = "qonnx.custom_op.general"
Weighted = layers.QuantLinear | layers.QuantConv2d


class Writer:
    """Appends the nodes of layers; a value is [steps * batch, ...] with the steps outermost.

    Args:
        nodes: takes the nodes and constants.
        network: in eval mode.
        batch: samples.
    """

    def __init__(self, nodes: Nodes, network: Network, batch: int) -> None:
        self.nodes, self.network, self.batch = nodes, network, batch
        self.values: dict[str, str] = {}  # a layer of the network -> its result
        self.steps: dict[str, int] = {}  # the time steps that the result has
        self.vectors: set[str] = set()  # the layers whose results are [steps * batch, features]
        self.spikes: dict[str, str] = {}  # a LIF layer -> its spikes
        self.shapes: dict[str, tuple[int, ...]] = {}  # of IntQuant's results, unknown to ONNX

    def input(self, name: str, steps: int, shape: tuple[int, ...]) -> None:
        """Append what merges the axes of the input [steps, batch, *shape]."""
        merged = np.array([steps * self.batch, *shape])
        self.values[name], self.steps[name] = self.nodes.add("Reshape", name, merged), steps
        self.shapes[self.values[name]] = tuple(merged.tolist())
        if len(shape) == 1:
            self.vectors.add(name)

    def layer(self, node: Node) -> None:
        """Append a layer.

        Raises:
            InputError: it has no counterpart.
        """
        write = getattr(self, f"_{node.op}", None)
        if write is None:
            raise InputError(f"{node.name}: {node.op} has no counterpart in QONNX")
        self.steps[node.name] = max(self.steps[name] for name in node.inputs)
        if node.op in (layers.Flatten.op, layers.QuantLinear.op) or node.inputs[0] in self.vectors:
            self.vectors.add(node.name)
        typed = cast(Callable[[Node, nn.Module, str], str], write)
        self.values[node.name] = typed(
            node, self.network.layer(node.name), self.values[node.inputs[0]]
        )

    def quantized(
        self, x: str, shape: tuple[int, ...], scale: NDArray, bits: int, name: str
    ) -> str:
        """x of a shape, rounded to symmetric integers of `bits` bits, times their scale."""
        scale_name = self.nodes.value(scale, f"{name}.scale")
        self.shapes[f"{name}.quantized"] = shape
        return self.nodes.add(
            "IntQuant", x, scale_name, np.float32(0), np.float32(bits), name=f"{name}.quantized",
            domain=DOMAIN, signed=1, narrow=1, rounding_mode="ROUND",
        )  # fmt: skip

    def weights(self, node: Node, layer: Weighted) -> str:
        """A layer's weights behind their IntQuant.

        What is stored is rounded already, which IntQuant leaves as it is: the quantizer in training
        may have had a bound, and amplitudes of channels.
        """
        quant = layer.quant_weight_for(self.network.amplitude_of(node.inputs[0]))
        name, w = f"{node.name}.weight", real(quant.value)
        scale = real(quant.scale).reshape(-1, *[1] * (w.ndim - 1))
        return self.quantized(self.nodes.value(w, name), w.shape, scale, layer.weight_bits, name)

    def _input_quant(self, node: Node, layer: layers.InputQuant, x: str) -> str:
        scale, bits = np.float32(layer.scale), layer.attrs["bits"]
        return self.quantized(x, self.shapes[x], np.asarray(scale), bits, node.name)

    def _linear(self, node: Node, layer: layers.QuantLinear, x: str) -> str:
        w = self.nodes.add("Transpose", self.weights(node, layer), perm=[1, 0])
        y = self.nodes.add("MatMul", x, w)
        return y if layer.bias is None else self.nodes.add("Add", y, real(layer.bias))

    def _conv2d(self, node: Node, layer: layers.QuantConv2d, x: str) -> str:
        attrs = layer.attrs
        bias = [] if layer.bias is None else [real(layer.bias)]
        return self.nodes.add(
            "Conv", x, self.weights(node, layer), *bias, kernel_shape=attrs["kernel_size"],
            strides=attrs["stride"], pads=attrs["padding"] * 2, dilations=attrs["dilation"],
            group=attrs["groups"],
        )  # fmt: skip

    def _batchnorm(self, node: Node, layer: layers.BatchNorm, x: str) -> str:
        tensors = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
        values = [real(cast(Tensor, tensor)) for tensor in tensors]
        return self.nodes.add("BatchNormalization", x, *values, epsilon=layer.eps)

    def _avg_pool2d(self, node: Node, layer: layers.AvgPool2d, x: str) -> str:
        y = self.nodes.add(
            "AveragePool", x, kernel_shape=layer.kernel_size, strides=layer.stride,
            pads=pair(layer.padding) * 2, ceil_mode=int(layer.ceil_mode),
            count_include_pad=int(layer.count_include_pad or layer.mode == "sum"),
        )  # fmt: skip
        if layer.mode == "mean":
            return y
        return self.nodes.add("Mul", y, np.float32(np.prod(layer.kernel_size)))

    def _global_avg_pool(self, node: Node, layer: layers.GlobalAvgPool, x: str) -> str:
        return self.nodes.add("GlobalAveragePool", x)

    def _flatten(self, node: Node, layer: layers.Flatten, x: str) -> str:
        return self.nodes.add("Flatten", x, axis=1)

    def _add(self, node: Node, layer: layers.Add, x: str) -> str:
        return self.nodes.sum([self.operand(name, self.steps[node.name]) for name in node.inputs])

    def operand(self, name: str, steps: int) -> str:
        """A layer as an Add reads it: worth its channels' amplitudes, at each of `steps` steps."""
        x, amplitude = self.values[name], self.network.amplitude_of(name)
        if self.steps[name] != steps:
            x = self.nodes.add("Concat", *[x] * steps, axis=0)
        if amplitude is None:
            return x
        if name not in self.vectors:
            return self.nodes.add("Mul", x, real(amplitude).reshape(-1, 1, 1))
        # A vector that was a map before has a block of values for each channel.
        blocks = self.nodes.add("Reshape", x, np.array([0, len(amplitude), -1]))
        return self.nodes.add(
            "Flatten", self.nodes.add("Mul", blocks, real(amplitude).reshape(-1, 1)), axis=1
        )

    def step_of(self, x: str, steps: int, t: int) -> str:
        """The part of a value at time step t."""
        if steps == 1:
            return x
        bounds = (np.array([k * self.batch]) for k in (t, t + 1))
        return self.nodes.add("Slice", x, *bounds, np.array([0]))

    def _lif(self, node: Node, layer: layers.LIF, x: str) -> str:
        """u = tau * v + i, fire and reset, step by step; the amplitude of the layer at the end."""
        add, threshold = self.nodes.add, np.float32(layer.v_threshold)
        v, outputs = "", []
        for t in range(layer.timesteps):
            u = self.step_of(x, self.steps[node.name], t)
            if v:
                u = add("Add", add("Mul", v, np.float32(layer.tau)), u)
            s = self.fire(layer, u)
            if layer.hard:
                quiet = add("Sub", np.float32(1), add("Mul", s, s))
                v = add("Mul", u, quiet)
            else:
                v = add("Sub", u, add("Mul", s, threshold))
            outputs.append(s)
        self.steps[node.name] = layer.timesteps
        spikes = add("Concat", *outputs, axis=0, name=f"{node.name}.spikes")
        self.spikes[node.name] = spikes
        return spikes if layer.per_channel else add("Mul", spikes, real(layer.amplitude))

    def fire(self, layer: layers.LIF, u: str) -> str:
        """The spikes o in {-1, 0, +1} that the membrane u makes, by comparisons that ONNX has."""
        add, one, zero = self.nodes.add, np.float32(1), np.float32(0)
        threshold = np.float32(layer.v_threshold)
        if not layer.ternary:
            return add("Where", add("Greater", u, threshold), one, zero)
        above = add("Where", add("GreaterOrEqual", u, threshold), one, zero)
        return add("Where", add("LessOrEqual", u, -threshold), -one, above)

    def _readout(self, node: Node, layer: layers.Readout, x: str) -> str:
        steps = self.steps[node.name]
        parts = [self.step_of(x, steps, t) for t in range(steps)]
        if layer.tau == 1:
            y = self.nodes.add("Div", self.nodes.sum(parts), np.float32(steps))
        else:
            y, *currents = parts
            for current in currents:
                y = self.nodes.add("Add", self.nodes.add("Mul", y, np.float32(layer.tau)), current)
        return self.nodes.add("Flatten", y, axis=1)


def real(tensor: Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().numpy().astype(np.float32)
