"""The timing model is the simulation to the cycle, and as fast as the slowest layer lets it."""

import itertools
import math

import numpy as np
import pytest

from hw_models.core import timing, workload
from hw_models.dataflow import Build, Dense
from hw_models.engines import golden
from rtl_sim.simulation.simulate import simulate
from tests.builders.random_builds import Builder, random_build, random_input
from tests.builders.residual_builds import identity, residual_build
from tests.builders.simulated_builds import blocks, chain, conv, hardware, pool, with_lanes

SAMPLES = 3


def c(channels, kernel, stride=1, padding=0, groups=1):
    return lambda at: conv(
        at, channels, (kernel, kernel), (stride, stride), (padding, padding), groups
    )


def p(kernel, stride, padding=0):
    return lambda at: pool(at, (kernel, kernel), (stride, stride), (padding, padding))


def dense(encoding: str) -> Build:
    return with_lanes(random_build(3, encoding=encoding, widths=[40, 24, 16, 10]), 8, 4)


def convolutions(encoding: str) -> Build:
    """Borders, strides, groups; a layer whose sweep is shorter than 3 words."""
    stages = c(6, 3, padding=1), c(4, 3, 2, groups=2), c(4, 3), 12, 3
    return with_lanes(chain(2, encoding, (3, 7, 7), *stages, timesteps=3), 4, 2)


def pools(encoding: str) -> Build:
    """Before a layer and behind one, overlapping, with gaps, and two in a row."""
    stages = p(3, 2, 1), c(8, 3, padding=1), p(2, 1), c(5, 2, padding=1), p(2, 3), p(2, 1), 3
    return with_lanes(chain(3, encoding, (2, 9, 9), *stages, timesteps=3), 4, 4)


def residual(encoding: str) -> Build:
    network = residual_build(1, (2, 6, 6), (4, 8), 1, encoding=encoding, timesteps=3)
    return with_lanes(network, 4, 4)


def input_read_twice(encoding: str) -> Build:
    """By layers that run at different steps: beats wait in a buffer."""
    return with_lanes(blocks(encoding), 4, 2)


def engines_side_by_side(encoding: str) -> Build:
    """Three engines a synapse, on maps of 7, 4 and 2 columns, behind pools and beside shortcuts."""
    builder = Builder(4, encoding, (3, 7, 7))
    builder.timesteps = 3
    builder.add(conv((3, 7, 7), 6, (3, 3), padding=(1, 1)), builder.neuron())
    builder.add(conv((6, 7, 7), 5, (3, 3), (2, 2), (1, 1)), builder.neuron())
    at, same = (5, 4, 4), conv((5, 4, 4), 5, (3, 3), padding=(1, 1))
    builder.join([("layer1", same, ()), ("layer1", identity(at), ())], builder.neuron())
    pooled = pool(at, (3, 3), (2, 2), (1, 1))
    builder.add(conv(pooled.out_shape, 4, (1, 1)), builder.neuron(), (pooled,))
    builder.add(Dense(n_in=math.prod(builder.shape), n_out=3), None)
    return with_lanes(builder.build(), 2, 2, engines=3)


BUILDS = {
    make.__name__: make
    for make in (
        dense, convolutions, pools, residual, input_read_twice, engines_side_by_side,
    )
}  # fmt: skip


# To the streams, binary spikes are ternary ones: one build of them is enough.
@pytest.mark.parametrize(
    ("name", "encoding"), [*itertools.product(BUILDS, ["static", "ternary"]), ("dense", "binary")]
)
def test_each_sample_goes_in_and_comes_out_in_its_cycle(name, encoding):
    build = hardware(BUILDS[name](encoding))
    x = random_input(build, SAMPLES, 7)
    times = timing.run(build.dataflow, x, golden.run(build, x))
    simulation = simulate(build, x)
    assert not simulation.problem
    begin = simulation.starts[0] - times.starts[0]
    np.testing.assert_array_equal(times.starts, simulation.starts - begin)
    np.testing.assert_array_equal(times.ends, simulation.ends - begin)
    assert times.latencies[0] > times.pace


@pytest.mark.parametrize("encoding", ["static", "ternary"])
@pytest.mark.parametrize(("name", "most"), [
    ("dense", 1.1), ("convolutions", 1.3), ("pools", 1.3), ("residual", 1.3),
    ("input_read_twice", 1.3), ("engines_side_by_side", 1.3),
])  # fmt: skip
def test_the_slowest_layer_sets_the_pace(name, most, encoding):
    """Whatever the samples: 40 of them back to back, against the largest work of a layer."""
    build = BUILDS[name](encoding)
    x = random_input(build, 41, 8)
    trace = golden.run(build, x)
    work = workload.count(build, x, trace).values()
    largest = max(layer.cycles[1:].mean() for layer in work)
    assert 0.98 * largest <= timing.run(build.dataflow, x, trace).pace <= most * largest
