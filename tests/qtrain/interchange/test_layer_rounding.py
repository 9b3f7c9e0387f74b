"""What hardware has no number for is rounded layer by layer, and what is rounded is said."""

import nir
import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.interchange import nir_graph
from qtrain.interchange.nir_network import imported
from qtrain.interchange.step_equations import Steps
from tests.builders import nir_graphs
from tests.builders.nir_graphs import DT, chained, lif, weights, written

T = 16


@pytest.mark.parametrize("last", ["spikes", "potential", "current"])
@pytest.mark.parametrize("bits", [8, 2])
def test_a_graph_may_count_in_any_unit(tmp_path, bits, last):
    """Currents and thresholds times 2^-40 give the same integers: nothing is taken for 0."""
    made = []
    for unit in (1, 2.0**-40):
        graph = nir_graphs.dense(last=last)
        for node in graph.nodes.values():
            for key in vars(node).keys() & {"weight", "bias", "v_threshold"}:
                setattr(node, key, getattr(node, key) * unit)
        read = nir_graph.read(written(graph, tmp_path / "g.nir"))
        made.append(imported(read, Steps(T, DT), bits, "binary"))
    assert made[0].graph == made[1].graph and made[0].roundings == made[1].roundings
    for name, tensor in made[0].tensors.items():
        torch.testing.assert_close(made[1].tensors[name], tensor, rtol=0, atol=0)


def test_a_decay_without_short_form_is_rounded_and_said(tmp_path):
    nodes = {
        "input": nir.Input(np.array([4])),
        "a": nir.Linear(weight=weights(np.random.default_rng(9), 3, 4)),
        "b": lif(3, tau=10 * DT, r=10.0),
    }
    read = nir_graph.read(written(chained(nodes), tmp_path / "g.nir"))
    (rounding,) = imported(read, Steps(T, DT), 8, "binary").roundings
    assert (rounding.layer, rounding.leak) == ("b", 115 / 128)
    assert rounding.decay == pytest.approx(0.9)
    assert rounding.gain == 1  # without samples currents stay as they are


def test_taus_of_one_layer_need_one_leak(tmp_path):
    b = lif(3, tau=10 * DT)
    b.tau[1] = 2 * DT
    nodes = {
        "input": nir.Input(np.array([4])),
        "a": nir.Linear(weight=weights(np.random.default_rng(9), 3, 4)),
        "b": b,
    }
    read = nir_graph.read(written(chained(nodes), tmp_path / "g.nir"))
    with pytest.raises(InputError, match=r"b: decays 0\.5 to 0\.9 in one layer"):
        imported(read, Steps(T, DT), 8, "binary")
