"""Lanes cover the neurons in as few words as the limit allows, evened out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.lanes.assign_lanes import AssignLanes
from hw_models.core.layout import Lanes
from hw_models.dataflow import Build, Dense
from hw_models.errors import InputError
from tests.builders.random_builds import Builder, random_build
from tests.builders.simulated_builds import blocks


def one_layer(neurons: int) -> Build:
    """A readout of so many classes, and nothing else."""
    builder = Builder(0, "ternary", (1,))
    builder.add(Dense(n_in=1, n_out=neurons), None)
    return builder.build()


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 8))
def test_no_more_words_than_needed_and_no_idle_lane_to_spare(neurons, limit, update):
    layer = AssignLanes(limit, update, {})(one_layer(neurons)).dataflow.layers[-1]
    (synapse,) = layer.synapses
    words = -(-neurons // limit)
    assert synapse.lanes <= limit
    assert -(-neurons // synapse.lanes) == words
    assert synapse.lanes * words - neurons < words
    assert layer.update_lanes == min(update, synapse.lanes)


def test_only_lanes_change():
    build = random_build(3)
    made = AssignLanes(2, 1, {"layer0": 1})(build)
    before, after = build.dataflow.layers, made.dataflow.layers
    assert [layer.synapses[0].lanes for layer in after] == [
        1,
        *[min(2, x.shape[0]) for x in after[1:]],
    ]
    assert before == tuple(Lanes.of(y).given_to(x) for x, y in zip(after, before, strict=True))
    assert made.tensors is build.tensors


def test_engines_layer_by_layer_but_no_more_than_columns():
    """An identity has one, as an event takes it a cycle, and a dense layer has one column."""
    flow = AssignLanes(4, 2, {}, 3, {"layer1": 9})(blocks("ternary")).dataflow
    found = {layer.name: [s.engines for s in layer.synapses] for layer in flow.layers}
    assert found == {
        "layer0": [3], "layer1": [4], "layer2": [3, 1], "layer3": [2, 2], "layer4": [1],
    }  # fmt: skip


def test_a_layer_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="lif9: no layer to give lanes to; layers are layer0"):
        AssignLanes(2, 1, {"lif9": 1})(random_build(3))
