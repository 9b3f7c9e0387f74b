"""Wrong memories and widths that are too small: each is seen and named."""

import re

import msgspec
import numpy as np

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from rtl_sim.simulation.compare import first_difference
from rtl_sim.simulation.simulate import simulate
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import hardware, hardware_build


def test_a_corrupted_weight_is_reported_where_it_first_shows():
    build = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
    wrong = {name: tensor.copy() for name, tensor in build.tensors.items()}
    wrong["layer0.syn.weight"][6, 3] ^= 1
    corrupted = hardware(Build(build.dataflow, wrong))
    x = random_input(build, 5, 21)
    trace, shown = golden.run(build, x), golden.run(corrupted, x)
    sample, step = np.argwhere(
        (trace.membranes["layer0"] != shown.membranes["layer0"]).any(axis=2).T
    )[0]
    simulation = simulate(Build(build.dataflow, build.tensors, files=corrupted.files), x)
    found = first_difference(build, trace, operations.count(build, x, trace), simulation)
    assert found.startswith(f"layer layer0, time step {step}, neuron 6: expected "), found
    assert f"(sample {sample})" in found


def test_one_bit_less_is_an_overflow():
    """The largest sum of the weights, in an accumulator of one bit less than its proven width."""
    build = random_build(9, encoding="ternary", widths=[15, 6])
    w = build.tensors["layer0.syn.weight"]
    row = int(np.abs(w.astype(np.int64)).sum(axis=1).argmax())
    x = np.repeat(np.sign(w[row])[None, None], build.dataflow.timesteps, axis=0).astype(np.int8)
    assert not simulate(hardware(build), x).problem
    layer = build.dataflow.layers[0]
    synapse = msgspec.structs.replace(layer.synapses[0], acc_bits=layer.synapses[0].acc_bits - 1)
    narrow = msgspec.structs.replace(layer, synapses=(synapse,))
    flow = msgspec.structs.replace(build.dataflow, layers=(narrow,))
    problem = simulate(hardware(Build(flow, build.tensors)), x).problem
    assert re.search(r"assertion .*layer0_synapse0.*: accumulator overflow", problem)
