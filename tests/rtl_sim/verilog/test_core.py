"""Whole random builds: Verilog == golden model, for every stall pattern, lane count and reset."""

import numpy as np
import pytest

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.hardware import hardware_of
from rtl_sim.simulation.compare import first_difference
from rtl_sim.simulation.simulate import Stalls, simulate
from tests.builders.random_builds import (
    leaky_readout,
    random_build,
    random_conv_build,
    random_input,
)
from tests.builders.simulated_builds import hardware, hardware_build, with_lanes
from tests.rtl_sim.verilog.equality import RATES, check


@pytest.mark.parametrize("seed", range(18))
def test_random_builds_under_random_stalls(seed):
    idle, stall = RATES[seed % len(RATES)]
    encoding = ("static", "ternary", "binary")[seed // len(RATES) % 3]
    check(hardware_build(seed, encoding=encoding), seed, Stalls(idle=idle, stall=stall), 4)


@pytest.mark.parametrize("x_max", [1, 3])
@pytest.mark.parametrize("network", [random_build, random_conv_build])
@pytest.mark.parametrize("stalls", [Stalls(), Stalls(60, 60)])
def test_images_of_few_bits(network, x_max, stalls):
    """Of 2 bits a value is one digit and the engine has no shifter; of 3 bits 3 = 4 - 1."""
    build = hardware(network(10 + x_max, encoding="static", x_max=x_max))
    first, *_ = hardware_of(build).layers
    assert first.synapses[0].engine.digit_bits == (0 if x_max == 1 else 2)
    check(build, x_max, stalls, 4)


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_layers_of_one_neuron(encoding):
    check(hardware_build(3, encoding=encoding, widths=[1, 1, 1, 1]), 3, Stalls(20, 90), 6)


@pytest.mark.parametrize("encoding", ["static", "ternary"])
def test_a_readout_of_leaky_integrators(encoding):
    """Its membrane leaks from step to step, and what is left after the last one is the logits."""
    check(hardware(leaky_readout(encoding)), 1, Stalls(30, 60), 4)


def test_values_do_not_depend_on_lanes_nor_stalls():
    """One network, every width of hardware and every rate of stalls: the same integers."""
    network = random_build(7, encoding="static", widths=[9, 13, 11, 5])
    x = random_input(network, 4, 7)
    expected = golden.run(network, x)
    cases = [(1, 1, RATES[0]), (4, 3, RATES[1]), (5, 2, RATES[4]), (99, 99, RATES[5])]
    for accumulate, update, (idle, stall) in cases:
        build = hardware(with_lanes(network, accumulate, update))
        got = simulate(build, x, stalls=Stalls(idle, stall))
        np.testing.assert_array_equal(got.logits, expected.logits)
        for layer in build.dataflow.layers:
            membranes = got.layers[layer.name].membranes
            wanted = expected.membranes[layer.name].swapaxes(0, 1)
            np.testing.assert_array_equal(membranes, wanted)


@pytest.mark.parametrize("seed", range(4))
def test_a_reset_in_mid_sample_leaves_nothing_behind(seed):
    """After the reset the bench begins again: all that it sees from then on is equal."""
    build = hardware_build(seed, encoding=("static", "ternary")[seed % 2], widths=[12, 9, 8, 3])
    x, reset_at = random_input(build, 4, seed), 30 + 41 * seed
    simulation = simulate(build, x, stalls=Stalls(idle=20, stall=40, reset_at=reset_at))
    assert simulation.starts[0] > reset_at
    trace = golden.run(build, x)
    assert not first_difference(build, trace, operations.count(build, x, trace), simulation)


def test_samples_back_to_back_overlap():
    """The next sample enters while the one before is in the later layers."""
    build = hardware_build(11, encoding="ternary", widths=[20, 16, 16, 8])
    report = check(build, 11, Stalls(), 8)
    assert report.cycles < 0.8 * report.latency
    simulation = simulate(build, random_input(build, 8, 11))
    assert report.cycles_total == simulation.ends[-1] - simulation.starts[0] + 1
    assert report.cycles * 7 == simulation.ends[-1] - simulation.ends[0]


def pace(build: Build, x) -> int:
    """Cycles from the second sample's first beat to the last sample's.

    The input's register slice takes a sample's first beat while the engine is at the last event of
    the sample before. So each of these samples has one, and the first sample does not count.
    """
    simulation = simulate(build, x)
    return int(simulation.starts[-1] - simulation.starts[1])


def test_cycles_of_a_time_step():
    """docs/core.md: E * REACH + taken + 1 for each step."""
    build = hardware(with_lanes(random_build(2, encoding="ternary", widths=[40, 24, 3]), 8, 4))
    x = random_input(build, 6, 2)
    events, steps = np.count_nonzero(x[:, 1:-1]), x.shape[0] * (x.shape[1] - 2)
    reach = taken = 24 // 8
    assert pace(build, x) == events * reach + steps * (taken + 1)


@pytest.mark.parametrize("classes", [2, 7])
def test_cycles_of_a_static_sample(classes):
    """docs/core.md, for all T steps: two classes have one page, and seven, of two words, two."""
    build = hardware(with_lanes(random_build(2, encoding="static", widths=[30, classes]), 4, 1))
    x, timesteps = random_input(build, 6, 2), build.dataflow.timesteps
    assert timesteps > 1
    digits = operations.count(build, x[:, 1:-1], golden.run(build, x[:, 1:-1]))["layer0"].events
    reach = -(-classes // 4)
    sweeps = timesteps * reach if reach > 1 else (timesteps - 1) * 6 + 1
    assert pace(build, x) == digits * reach + 4 * (sweeps + 1)


def test_a_network_of_a_readout_alone():
    for seed, encoding in enumerate(["static", "ternary"]):
        build = hardware_build(seed, encoding=encoding, widths=[17, 6])
        assert not build.dataflow.layers[0].fires
        check(build, seed, Stalls(40, 100), 5)
