"""The accounting of the Ternary Spike paper: its table, and its counts by loops."""

import numpy as np
import pytest

from hw_models.cost import operations, paper_energy
from hw_models.cost.operations import Operations
from hw_models.engines import golden
from hw_models.semantics import Leak, Neuron
from tests.builders.random_builds import random_input
from tests.builders.residual_builds import residual_build


@pytest.mark.parametrize(
    ("sops", "sign_ops", "microjoules"),
    [(71_200_000, 110_000, "50.14"), (79_210_000, 230_000, "51.20")],
    ids=["binary", "ternary"],
)
def test_table_5(sops, sign_ops, microjoules):
    counts = Operations(flops=3_540_000, sops=sops, sign_ops=sign_ops)
    assert f"{paper_energy.picojoules(counts) / 1e6:.2f}" == microjoules


@pytest.mark.parametrize("encoding", ["static", "ternary"])
def test_counts_of_a_residual_network(encoding):
    build = residual_build(5, (2, 6, 5), (3, 4), 1, encoding=encoding, timesteps=3)
    x = random_input(build, 4, 1)
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    for layer in build.dataflow.layers:
        got, image = counts[layer.name], encoding == "static" and layer.name == "layer0"
        # 3x3 weights of 2 channels at each of 3 * 6 * 5 neurons, padding too; 3 steps, 4 samples
        assert got.flops == (2 * 9 * 3 * 6 * 5 * 3 * 4 if image else 0)
        assert got.sops == (0 if image else got.synaptic_additions)
        fired = np.count_nonzero(trace.spikes.get(layer.name, 0))
        assert got.sign_ops == 2 * fired
        assert fired > 0 or not layer.fires


def test_a_binary_spike_is_one_comparison():
    neuron = Neuron(mode="binary", reset="hard", leak=Leak(1, 2))
    build = residual_build(1, (2, 6, 5), (3,), 1, neuron=neuron)
    x = random_input(build, 4, 1)
    trace = golden.run(build, x)
    fired = np.count_nonzero(trace.spikes["layer0"])
    assert operations.count(build, x, trace)["layer0"].sign_ops == fired > 0
