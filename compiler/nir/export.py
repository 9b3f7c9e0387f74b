"""Exports the integers of a build as a NIR graph, in units of each layer's LSB.

The neurons follow NIR's equations in steps of DT by forward Euler: tau = DT / (1 - m / 2**k) and
r = tau / DT make v + DT / tau * (v_leak - v + r * i) the same as m / 2**k * v + i.
"""

import io
from pathlib import Path
from typing import Any

import nir
import numpy as np

from compiler.nir.graph import Nodes, numbers, plain
from compiler.nir.metadata import DT, metadata_of
from compiler.nir.synapses import add_synapse, elementwise
from hw_models.dataflow import Build, Layer
from hw_models.folder import files

OUTPUT = "output"


def write(build: Build, path: Path) -> None:
    """Write `graph_of(build)` to `path`, whole or not at all; the same build gives the same bytes.

    Raises:
        InputError: as graph_of() does.
    """
    buffer: Any = io.BytesIO()  # nir names RawIOBase and takes any file
    nir.write(buffer, graph_of(build))
    files.write({path: buffer.getvalue()})


def graph_of(build: Build) -> nir.NIRGraph:
    """The build as a NIR graph, which NIR's own type check has passed.

    Its input takes x of one time step as integers, and its output gives the readout's membranes,
    which are the logits after the last step. Its metadata hold the build itself.

    Raises:
        InputError: NIR, or its type check, cannot say what a layer does; or an integer is larger
            than float64 holds.
    """
    flow, nodes = build.dataflow, Nodes()
    nodes.add(flow.input.name, nir.Input({"input": np.array(plain(flow.input.shape))}))
    for layer in flow.layers:
        bias = build.tensors[f"{layer.name}.bias"]
        carrier = next((s for s in layer.synapses if not elementwise(s)), layer.synapses[0])
        currents = [
            add_synapse(nodes, build, layer, synapse, bias * (synapse is carrier))
            for synapse in layer.synapses
        ]
        nodes.add(layer.name, neurons(build, layer), *currents)
    readout = flow.layers[-1]
    nodes.add(OUTPUT, nir.Output({"output": np.array(plain(readout.shape))}), readout.name)
    return nir.NIRGraph(nodes.nodes, nodes.edges, metadata=metadata_of(build))


def neurons(build: Build, layer: Layer) -> nir.NIRNode:
    """The neurons of a layer: IF or LIF, and of the readout I or LI."""
    shape, leak = plain(layer.shape), layer.update.neuron.leak.tau
    update: dict[str, Any] = {"r": np.ones(shape)}
    if leak != 1:
        tau = np.full(shape, DT / (1 - leak))
        update = {"tau": tau, "r": tau / DT, "v_leak": np.zeros(shape)}
    v_threshold = build.v_threshold(layer)
    if v_threshold is None:
        return nir.I(**update) if leak == 1 else nir.LI(**update)
    fires_above = numbers(v_threshold, layer.name) - margin(layer, build.dataflow.timesteps)
    update |= {
        "v_threshold": np.broadcast_to(fires_above, layer.shape).reshape(shape),
        "v_reset": np.zeros(shape),
    }
    return nir.IF(**update) if leak == 1 else nir.LIF(**update)


def margin(layer: Layer, timesteps: int) -> float:
    """How far below the integer threshold NIR's lies: integers fire on >=, NIR on >.

    For an integer p, p >= n is p > n - margin for any margin from 0 to 1. A simulator that resets
    by subtracting NIR's threshold leaves `margin` too much at each spike, which adds up to no
    spike more where it is at most 1 / T.
    """
    steps = timesteps if layer.update.neuron.reset == "soft" else 2
    return 0.5 ** max(1, (steps - 1).bit_length())
