"""NeuroBench's metrics of a build, by hand; `make neurobench` compares them with NeuroBench."""

import msgspec
import numpy as np
import pytest

from hw_models.cost import neurobench, operations
from hw_models.cost.operations import Operations
from hw_models.engines import golden
from tests.builders.hand_made import hand_made


def test_a_small_network_by_hand():
    build, x = hand_made()
    trace = golden.run(build, x)
    total = sum(operations.count(build, x, trace).values(), start=Operations())
    spikes = sum(int(np.count_nonzero(s)) for s in trace.spikes.values())
    last = build.weight(build.dataflow.layers[-1].synapses[0])

    found = msgspec.to_builtins(neurobench.metrics(build, total, spikes, samples=1, accuracy=0.5))

    assert found["ParameterCount"] == (2 * 3 + 3 + 3) + (3 * 2 + 2)
    assert found["ConnectionSparsity"] == pytest.approx((2 + (last == 0).sum()) / 12)
    assert found["ClassificationAccuracy"] == 0.5
    assert found["ActivationSparsity"] == 1 - spikes / (3 * 2)
    assert found["MembraneUpdates"] == (3 + 2) * 2
    # An event at input 0 has 2 weights other than 0, as one at input 1 has; there are 3 of them.
    firing = trace.spikes["layer0"].nonzero()[-1]
    of_spikes = np.count_nonzero(last[:, firing])
    assert found["SynapticOperations"] == {
        "Effective_MACs": 0,
        "Effective_ACs": 3 * 2 + of_spikes,
        "Dense": (2 * 3 + 3 * 2) * 2,
    }
    assert found["Footprint"] == operations.footprint_bytes(build)


def test_counts_are_means_over_the_samples():
    build, x = hand_made()
    total = Operations(Effective_ACs=9, Dense=30, MembraneUpdates=12)
    found = neurobench.metrics(build, total, spikes=4, samples=3, accuracy=1)
    assert found.SynapticOperations.Effective_ACs == 3
    assert (found.SynapticOperations.Dense, found.MembraneUpdates) == (10, 4)
    assert found.ActivationSparsity == 1 - 4 / (3 * 2 * 3)
