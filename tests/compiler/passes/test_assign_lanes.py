"""Lanes cover the neurons in as few groups as the limit allows, evened out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir import Graph, Input, Synapse
from compiler.passes.assign_lanes import AssignLanes
from hw_models.dataflow import Dense
from tests.builders.rational import readout


@given(st.integers(1, 300), st.integers(1, 64), st.integers(1, 8))
def test_no_more_groups_than_needed_and_no_idle_lane_to_spare(neurons, limit, update):
    synapse = Synapse(
        "fc", "input", Dense(n_in=1, n_out=neurons), np.zeros((neurons, 1), np.int64), 8,
        np.ones(neurons), np.zeros(neurons),
    )  # fmt: skip
    nodes = (Input("input", (1,), "ternary", 1, 1.0), synapse, readout(("fc",), neurons))
    lanes = AssignLanes(limit, update)(Graph("g", 1, nodes)).layers[-1].lanes
    groups = -(-neurons // limit)
    assert lanes.accumulate <= limit
    assert -(-neurons // lanes.accumulate) == groups
    assert lanes.accumulate * groups - neurons < groups
    assert lanes.update == min(update, lanes.accumulate)
