"""Calibration: what weights meet, and which leak and gain do most nearly what a decay did."""

import nir
import numpy as np
import torch
import torch.nn.functional as F

from qtrain.interchange import nir_graph
from qtrain.interchange.calibration import calibrated
from qtrain.interchange.float_run import FloatGraph
from qtrain.interchange.leak_rounding import fitted, nearest
from qtrain.interchange.nir_network import imported
from qtrain.interchange.step_equations import Steps, integrate, step_neurons
from tests.builders.nir_graphs import DT, chained, convolutional, full, lif, weights, written


def test_products_are_those_of_the_values_that_an_output_meets(tmp_path):
    path = written(convolutional(side=6), tmp_path / "g.nir")
    graph = FloatGraph(nir_graph.read(path), Steps(4))
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (4, 9, 2, 6, 6))).double()
    found = calibrated(graph, x).products
    assert set(found) == {"0", "3", "6"}
    met = F.unfold(x.flatten(0, 1), 3, padding=1).transpose(1, 2).flatten(0, 1).numpy()
    np.testing.assert_allclose(found["0"], (met.T @ met)[None] / len(met), rtol=1e-12)
    assert found["6"].shape == (1, 12, 12)


def leaky(tmp_path, tau: float):
    nodes = {
        "input": nir.Input(np.array([20])),
        "a": nir.Linear(weight=weights(np.random.default_rng(1), 30, 20)),
        "b": lif(30, tau=tau * DT, r=tau),
    }
    read = nir_graph.read(written(chained(nodes), tmp_path / "g.nir"))
    return FloatGraph(read, Steps(12, DT)), read


def test_a_fitted_leak_changes_fewer_spikes_than_the_nearest(tmp_path):
    graph, read = leaky(tmp_path, tau=10)  # a decay of 0.9
    x = torch.rand((1, 50, 20), generator=torch.Generator().manual_seed(0)).double()
    current = F.linear(x, torch.from_numpy(read["a"].parameters["weight"]))
    neuron = graph.neurons["b"]
    wanted = integrate(neuron, current, 12, "hard")[1]

    def differing(leak) -> int:
        got = integrate(neuron.rounded(leak.tau, leak.gain), current, 12, "hard")[1]
        return int((got != wanted).sum())

    found = fitted(neuron, current, 12, "hard")
    assert 0 < differing(found) < differing(nearest(0.9))
    calibration = calibrated(graph, x)
    assert calibration.leaks == {"b": found}
    (rounding,) = imported(read, Steps(12, DT), 8, "static", 1 / 127, calibration).roundings
    assert (rounding.leak, rounding.gain) == found


def test_a_decay_that_hardware_has_stays(tmp_path):
    graph, _ = leaky(tmp_path, tau=4)
    assert calibrated(graph, torch.ones(1, 3, 20).double()).leaks == {}
    assert fitted(graph.neurons["b"], torch.ones(1, 3, 30).double(), 12, "soft") == (0.75, 1)
    assert nearest(0.75) == (0.75, 1) and nearest(0.9).tau == 115 / 128


def test_potentials_of_neurons_that_never_fire_are_fitted(tmp_path):
    tau = 10 * DT
    li = nir.LI(tau=full(3, tau), r=full(3, 10.0), v_leak=full(3, 0.0))
    path = written(chained({"input": nir.Input(np.array([3])), "li": li}), tmp_path / "g.nir")
    neuron = step_neurons(nir_graph.read(path), Steps(8, DT))["li"]
    current = torch.rand((8, 40, 3), generator=torch.Generator().manual_seed(1)).double()
    found = fitted(neuron, current, 8, "hard")
    errors = [
        float((integrate(neuron.rounded(*leak), current, 8, "hard")[0] -
               integrate(neuron, current, 8, "hard")[0]).square().sum())
        for leak in (found, nearest(0.9))
    ]  # fmt: skip
    assert 0 < errors[0] < errors[1]
