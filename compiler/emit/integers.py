"""Builds the description and the tensors of a finished graph, without any hardware."""

from numpy.typing import NDArray

from compiler import ir
from compiler.casts import narrowed
from compiler.ir import Graph, Input
from hw_models import dataflow
from hw_models.dataflow import Build, Dataflow, Layer, Synapse, Update
from hw_models.validate.integers import weight_bits

Provenance = dict[str, str | int | float | bool]


def integers(graph: Graph, target: str, provenance: Provenance) -> Build:
    """The build of a graph that has been through all passes.

    It has everything that the golden model and the fast engine need. Each layer has one lane, and
    there are no memories and no Verilog yet.
    """
    tensors: dict[str, NDArray] = {}
    layers = tuple(layer_of(graph, layer, tensors) for layer in graph.layers)
    flow = Dataflow(
        name=graph.name,
        target=target,  # pyright: ignore[reportArgumentType]
        timesteps=graph.timesteps,
        input=input_of(graph.input),
        layers=layers,
        logit_scale=logit_scale(graph.layers[-1]),
        labels=graph.labels,
        provenance=provenance,
        warnings=graph.warnings,
    )
    return Build(flow, tensors)


def input_of(node: Input) -> dataflow.Input:
    """The description of the input stream."""
    return dataflow.Input(
        name=node.name,
        shape=node.shape,
        encoding=node.encoding,  # pyright: ignore[reportArgumentType]
        x_max=node.x_max,
        scale=node.scale,
        zero=node.zero,
        unit=node.unit,
    )


def layer_of(graph: Graph, layer: ir.Layer, tensors: dict[str, NDArray]) -> Layer:
    """The description of a layer and its synapses; this adds their integers to `tensors`."""
    update, bounds = layer.integer, layer.bounds
    assert update is not None and bounds is not None
    tensors[f"{layer.name}.lsb"] = update.lsb
    tensors[f"{layer.name}.bias"] = update.bias
    synapses = tuple(synapse_of(synapse, tensors) for synapse in graph.synapses(layer))
    if update.v_threshold is not None:
        tensors[f"{layer.name}.v_threshold"] = update.v_threshold
    return Layer(
        name=layer.name,
        shape=layer.shape,
        synapses=synapses,
        update=Update.of(layer.neuron, bounds),
    )


def synapse_of(synapse: ir.Synapse, tensors: dict[str, NDArray]) -> Synapse:
    """The description of a synapse; this adds its weights to `tensors`."""
    assert synapse.acc is not None
    name = f"{synapse.name}.weight"
    tensors[name] = narrowed(synapse.w, weight_bits(synapse.w_bits), name)
    return Synapse(
        name=synapse.name,
        source=synapse.source,
        pools=synapse.pools,
        op=synapse.op,
        shift=synapse.shift,
        w_bits=synapse.w_bits,
        acc_bits=synapse.acc.bits,
        acc=synapse.acc,
    )


def logit_scale(readout: ir.Layer) -> float:
    """The real value of an integer logit of 1, in the trained network's logits."""
    assert readout.integer is not None
    return float(readout.integer.lsb[0]) / readout.divisor
