"""Builds with convolutions and pools: Verilog == golden model in every number."""

import itertools
from functools import partial

import numpy as np
import pytest

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from rtl_sim.simulation.compare import by_sample
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import Stalls, simulate
from tests.builders.random_builds import random_conv_build, random_input
from tests.builders.simulated_builds import chain, conv, hardware, pool, with_lanes
from tests.rtl_sim.verilog.equality import RATES, check


@pytest.mark.parametrize("seed", range(24))
def test_random_builds_under_random_stalls(seed):
    """Shapes, kernels, strides, paddings, groups, pools, lanes, neurons: all drawn."""
    idle, stall = RATES[seed % len(RATES)]
    encoding = ("static", "ternary", "binary")[seed // len(RATES) % 3]
    check(random_conv_build(seed, encoding=encoding), seed, Stalls(idle=idle, stall=stall))


def c(channels, kernel, **options):
    """A square convolution of any input shape."""
    pairs = {k: (v, v) if k != "groups" else v for k, v in options.items()}
    return partial(conv, channels=channels, kernel=(kernel, kernel), **pairs)


def p(kernel, stride, padding=0):
    """A square pool of any input shape."""
    return partial(
        pool, kernel=(kernel, kernel), stride=(stride, stride), padding=(padding, padding)
    )


def whole_map(shape):
    return pool(shape, shape[1:], (1, 1))


CORNERS = {
    "kernel beyond the map": ("ternary", (2, 3, 3), c(5, 5, padding=2), 3),
    "even kernel, padded": ("ternary", (2, 6, 5), c(5, 4, stride=2, padding=2), 3),
    "1x1": ("ternary", (6, 4, 5), c(4, 1), 3),
    "stride beyond the kernel": ("binary", (2, 9, 8), c(4, 2, stride=3), c(3, 1, stride=3), 3),
    "depthwise": ("ternary", (5, 6, 6), c(10, 3, padding=1, groups=5), c(4, 1), 3),
    "one channel, one column": ("ternary", (1, 7, 1), partial(
        conv, channels=1, kernel=(3, 1), stride=(1, 1), padding=(1, 0)
    ), 2),
    "global average pool": ("ternary", (3, 6, 5), c(7, 3), whole_map, 4),
    "pool of pool": ("ternary", (3, 9, 9), c(5, 2), p(3, 2, 1), p(2, 1), c(4, 2), 3),
    "pool with gaps": ("binary", (3, 9, 9), p(1, 2), c(5, 2), p(2, 3), 3),
    "overlapping pool, 1x1": ("ternary", (1, 6, 6), p(3, 1, 1), c(4, 1), 3),
    "static through conv": ("static", (2, 6, 6), c(6, 3, padding=1), c(5, 2, stride=2), 4),
    "static through pools": ("static", (2, 8, 8), p(2, 2), p(2, 1), c(6, 3, padding=1), 4),
    "static, pooled, to the readout": ("static", (2, 6, 6), p(3, 2), 4),
    "dense between": ("ternary", (2, 5, 6), 11, 3),
    "readout alone": ("ternary", (3, 4, 5), 6),
}  # fmt: skip


@pytest.mark.parametrize("name", CORNERS)
def test_corner_cases(name):
    """With lanes that divide the channels and with lanes that do not."""
    encoding, shape, *stages = CORNERS[name]
    build = chain(7, encoding, shape, *stages, timesteps=2)
    check(build)
    check(with_lanes(build, 3, 2), stalls=Stalls())


@pytest.mark.parametrize("encoding", ["static", "ternary"])
def test_one_time_step(encoding):
    check(chain(3, encoding, (2, 6, 6), c(6, 3), p(2, 2), 3, timesteps=1))


def test_the_next_event_hits_the_same_word():
    """1x1 with one word a position: the channels of a position come one after the other."""
    build = with_lanes(chain(5, "ternary", (16, 2, 2), c(6, 1), 3, timesteps=3), 6, 3)
    check(build, stalls=Stalls())
    check(build, stalls=Stalls(idle=100))


def test_values_do_not_depend_on_lanes():
    network = chain(9, "ternary", (3, 5, 6), c(7, 3, padding=1), p(2, 2), c(9, 2), 4, timesteps=2)
    x = random_input(network, 3, 9)
    expected = golden.run(network, x)
    for accumulate, update in [(1, 1), (4, 3), (5, 2), (99, 99)]:
        build = hardware(with_lanes(network, accumulate, update))
        got = simulate(build, x, stalls=Stalls(20, 40))
        np.testing.assert_array_equal(got.logits, expected.logits)
        for name, v in expected.membranes.items():
            np.testing.assert_array_equal(got.layers[name].membranes, by_sample(v))


def test_a_reset_in_mid_sample_leaves_nothing_behind():
    build = chain(4, "ternary", (2, 7, 7), c(5, 3), p(2, 2), 3, timesteps=3)
    for reset_at in (150, 333):
        check(build, stalls=Stalls(20, 40, reset_at=reset_at))


def test_cycles_of_a_time_step():
    """docs/core.md: work, the sum over the events of max(1, taps * REACH), and at most 1 + taken.

    A word that is taken while no event is added delays none.
    """
    network = chain(2, "ternary", (2, 9, 8), c(12, 2, stride=3, padding=1), 3, timesteps=3)
    build = hardware(with_lanes(network, 5, 2))
    layer = build.dataflow.layers[0]
    op = layer.synapses[0].op
    assert layer.fires and op.out_shape == (12, 4, 3)
    x = random_input(build, 6, 2)
    lanes = 4  # slices divide them where a position takes several words
    taps = np.zeros(op.in_shape[1:], np.int64)
    for y, x_ in itertools.product(seen(9, 4), seen(8, 3)):
        taps[y, x_] += 1
    cost = np.broadcast_to(np.maximum(1, taps * (12 // lanes)), op.in_shape)
    work = int((np.abs(x[:, :-1]) * cost).sum())
    steps, taken = x.shape[0] * (x.shape[1] - 1), 4 * 3 * (12 // lanes)
    simulation = simulate(build, x)
    cycles = simulation.starts[-1] - simulation.starts[0]
    assert work + steps < cycles <= work + steps * (taken + 1)


def test_cycles_of_a_time_step_of_a_dense_layer():
    """docs/core.md: each event is added to all words, and each word that is taken delays one."""
    build = hardware(with_lanes(chain(2, "ternary", (40,), 12, 3, timesteps=3), 4, 2))
    x = np.ones((3, 6, 40), np.int8)
    reach, steps = 12 // 4, x.shape[0] * (x.shape[1] - 2)
    simulation = simulate(build, x)
    cycles = simulation.starts[-1] - simulation.starts[1]  # no step before the first sample
    assert cycles == steps * (40 * reach + 1 + reach)


def seen(size, outputs):
    """The coordinate of each tap of a kernel of 2, stride 3, padding 1."""
    return [i for i in range(size) for o in range(outputs) if 0 <= i + 1 - o * 3 < 2]


def test_layers_work_on_different_time_steps():
    """The buffer between holds a whole step: a layer goes on while its last step leaves."""
    network = chain(6, "ternary", (4, 6, 6), c(8, 3, padding=1), c(8, 3, padding=1), 3, timesteps=6)
    report = check(with_lanes(network, 4, 4), stalls=Stalls(), samples=3)
    counts = operations.count(
        network, random_input(network, 3, 1), golden.run(network, random_input(network, 3, 1))
    )
    work = [counts[name].synaptic_additions / 4 / 3 for name in ("layer0", "layer1")]
    assert report.cycles < 0.9 * sum(work)


def test_a_difference_names_the_neuron_by_its_coordinates():
    build = chain(8, "ternary", (2, 5, 6), c(4, 3), 3, timesteps=2)
    tensors = {name: tensor.copy() for name, tensor in build.tensors.items()}
    tensors["layer0.bias"][2] += 1
    wrong = hardware(Build(build.dataflow, tensors))
    x = random_input(build, 2, 1)
    report = run(Build(build.dataflow, build.tensors, files=wrong.files), x)
    assert report.first_difference
    assert report.first_difference.startswith("layer layer0, time step 0, neuron (2, ")
