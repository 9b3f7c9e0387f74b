"""The workload on cases that can be counted by hand; test_graphs.py has the simulation's."""

import numpy as np

from hw_models.core import workload
from hw_models.dataflow import Dense
from hw_models.engines import golden
from tests.builders.random_builds import Builder
from tests.builders.residual_builds import identity
from tests.builders.simulated_builds import blocks, conv, with_lanes


def test_every_event_takes_its_taps_times_the_words_of_a_position():
    """3x3 with stride 2 on 4x4: four taps in the middle, one in the corner at (0, 0)."""
    builder = Builder(1, "ternary", (1, 4, 4))
    builder.timesteps = 2
    builder.add(conv((1, 4, 4), 6, (3, 3), (2, 2), (1, 1)), builder.neuron())
    builder.add(Dense(n_in=24, n_out=2), None)
    build = with_lanes(builder.build(), 4, 2)
    x = np.zeros((2, 1, 1, 4, 4), np.int8)
    x[0, 0, 0, 0, 0], x[0, 0, 0, 1, 1], x[1, 0, 0, 0, 1] = 1, -1, 1
    work = workload.count(build, x, golden.run(build, x))["layer0"]
    assert work.events.tolist() == [[[1 * 2 + 4 * 2], [2 * 2]]]  # 6 channels take 2 words of 4
    assert work.sweep == 4 * 3
    assert work.taken == (4 * 2,)
    assert work.cycles.tolist() == [(10 + 8 + 1) + max(4 + 8 + 1, 12)]


def test_an_event_of_an_identity_shortcut_takes_one_cycle():
    build = with_lanes(blocks("ternary"), 2, 2)
    x = np.ones((3, 1, 5, 4, 4), np.int8)
    trace = golden.run(build, x)
    work = workload.count(build, x, trace)["layer2"]
    assert build.dataflow.layers[2].synapses[1].op == identity((6, 4, 4))
    assert (
        work.events[1, :, 0].tolist() == np.abs(trace.spikes["layer0"]).sum((1, 2, 3, 4)).tolist()
    )


def test_a_static_input_is_taken_once_and_swept_t_times():
    builder = Builder(1, "static", (3,), x_max=7)
    builder.timesteps = 4
    builder.add(Dense(n_in=3, n_out=2), None)
    build = with_lanes(builder.build(), 1, 1)
    x = np.array([[[7, 0, -4]]], np.int8)  # 7 = 8 - 1
    work = workload.count(build, x, golden.run(build, x))["layer0"]
    assert work.events[0, :, 0].tolist() == [(2 + 1) * 2, 0, 0, 0]
    assert work.cycles.tolist() == [max(6 + 4 * 2 + 1, 4 * 6)]


def test_of_one_page_only_the_last_of_t_sweeps_runs_beside_events():
    builder = Builder(1, "static", (1, 2, 2), x_max=1)
    builder.timesteps = 4
    builder.add(conv((1, 2, 2), 3, (1, 1), (1, 1), (0, 0)), builder.neuron())
    builder.add(Dense(n_in=12, n_out=2), None)
    build = with_lanes(builder.build(), 3, 3)
    x = np.array([[[[[1, 0], [-1, 1]]]]], np.int8)
    work = workload.count(build, x, golden.run(build, x))["layer0"]
    assert work.taken == (4,) and work.sweep == 4 and not work.paged
    assert work.cycles.tolist() == [3 * 6 + 3 + 4 + 1]
