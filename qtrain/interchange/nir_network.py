"""Makes a network of qtrain's layers of a NIR graph, with every rounding written down.

A layer of the graph is a stream (spikes, or the input), perhaps pooled, flattened and scaled;
weights, whose currents may be scaled and may meet others; and neurons. currents.py makes currents
of streams, and layer_rounding.py rounds a layer of neurons with its currents.
"""

import re
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.interchange.calibration import Calibration
from qtrain.interchange.currents import Current, Stream, per_channel, unweighted, weighted
from qtrain.interchange.layer_rounding import (
    LayerRounding,
    LayerWeights,
    WeightFormat,
    output_weights,
    rounded_layer,
)
from qtrain.interchange.nir_graph import INTEGRATING, SPIKING, WEIGHTS, NirGraph, NirNode
from qtrain.interchange.nir_shapes import POOLS, Shape, pool_window
from qtrain.interchange.step_equations import StepNeuron, Steps, step_neurons
from qtrain.layers import LIF, Add, AvgPool2d, Flatten, InputQuant, Readout
from qtrain.network.graph import INPUT, Graph, Node


@dataclass(frozen=True)
class ImportedNetwork:
    """A NIR graph as a network of qtrain's layers. Neurons keep the names of the graph."""

    graph: Graph
    tensors: dict[str, Tensor]
    roundings: tuple[LayerRounding, ...]
    # by node of neurons that fire: the name of its layer, and the layer's shape
    spiking: dict[str, tuple[str, Shape]]


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
    form = WeightFormat(weight_bits, round_weights)
    maker = NetworkMaker(graph, steps, form, calibration or Calibration())
    return maker.made(encoding, {"scale": input_scale, "bits": input_bits}, shape)


class NetworkMaker:
    """Walks a NIR graph and writes down the nodes and tensors of the network."""

    def __init__(
        self, graph: NirGraph, steps: Steps, form: WeightFormat, calibration: Calibration
    ) -> None:
        self.source, self.steps, self.form, self.calibration = graph, steps, form, calibration
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
            return weighted(node, self._stream(node), self.calibration.products.get(node.name))
        if node.kind in POOLS:
            return self._pooled(node, self._stream(node))
        if node.kind == "Flatten":
            if isinstance(value, Current):
                return replace(value, flat=True)
            return replace(self._flattened(value, node.name), factor=value.factor.reshape(-1))
        scale = node.parameters["scale"]
        scale = np.broadcast_to(scale.reshape(node.shape if scale.size > 1 else ()), node.shape)
        return value.scaled(scale.reshape(value.shape))

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

    def _neurons(self, node: NirNode, neuron: StepNeuron) -> None:
        """Weights, and the neurons that read their currents."""
        currents = []
        for source in node.sources:
            value = self.values[source]
            currents.append(unweighted(source, value) if isinstance(value, Stream) else value)
        shape = currents[0].shape
        if any(current.shape != shape for current in currents):
            raise InputError(
                f"adds currents of {' and '.join(str(list(c.shape)) for c in currents)}; accepted: "
                "one shape"
            )
        layer = rounded_layer(neuron, currents, self.calibration.leaks.get(node.name), self.form)
        names = [
            self._weights(current, weights)
            for current, weights in zip(currents, layer.weights, strict=True)
        ]
        if node.kind in INTEGRATING:
            name = self._integrators(node, names, layer.leak.tau)
            self.roundings.append(layer.rounding(name))
            return
        source = (
            names[0] if len(names) == 1 else self._add(f"{node.name}.sum", Add.op, tuple(names), {})
        )
        attrs = {
            "spike": "binary", "timesteps": self.steps.timesteps, "tau": layer.leak.tau,
            "v_threshold": layer.v_threshold, "reset": self.steps.reset, "amplitude": "fixed",
            "surrogate": "triangle", "channels": None, "surrogate_width": 1.0,
        }  # fmt: skip
        name = self._add(node.name, LIF.op, (source,), attrs, amplitude=torch.ones(()))
        self.spiking[node.name] = name, shape
        self.roundings.append(layer.rounding(name))
        stream = Stream(name, shape, np.ones(shape))
        if currents[0].flat:
            stream = self._flattened(stream, f"{node.name}.flat")
        self.values[node.name] = replace(stream, factor=np.ones(stream.shape))

    def _weights(self, current: Current, weights: LayerWeights) -> str:
        """Add the weights of a current; returns their name."""
        return self._add(
            current.name, current.op, (current.stream,), weights.attrs, **weights.tensors
        )

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
            weights = output_weights(value, self.form)
            name = self._add("readout", Readout.op, (self._weights(value, weights),), {})
            self.roundings.append(
                LayerRounding(layer=name, decay=1, leak=1, gain=1, weight_error=weights.error)
            )
            return
        if len(np.unique(value.factor)) > 1 or value.factor.flat[0] <= 0:
            raise InputError("spikes of several worths; accepted: no Scale before the output")
        self._add("readout", Readout.op, (value.node,), {})
