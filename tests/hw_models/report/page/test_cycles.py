"""Cycles by layer are those of the work that is counted, and lanes change them as a build would."""

import msgspec
import numpy as np
import pytest

from hw_models.core import timing, workload
from hw_models.core.layout import layout_of
from hw_models.dataflow import Build
from hw_models.engines import fast
from hw_models.report.page.cycles import SAMPLES, cycles, with_lanes
from tests.builders.random_builds import random_build, random_input
from tests.builders.residual_builds import residual_build

BUILDS = {
    "dense": lambda: random_build(6, encoding="static", widths=[9, 17, 4]),
    "residual": lambda: residual_build(1, (3, 8, 8), (4, 6), 1),
}


@pytest.mark.parametrize("name", BUILDS)
def test_cycles_are_the_mean_work(name):
    build = BUILDS[name]()
    x = random_input(build, SAMPLES + 4, 1)
    found = cycles(build, x, None)
    assert found.samples == SAMPLES
    trace = fast.run(build, x[:, :SAMPLES])
    work = workload.count(build, x[:, :SAMPLES], trace)
    assert [(each.name, each.cycles) for each in found.layers] == [
        (layer, pytest.approx(work[layer].cycles.mean())) for layer in work
    ]
    slowest = max(work, key=lambda layer: work[layer].cycles.mean())
    assert found.limit.name == slowest
    assert found.pace == timing.run(build.dataflow, x[:, :SAMPLES], trace).pace
    (here,) = (each for each in found.scaled if each.factor == 1)
    assert (here.cycles, here.lanes) == (found.limit.cycles, found.lanes)
    assert cycles(build, x, 3).samples == 3


@pytest.mark.parametrize("name", BUILDS)
def test_other_lanes_are_those_of_a_build_that_has_them(name):
    build = BUILDS[name]()
    flow = build.dataflow
    x = random_input(build, 5, 1)
    found = cycles(build, x, None)
    trace = fast.run(build, x)
    for scaled in found.scaled:
        layers = tuple(with_lanes(flow, layer, scaled.factor) for layer in flow.layers)
        other = Build(msgspec.structs.replace(flow, layers=layers), build.tensors)
        work = workload.count(other, x, trace)
        assert scaled.cycles == max(each.cycles.mean() for each in work.values())
        assert scaled.lanes == sum(layout_of(flow, layer).adders for layer in layers)
    assert np.all(np.diff([each.cycles for each in found.scaled]) <= 0)
    assert found.scaled[0].cycles > found.scaled[-1].cycles
    assert found.doubled.cycles <= found.limit.cycles


def test_more_lanes_than_channels_are_engines_side_by_side():
    flow = residual_build(1, (3, 8, 8), (4, 6), 1).dataflow
    layer = flow.layers[0]
    channels, _, columns = layer.shape
    (synapse,) = with_lanes(flow, layer, 1e6).synapses
    assert (synapse.lanes, synapse.engines) == (channels, columns)
    (synapse,) = with_lanes(flow, layer, 1e-6).synapses
    assert (synapse.lanes, synapse.engines) == (1, 1)
