"""The networks: their layers and the options these get."""

import pytest

from qtrain.graph import trace
from qtrain.models import mlp


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)])
def test_mlp_of_any_depth(hidden):
    net = mlp((2, 3), hidden, 7, input_scale=0.5, timesteps=3, weight_bits=4, gain=0.25, tau=0.5)
    graph, tensors = trace(net, (2, 3))
    blocks = [f"{kind}{k}" for k in range(1, len(hidden) + 1) for kind in ("fc", "bn", "lif")]
    last = f"fc{len(hidden) + 1}"
    names = ["input", "input_quant", "flatten", *blocks, last, "readout"]
    assert [node.name for node in graph.nodes] == names
    attrs = {node.name: node.attrs for node in graph.nodes}
    widths = [6, *hidden, 7]
    for k in range(1, len(widths)):
        linear = attrs[f"fc{k}"]
        assert (linear["in_features"], linear["out_features"]) == (widths[k - 1], widths[k])
        assert linear["weight_bits"] == 4
        readout = k == len(widths) - 1
        assert linear["scaling"] == ("tensor" if readout else "channel")
        assert linear["bias"] is readout
    for k in range(1, len(hidden) + 1):
        assert (tensors[f"bn{k}.weight"] == 0.25).all()
        assert attrs[f"lif{k}"]["tau"] == 0.5
        assert attrs[f"lif{k}"]["timesteps"] == 3
        assert attrs[f"lif{k}"]["spike"] == "ternary"
