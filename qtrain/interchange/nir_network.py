"""Makes a network of qtrain's layers of a NIR graph, with every rounding written down.

A layer of the graph is a stream (spikes, or the input), perhaps pooled, flattened and scaled;
weights, whose currents may be scaled and may meet others; and neurons. All factors go into the
weights before these are quantized, per channel c:

    weight = gain[c] * W * factor      W: the graph's; factor: what a 1 of the stream is worth
    bias   = gain[c] * b + drift[c]    gain, drift: see step_equations

Where thresholds differ from channel to channel, the weights and the bias of each channel are
divided by its threshold, and all thresholds are 1. Where weights are rounded, all three count in
units of a power of two with which the largest weight of a layer is 1 to 2: quantizers have their
own idea of what is next to 0, and a graph may count in volts and amperes.
"""

import re
from dataclasses import dataclass, replace
from math import floor, log2, prod
from typing import Any, cast

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.interchange.calibration import Calibration
from qtrain.interchange.leak_rounding import nearest
from qtrain.interchange.nir_graph import INTEGRATING, SPIKING, WEIGHTS, NirGraph, NirNode
from qtrain.interchange.nir_shapes import POOLS, Shape, conv_geometry, pool_window
from qtrain.interchange.step_equations import StepNeuron, Steps, step_neurons
from qtrain.interchange.weight_rounding import relative_error, rounded_weights
from qtrain.layers import (
    LIF,
    Add,
    AvgPool2d,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
)
from qtrain.network.graph import INPUT, Graph, Node
from qtrain.network.network import make_layer

Reals = NDArray[np.float64]


class LayerRounding(msgspec.Struct, frozen=True, kw_only=True):
    """What the import rounded in one layer of neurons."""

    layer: str
    decay: float  # asked for; where it differs among neurons, the one farthest from the leak
    leak: float  # got
    gain: float  # the factor on the currents that makes up for the leak
    weight_error: float  # r.m.s. error of a current by quantized weights, as a share of it


@dataclass(frozen=True)
class ImportedNetwork:
    """A NIR graph as a network of qtrain's layers. Neurons keep the names of the graph."""

    graph: Graph
    tensors: dict[str, Tensor]
    roundings: tuple[LayerRounding, ...]
    # by node of neurons that fire: the name of its layer, and the layer's shape
    spiking: dict[str, tuple[str, Shape]]


@dataclass(frozen=True)
class Stream:
    """The input or spikes, which weights read."""

    node: str  # of the network
    shape: Shape
    factor: Reals  # what a 1 is worth, [*shape]


@dataclass(frozen=True)
class Current:
    """What weights make of a stream, which neurons read."""

    name: str
    stream: str  # node of the network
    op: str
    attrs: dict[str, Any]
    weight: Reals  # [out, in / groups, ...]
    bias: Reals  # [out]
    products: Reals | None  # mean of x x^T, [groups, n, n], of the n values that an output meets
    shape: Shape
    flat: bool = False  # the neurons behind it are a vector, but of a map's channels


def imported(
    graph: NirGraph,
    steps: Steps,
    weight_bits: int,
    encoding: str,
    input_scale: float | None = None,
    calibration: Calibration | None = None,
    shape: Shape | None = None,
    input_bits: int = 8,
    round_weights: bool = True,
) -> ImportedNetwork:
    """The network of a NIR graph.

    Args:
        graph: as nir_graph.read gives it.
        steps: how time is cut into steps.
        weight_bits: 8, 4 or 2.
        encoding: of the input: static, ternary or binary.
        input_scale: of a static input, the real value of one step of its int8 values.
        calibration: what samples say; rounding then does the least harm to them.
        shape: of the samples, where a graph that takes a vector takes a map's values in order.
        input_bits: of the values of a static input.
        round_weights: False leaves them as they are, to be trained further.

    Raises:
        InputError: the hardware cannot do what a node does; names it and what to do instead.
    """
    shape = shape or graph.input.shape
    if shape != graph.input.shape and (prod(shape),) != graph.input.shape:
        raise InputError(
            f"{graph.path}: takes samples of {list(graph.input.shape)}; these are of {list(shape)}"
        )
    maker = NetworkMaker(graph, steps, weight_bits, calibration or Calibration(), round_weights)
    return maker.made(encoding, {"scale": input_scale, "bits": input_bits}, shape)


class NetworkMaker:
    """Walks a NIR graph and writes down the nodes and tensors of the network."""

    def __init__(
        self,
        graph: NirGraph,
        steps: Steps,
        weight_bits: int,
        calibration: Calibration,
        round_weights: bool,
    ) -> None:
        self.source, self.steps, self.weight_bits = graph, steps, weight_bits
        self.calibration, self.round_weights = calibration, round_weights
        self.nodes: list[Node] = []
        self.tensors: dict[str, Tensor] = {}
        self.roundings: list[LayerRounding] = []
        self.values: dict[str, Stream | Current] = {}
        self.spiking: dict[str, tuple[str, Shape]] = {}

    def made(self, encoding: str, quantizer: dict[str, Any], shape: Shape) -> ImportedNetwork:
        first, *inner, last = self.source.nodes
        if not any(node.kind in SPIKING for node in inner):
            raise InputError(
                f"{self.source.path}: no neurons that fire; accepted: a layer of them at least"
            )
        name = self._add(INPUT, INPUT, (), {"shape": list(shape), "encoding": encoding})
        if encoding == STATIC:
            name = self._add(InputQuant.op, InputQuant.op, (name,), quantizer)
        stream = Stream(name, shape, np.ones(first.shape))
        self.values[first.name] = (
            stream if shape == first.shape else self._flattened(stream, "flat")
        )
        neurons = step_neurons(self.source, self.steps)
        for node in (*inner, last):
            try:
                if node.name in neurons:
                    self._neurons(node, neurons[node.name])
                elif node is last:
                    self._output(node)
                else:
                    self.values[node.name] = self._passed_on(node)
            except InputError as error:
                raise InputError(f"{self.source.path}: {node.name}: {error}") from error
        return ImportedNetwork(
            Graph(tuple(self.nodes)), self.tensors, tuple(self.roundings), self.spiking
        )

    def _add(
        self, name: str, op: str, inputs: tuple[str, ...], attrs: dict[str, Any], **tensors: Tensor
    ) -> str:
        """Append a node; returns its name, which is made to be one of its own."""
        plain = re.sub(r"[^\w.]", "_", name, flags=re.ASCII)
        taken, name, count = {node.name for node in self.nodes}, plain, 1
        while name in taken:
            count += 1
            name = f"{plain}_{count}"
        self.nodes.append(Node(name, op, inputs, attrs))
        self.tensors |= {f"{name}.{key}": value for key, value in tensors.items()}
        return name

    def _stream(self, node: NirNode) -> Stream:
        """The one stream that a node reads."""
        (source,) = node.sources
        value = self.values[source]
        if isinstance(value, Current):
            raise InputError(
                f"a {node.kind} that reads {source}, a current; hardware weighs and pools spikes: "
                "put neurons between, or make one layer of weights of the two"
            )
        return value

    def _passed_on(self, node: NirNode) -> Stream | Current:
        """What a node without memory makes of what it reads."""
        value = self.values[node.sources[0]]
        if node.kind in WEIGHTS:
            return self._weighted(node, self._stream(node))
        if node.kind in POOLS:
            return self._pooled(node, self._stream(node))
        if node.kind == "Flatten":
            if isinstance(value, Current):
                return replace(value, flat=True)
            return replace(self._flattened(value, node.name), factor=value.factor.reshape(-1))
        scale = node.parameters["scale"]
        scale = np.broadcast_to(scale.reshape(node.shape if scale.size > 1 else ()), node.shape)
        if isinstance(value, Stream):
            return replace(value, factor=value.factor * scale.reshape(value.shape))
        each = per_channel("scale", scale.reshape(value.shape))
        return replace(
            value, weight=value.weight * over(each, value.weight), bias=value.bias * each
        )

    def _flattened(self, stream: Stream, name: str) -> Stream:
        size = (prod(stream.shape),)
        if stream.shape == size:
            return stream
        return replace(stream, node=self._add(name, Flatten.op, (stream.node,), {}), shape=size)

    def _pooled(self, node: NirNode, stream: Stream) -> Stream:
        window = pool_window(node.parameters)
        attrs = {
            "kernel_size": list(window.kernel), "stride": list(window.stride),
            "padding": list(window.padding), "ceil_mode": False, "count_include_pad": True,
            "mode": "sum" if node.kind == "SumPool2d" else "mean",
        }  # fmt: skip
        each = per_channel("scale before it", stream.factor)
        factor = np.broadcast_to(each[:, None, None], node.shape)
        return Stream(self._add(node.name, AvgPool2d.op, (stream.node,), attrs), node.shape, factor)

    def _weighted(self, node: NirNode, stream: Stream) -> Current:
        parameters = node.parameters
        products = self.calibration.products.get(node.name)
        if node.kind in ("Affine", "Linear"):
            weight, op = parameters["weight"] * stream.factor, QuantLinear.op
            attrs = {"in_features": weight.shape[1], "out_features": len(weight)}
            met = stream.factor[None]
        else:
            conv, op = conv_geometry(parameters), QuantConv2d.op
            attrs = {
                "in_channels": stream.shape[0], "out_channels": len(conv.weight),
                "kernel_size": list(conv.kernel), "stride": list(conv.stride),
                "padding": list(conv.padding), "dilation": [1, 1], "groups": conv.groups,
            }  # fmt: skip
            each = per_channel("scale before it", stream.factor)
            weight = conv.weight * by_input(each, conv.weight, conv.groups)
            met = each.reshape(conv.groups, -1).repeat(conv.kernel[0] * conv.kernel[1], axis=1)
        if products is not None:  # of the values before the factor, which is in the weights now
            square = met[:, :, None] * met[:, None, :]
            products = np.divide(products, square, out=np.zeros_like(products), where=square != 0)
        bias = parameters.get("bias", np.zeros(len(weight)))
        return Current(node.name, stream.node, op, attrs, weight, bias, products, node.shape)

    def _unweighted(self, source: str, stream: Stream) -> Current:
        """Spikes that neurons read as they are: a weight for each, which is what it is worth."""
        weight = np.diag(stream.factor.reshape(-1))
        if len(stream.shape) == 1:
            attrs = {"in_features": len(weight), "out_features": len(weight)}
            return Current(
                f"{source}.current", stream.node, QuantLinear.op, attrs, weight,
                np.zeros(len(weight)), None, stream.shape,
            )  # fmt: skip
        channels = stream.shape[0]
        attrs = {
            "in_channels": channels, "out_channels": channels, "kernel_size": [1, 1],
            "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1], "groups": channels,
        }  # fmt: skip
        weight = per_channel("scale before it", stream.factor).reshape(-1, 1, 1, 1)
        return Current(
            f"{source}.current", stream.node, QuantConv2d.op, attrs, weight, np.zeros(channels),
            None, stream.shape,
        )  # fmt: skip

    def _neurons(self, node: NirNode, neuron: StepNeuron) -> None:
        """Weights, and the neurons that read their currents."""
        currents = []
        for source in node.sources:
            value = self.values[source]
            currents.append(self._unweighted(source, value) if isinstance(value, Stream) else value)
        shape = currents[0].shape
        if any(current.shape != shape for current in currents):
            raise InputError(
                f"adds currents of {' and '.join(str(list(c.shape)) for c in currents)}; accepted: "
                "one shape"
            )
        decay, gain, drift, v_threshold = (
            per_channel(key, np.reshape(getattr(neuron, key), shape))
            for key in ("decay", "gain", "drift", "v_threshold")
        )
        chosen = self.calibration.leaks.get(node.name)
        leaks = [chosen or nearest(each) for each in decay.tolist()]
        taus = np.array([leak.tau for leak in leaks])
        if len(np.unique(taus)) > 1:
            raise InputError(
                f"decays {decay.min():g} to {decay.max():g} in one layer; hardware has one leak a "
                "layer: make a node of each time constant, or train with one"
            )
        v_th = float(v_threshold[0])
        if neuron.fires and len(np.unique(v_threshold)) > 1:
            gain, drift, v_th = gain / v_threshold, drift / v_threshold, 1.0
        factor = np.array([leak.gain for leak in leaks])
        unit = self._unit(currents, gain)
        gain, drift, v_th = gain * factor / unit, drift * factor / unit, v_th / unit
        names, errors = [], []
        for k, current in enumerate(currents):
            name, error = self._weights(
                current, gain, drift * (k == 0), "channel" if neuron.fires else "tensor"
            )
            names.append(name)
            errors.append(error)
        worst = int(np.abs(decay - taus).argmax())
        tau = float(taus[0])
        rounding = LayerRounding(
            layer=node.name,
            decay=float(decay[worst]),
            leak=tau,
            gain=leaks[worst].gain,
            weight_error=max(errors),
        )
        if node.kind in INTEGRATING:
            name = self._integrators(node, names, tau)
            self.roundings.append(msgspec.structs.replace(rounding, layer=name))
            return
        source = (
            names[0] if len(names) == 1 else self._add(f"{node.name}.sum", Add.op, tuple(names), {})
        )
        attrs = {
            "spike": "binary", "timesteps": self.steps.timesteps, "tau": tau, "v_threshold": v_th,
            "reset": self.steps.reset, "amplitude": "fixed", "surrogate": "triangle",
            "channels": None, "surrogate_width": 1.0,
        }  # fmt: skip
        name = self._add(node.name, LIF.op, (source,), attrs, amplitude=torch.ones(()))
        self.spiking[node.name] = name, shape
        self.roundings.append(msgspec.structs.replace(rounding, layer=name))
        stream = Stream(name, shape, np.ones(shape))
        if currents[0].flat:
            stream = self._flattened(stream, f"{node.name}.flat")
        self.values[node.name] = replace(stream, factor=np.ones(stream.shape))

    def _unit(self, currents: list[Current], gain: Reals) -> float:
        """The power of two in which a layer's potentials count."""
        largest = max(float(np.abs(x.weight * over(gain, x.weight)).max()) for x in currents)
        return 2.0 ** floor(log2(largest)) if largest and self.round_weights else 1.0

    def _weights(
        self, current: Current, gain: Reals, drift: Reals, scaling: str
    ) -> tuple[str, float]:
        """Add the weights of a current; returns their name and the error that rounding makes."""
        weight = current.weight * over(gain, current.weight)
        bias = current.bias * gain + drift
        attrs = {
            **current.attrs, "weight_bits": self.weight_bits, "scaling": scaling,
            "bias": bool(bias.any()), "l1_max": None,
        }  # fmt: skip
        error = 0.0
        if self.weight_bits > 2 and self.round_weights:
            together = scaling == "tensor"
            weight, error = rounded_weights(weight, self.weight_bits, current.products, together)
        tensors = {"weight": torch.tensor(weight, dtype=torch.float32)}
        if attrs["bias"]:
            tensors["bias"] = torch.tensor(bias, dtype=torch.float32)
        name = self._add(current.name, current.op, (current.stream,), attrs, **tensors)
        if self.weight_bits == 2:  # the quantizer's step follows from all weights
            layer = cast(QuantLinear | QuantConv2d, make_layer(self.nodes[-1]))
            with torch.no_grad():
                layer.load_state_dict(tensors)
                rounded = layer.quant_weight_for(None).value.double().numpy()
            count = weight[0].size
            products = np.eye(count)[None] if current.products is None else current.products
            error = relative_error(weight, rounded, products)
        return name, error

    def _integrators(self, node: NirNode, names: list[str], tau: float) -> str:
        """Add the readout of a network that ends in neurons which never fire; returns its name."""
        readers = [n.name for n in self.source.nodes if node.name in n.sources]
        if readers != [self.source.output.name]:
            raise InputError(
                f"the potential of a {node.kind} is read by {', '.join(readers)}; hardware reads "
                "potentials at the output alone: use neurons that fire"
            )
        if len(names) > 1:
            raise InputError(f"{len(names)} currents meet before the output; accepted: one")
        return self._add(node.name, Readout.op, (names[0],), {} if tau == 1 else {"tau": tau})

    def _output(self, node: NirNode) -> None:
        """The readout, where the network does not end in integrating neurons."""
        (source,) = node.sources
        if self.source[source].kind in INTEGRATING:
            return
        value = self.values[source]
        if isinstance(value, Current):
            ones = np.ones(len(value.bias))
            gain = ones / self._unit([value], ones)
            name, error = self._weights(value, gain, 0 * ones, "tensor")
            name = self._add("readout", Readout.op, (name,), {})
            self.roundings.append(
                LayerRounding(layer=name, decay=1, leak=1, gain=1, weight_error=error)
            )
            return
        if len(np.unique(value.factor)) > 1 or value.factor.flat[0] <= 0:
            raise InputError("spikes of several worths; accepted: no Scale before the output")
        self._add("readout", Readout.op, (value.node,), {})


def per_channel(what: str, array: Reals) -> Reals:
    """[C] of an array [C, ...] whose values are the same in all places of a channel.

    Raises:
        InputError: they are not.
    """
    flat = array.reshape(len(array), -1)
    if (flat != flat[:, :1]).any():
        channel = int(np.flatnonzero((flat != flat[:, :1]).any(1))[0])
        raise InputError(
            f"{what} differs within channel {channel}, {flat[channel].min():g} to "
            f"{flat[channel].max():g}; hardware has one a channel: make them equal, or flatten the "
            "map before its weights"
        )
    return flat[:, 0].copy()


def over(each: Reals, weight: Reals) -> Reals:
    """[out] so that it multiplies weights [out, ...]."""
    return each.reshape(-1, *[1] * (weight.ndim - 1))


def by_input(each: Reals, weight: Reals, groups: int) -> Reals:
    """[channels] so that it multiplies weights [out, in / groups, ...] by their input channel."""
    outputs, inputs, *kernel = weight.shape
    by_group = each.reshape(groups, inputs).repeat(outputs // groups, axis=0)
    return by_group.reshape(outputs, inputs, *[1] * len(kernel))
