"""Networks that fork and join: Verilog == golden model in every number, for any stall pattern."""

import numpy as np
import pytest

from hw_models.core import timing, workload
from hw_models.dataflow import Dense
from hw_models.engines import golden
from rtl_sim.simulation.simulate import Stalls, simulate
from tests.builders.random_builds import Builder, random_input
from tests.builders.random_graphs import random_graph_build
from tests.builders.residual_builds import identity, residual_build
from tests.builders.simulated_builds import blocks, conv, hardware, small_buffers, with_lanes
from tests.rtl_sim.verilog.equality import RATES, STALLS, check


@pytest.mark.parametrize("seed", range(18))
def test_random_graphs_under_random_stalls(seed):
    """Sources, convolutions, shortcuts, pools, lanes, neurons: all drawn."""
    encoding = ("static", "ternary", "binary")[seed % 3]
    idle, stall = RATES[seed // 3 % len(RATES)]
    check(hardware(random_graph_build(seed, encoding=encoding)), seed, Stalls(idle, stall))


@pytest.mark.parametrize("seed", range(30, 38))
def test_no_buffer_is_needed_against_deadlock(seed):
    """docs/core.md: any size of the buffers will do. With one word each, nothing gets stuck."""
    build = small_buffers(hardware(random_graph_build(seed)), 1)
    check(build, seed, Stalls(*((0, 0), (150, 150), (0, 220), (220, 0))[seed % 4]))


@pytest.mark.parametrize("reset_at", [97, 260, 611])
def test_a_reset_in_mid_sample_leaves_nothing_behind(reset_at):
    build = hardware(with_lanes(blocks("ternary"), 4, 3))
    check(build, 3, Stalls(idle=20, stall=40, reset_at=reset_at))


@pytest.mark.parametrize(
    ("encoding", "accumulate", "update"),
    [("ternary", 6, 4), ("static", 4, 3), ("binary", 5, 2), ("static", 99, 99)],
)
def test_any_lanes(encoding, accumulate, update):
    """Slices that divide the packed channels of a shortcut, and slices that do not."""
    check(hardware(with_lanes(blocks(encoding), accumulate, update)), 2, STALLS, samples=1)


def test_one_stream_read_twice_by_a_layer():
    builder = Builder(5, "ternary", (3, 4, 4))
    builder.add(conv((3, 4, 4), 4, (3, 3), padding=(1, 1)), builder.neuron())
    maps = builder.shape
    builder.join([("layer0", identity(maps), ()), ("layer0", identity(maps), ())], builder.neuron())
    builder.add(Dense(n_in=64, n_out=3), None)
    check(hardware(builder.build()), 5)


@pytest.mark.parametrize("encoding", ["ternary", "static"])
def test_the_slowest_layer_sets_the_pace(encoding):
    """Back to back a residual network takes what its slowest layer takes, and at most 5 % more.

    By the timing model, which is the simulation to the cycle (test_timing.py).
    """
    network = residual_build(1, (2, 8, 8), (4, 8), 1, encoding=encoding, timesteps=3)
    build = with_lanes(network, 4, 4)
    x = random_input(build, 8, 1)
    trace = golden.run(build, x)
    work = workload.count(build, x, trace)
    slowest = max(layer.cycles[2:].sum() for layer in work.values())
    ends = timing.run(build.dataflow, x, trace).ends
    assert 0.9 * slowest < ends[-1] - ends[1] < 1.05 * slowest


@pytest.mark.parametrize("encoding", ["static", "ternary"])
@pytest.mark.parametrize("op", [
    conv((4, 5, 6), 6, (3, 3), (2, 1), (1, 0), groups=2), identity((4, 5, 6)),
    conv((4, 5, 6), 4, (2, 2), (3, 2), groups=4), conv((4, 5, 6), 7, (5, 6)),
], ids=["grouped", "identity", "depthwise with gaps", "whole map"])  # fmt: skip
def test_cycles_of_the_model_are_those_of_the_simulation(op, encoding):
    """The first layer alone sets the pace: what is behind it is not slower."""
    builder = Builder(4, encoding, (4, 5, 6))
    builder.timesteps = 3
    builder.add(op, builder.neuron())
    n_in = int(np.prod(builder.shape))
    builder.add(Dense(n_in=n_in, n_out=2), None)
    build = hardware(with_lanes(builder.build(), 2, 2))
    x = random_input(build, 5, 4)
    # The input's register slice takes a sample's first beat while the engine is at the last event
    # of the sample before, so these have the same taps.
    x[..., -1, -1, -1] = 1
    work = workload.count(build, x, golden.run(build, x))["layer0"]
    starts = simulate(build, x).starts
    # Before the first sample there is no sweep.
    np.testing.assert_array_equal(np.diff(starts)[1:], work.cycles[1:-1])
