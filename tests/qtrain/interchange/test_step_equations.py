"""Steps of time of NIR's neurons: by hand, and against what other simulators recorded."""

import os
from pathlib import Path

import nir
import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.interchange import nir_graph
from qtrain.interchange.float_run import FloatGraph
from qtrain.interchange.step_equations import Steps, step_neurons
from tests.builders.nir_graphs import DT, chained, full, integrate, lif, written

DATA = Path(os.environ.get("TRISPIKE_DATA") or Path(__file__).parents[4] / "shared" / "data")


def neuron(node: nir.NIRNode, path: Path, **steps):
    """The step equation of a node that reads three spikes."""
    graph = chained({"input": nir.Input(np.array([3])), "n": node})
    how = Steps(5, **{"dt": DT, **steps})
    return step_neurons(nir_graph.read(written(graph, path)), how)["n"]


def ends(found) -> list[float]:
    arrays = (found.decay, found.gain, found.drift, found.v_threshold)
    assert all(array.shape == (3,) for array in arrays)
    return [float(array[0]) for array in arrays]


def test_by_hand(tmp_path):
    path = tmp_path / "g.nir"
    leaky = lif(3, tau=8 * DT, r=3.0, v_leak=0.5, v_threshold=2.0)
    assert ends(neuron(leaky, path)) == [7 / 8, 3 / 8, 1 / 16, 2]
    assert ends(neuron(leaky, path, decay="exp")) == [np.exp(-1 / 8), 3 / 8, 1 / 16, 2]
    assert ends(neuron(integrate(3, 2.0, r=0.25), path)) == [1, 0.25, 0, 2]
    assert ends(neuron(integrate(3, 2.0, r=1 / DT), path)) == [1, 1, 0, 2]
    mixed = nir.IF(np.array([1 / DT, 1, 2], np.float32), full(3, 2.0))
    assert neuron(mixed, path).gain.tolist() == [1, 1, 2]
    assert ends(neuron(nir.Threshold(full(3, 1.5)), path)) == [0, 1, 0, 1.5]
    assert ends(neuron(nir.I(full(3, 2.0)), path)) == [1, 2, 0, np.inf]
    li = nir.LI(tau=full(3, 2 * DT), r=full(3, 3.0), v_leak=full(3, 1.0))
    found = neuron(li, path)
    assert ends(found) == [0.5, 1.5, 0.5, np.inf] and not found.fires


@pytest.mark.parametrize(
    ("node", "steps", "message"),
    [
        (lif(3), {"dt": None}, "name it with --dt, in seconds"),
        (integrate(3, r=1e4), {"dt": None}, "r = 10000, .*with --dt, in seconds"),
        (lif(3, tau=0.5 * DT), {}, "shorter than --dt"),
        (lif(3, tau=-DT), {}, r"tau = -0.000\d+; accepted: seconds, more than 0"),
        (lif(3, v_threshold=0.0), {}, "v_threshold = 0; accepted: more than 0"),
        (nir.IF(full(3, 1), full(3, 1), full(3, -0.5)), {}, "v_reset = -0.5; accepted: 0"),
    ],
)
def test_out_of_range(tmp_path, node, steps, message):
    with pytest.raises(InputError, match=f"n: .*{message}"):
        neuron(node, tmp_path / "g.nir", **steps)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"timesteps": 0}, "timesteps = 0"),
        ({"dt": 0.0}, "--dt 0;"),
        ({"decay": "half"}, "--decay half; accepted: euler, exp"),
        ({"reset": "none"}, "--reset none; accepted: hard, soft"),
    ],
)
def test_unusable_steps(option, message):
    with pytest.raises(InputError, match=message):
        Steps(**{"timesteps": 4, **option})


@pytest.mark.parametrize(
    ("simulator", "scale", "steps"),
    [
        ("norse", 1, {}),
        ("snntorch", 25, {}),  # which counts in units of r * dt / tau
        ("sinabs", 1, {"decay": "exp", "reset": "soft"}),
        ("rockpool", 1, {"decay": "exp", "reset": "soft"}),
    ],
)
def test_recorded_by_other_simulators(simulator, scale, steps):
    """The NIR paper's graph of one LIF neuron, as four simulators recorded it for 1,000 steps."""
    folder = DATA / "nir"
    if not folder.is_dir():
        pytest.skip("no recordings of the NIR paper")
    recorded = np.loadtxt(folder / f"lif_{simulator}.csv", delimiter=",")
    x = torch.from_numpy((recorded[:, 0] > 0).astype(float))[:, None, None]
    graph = nir_graph.read(folder / "lif_norse.nir")
    run = FloatGraph(graph, Steps(1000, 1e-4, **steps)).run(x, keep_potentials=True)
    s = run.spikes["1"].flatten().numpy()
    np.testing.assert_array_equal(s, recorded[:, 2])
    assert s.sum() == 4
    u = run.potentials["1"].flatten().numpy()
    quiet = s == 0  # where a spike falls the simulators record the potential behind the reset
    assert np.abs(u - recorded[:, 1] / scale)[quiet].max() < 1e-7
