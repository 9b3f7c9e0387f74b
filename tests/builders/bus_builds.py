"""Builds with a bus: registers at the core's edges, and memories that are loaded at run time."""

from dataclasses import replace

import msgspec
import numpy as np

from compiler.emit import loadable
from compiler.emit.register_map import Bus
from compiler.emit.rtl import generate
from hw_models.dataflow import Build, Dense
from tests.builders.random_builds import Builder, random_build, with_own_widths
from tests.builders.residual_builds import identity
from tests.builders.simulated_builds import conv, with_lanes


def with_bus(build: Build, bus: Bus) -> Build:
    """The build with its hardware, on widths for any weights where they can be loaded."""
    if bus.loadable:
        build = loadable.widened(build, bus.channel_bits)
        said = build.dataflow.provenance | {"axi_lite": True, "loadable": True}
        flow = msgspec.structs.replace(build.dataflow, provenance=said)
        build = replace(build, dataflow=flow)
    return replace(build, files=generate(build, bus))


def same_shape(build: Build, seed: int) -> Build:
    """The same network with its weights, biases and thresholds in another order."""
    rng = np.random.default_rng(seed)
    tensors = {
        name: tensor
        if name.endswith("lsb")
        else rng.permutation(tensor.reshape(-1)).reshape(tensor.shape)
        for name, tensor in build.tensors.items()
    }
    return with_own_widths(Build(build.dataflow, tensors))


def joined() -> Build:
    """Maps, two synapses in a layer, two engines of each, and a shortcut, which has one."""
    builder = Builder(6, "ternary", (3, 2, 2))
    builder.timesteps = 2
    builder.add(conv((3, 2, 2), 5, (2, 2), padding=(1, 1)), builder.neuron())
    same = conv(builder.shape, 5, (3, 3), padding=(1, 1))
    sources = [("layer0", same, ()), ("layer0", identity(builder.shape), ())]
    builder.join(sources, builder.neuron())
    builder.add(Dense(n_in=45, n_out=3), None)
    return with_lanes(builder.build(), 4, 2, engines=2)


CORES = {
    "static": with_lanes(
        random_build(30, encoding="static", widths=[9, 13, 11, 5], x_max=127), 12, 4
    ),
    "one digit": random_build(31, encoding="static", widths=[9, 12, 5], x_max=1),
    "ternary": random_build(4, encoding="ternary", widths=[12, 9, 8, 3]),
    "binary": random_build(6, encoding="binary", widths=[5, 9, 4]),
    "joined": joined(),
    "banks": with_lanes(random_build(4, encoding="static", widths=[40, 30, 4]), 2, 2),
}
