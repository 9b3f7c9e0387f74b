"""A finished graph as hw_models' artefact: description, tensors, memory files, top level."""

from dataclasses import replace

from numpy.typing import NDArray

from compiler import ir
from compiler.casts import narrowed
from compiler.emit import loadable, rtl
from compiler.emit.register_map import Bus
from compiler.ir import Graph, Input
from hw_models import dataflow
from hw_models.core.layout import rearranged
from hw_models.dataflow import Build, Dataflow, Layer, Synapse, Update
from hw_models.validate.integers import weight_bits

Provenance = dict[str, str | int | float | bool]


def emit(graph: Graph, target: str, provenance: Provenance, bus: Bus | None = None) -> Build:
    """The build of a graph that all passes have seen."""
    build = integers(graph, target, provenance)
    # A shortcut around a flatten is the one thing that all engines but the core take: no Verilog.
    if rearranged(build.dataflow):
        return build
    if bus and bus.loadable:
        build = loadable.widened(build, bus.channel_bits)
    return replace(build, files=rtl.generate(build, bus))


def integers(graph: Graph, target: str, provenance: Provenance) -> Build:
    """The same without its hardware: all that the golden model and the fast engine need."""
    tensors: dict[str, NDArray] = {}
    layers = tuple(_layer(graph, layer, tensors) for layer in graph.layers)
    flow = Dataflow(
        name=graph.name,
        target=target,  # pyright: ignore[reportArgumentType]
        timesteps=graph.timesteps,
        input=_input(graph.input),
        layers=layers,
        logit_scale=logit_scale(graph.layers[-1]),
        provenance=provenance,
        warnings=graph.warnings,
    )
    return Build(flow, tensors)


def _input(node: Input) -> dataflow.Input:
    return dataflow.Input(
        name=node.name,
        shape=node.shape,
        encoding=node.encoding,  # pyright: ignore[reportArgumentType]
        x_max=node.x_max,
        scale=node.scale,
    )


def _layer(graph: Graph, layer: ir.Layer, tensors: dict[str, NDArray]) -> Layer:
    update, bounds, lanes = layer.integer, layer.bounds, layer.lanes
    assert update is not None and bounds is not None and lanes is not None
    tensors[f"{layer.name}.lsb"] = update.lsb
    tensors[f"{layer.name}.bias"] = update.bias
    synapses = tuple(_synapse(synapse, tensors) for synapse in graph.synapses(layer))
    if update.v_threshold is not None:
        tensors[f"{layer.name}.v_threshold"] = update.v_threshold
    neurons = Update(
        neuron=layer.neuron,
        p_bits=bounds.p.bits,
        v_bits=bounds.v.bits,
        leak_bits=bounds.v.bits + layer.neuron.leak.k,
        p=bounds.p,
        v=bounds.v,
    )
    return Layer(name=layer.name, shape=layer.shape, synapses=synapses, update=neurons, lanes=lanes)


def logit_scale(readout: ir.Layer) -> float:
    """The real value of logit = 1."""
    assert readout.integer is not None
    return float(readout.integer.lsb[0]) / readout.divisor


def _synapse(synapse: ir.Synapse, tensors: dict[str, NDArray]) -> Synapse:
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
