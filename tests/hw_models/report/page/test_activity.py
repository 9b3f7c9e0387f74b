"""What a page shows of one sample on its way is what the golden model computes."""

import numpy as np
import pytest

from hw_models.engines import golden
from hw_models.report.page.activity import NEURONS, activity, raster
from tests.builders.random_builds import leaky_readout, random_build, random_input
from tests.builders.simulated_builds import blocks

BUILDS = {
    "static": lambda: random_build(6, encoding="static", widths=[9, 17, 4]),
    "spikes": lambda: leaky_readout("ternary"),
    "shortcuts": lambda: blocks("binary"),
}


@pytest.mark.parametrize("name", BUILDS)
def test_rasters_and_membranes_are_the_golden_models(name):
    build = BUILDS[name]()
    x = random_input(build, 1, 2)
    trace = golden.run(build, x)
    found = activity(build, x)
    spikes = {build.dataflow.input.name: x, **trace.spikes}
    for one in found.rasters:
        np.testing.assert_array_equal(one.spikes, spikes[one.name].reshape(len(one.spikes), -1))
        assert one.fired == np.count_nonzero(spikes[one.name])
    assert [one.name for one in found.rasters][-len(trace.spikes) :] == list(trace.spikes)
    layers = {layer.name: layer for layer in build.dataflow.layers}
    for shown in found.membranes:
        layer = layers[shown.name]
        for neuron in shown.neurons:
            place = tuple(map(int, neuron.name.split(" ")[1].split(",")))
            np.testing.assert_array_equal(neuron.v, trace.membranes[shown.name][:, 0][:, *place])
            if layer.fires:
                s = trace.spikes[shown.name][:, 0][:, *place]
                np.testing.assert_array_equal(neuron.s, s)
                for p, v, fired in zip(neuron.p, neuron.v, neuron.s, strict=True):
                    assert (p >= neuron.v_threshold) == (fired == 1)
                    assert (neuron.ternary and p <= -neuron.v_threshold) == (fired == -1)
                    assert fired or v == p
            else:
                assert neuron.levels == [] and neuron.v[-1] == neuron.p[-1]
    assert found.membranes[-1].name == build.dataflow.layers[-1].name


def test_of_many_neurons_some_are_shown_but_all_counted():
    spikes = np.zeros((2, 1000), np.int8)
    spikes[0, 0], spikes[1, 5], spikes[1, 7] = 1, -1, 1
    found = raster("layer", spikes)
    assert found.shown <= NEURONS and found.every % 2 == 1
    np.testing.assert_array_equal(found.spikes, spikes[:, :: found.every])
    assert (found.fired, found.updates, found.neurons) == (3, 2000, 1000)
