"""From trained layers to the graph: Brevitas's integers, batch norm in float64, refusals."""

import msgspec
import numpy as np
import pytest
import torch

from compiler.frontend import TARGET_BITS, import_network
from compiler.ir import BatchNorm, Input, Readout, Spiking, Synapse
from hw_models.errors import InputError
from qtrain.graph import Node
from qtrain.layers import QuantLinear
from tests.compiler.networks import checkpoint

TARGETS = {bits: target for target, bits in TARGET_BITS.items()}


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_the_integers_are_brevitas_own(bits):
    trained = checkpoint(weight_bits=bits)
    graph = import_network(trained, TARGETS[bits], "net")
    net = trained.network()
    assert not graph.warnings
    for synapse in graph.of(Synapse):
        layer = net.layer(synapse.name)
        assert isinstance(layer, QuantLinear)
        np.testing.assert_array_equal(synapse.w, layer.quant_weight().int().numpy())
        real = synapse.w * synapse.step[:, None]
        np.testing.assert_allclose(real, layer.quant_weight().value.detach().numpy(), rtol=1e-6)
        assert synapse.w_bits == bits
        assert abs(synapse.w).max() == (1 << (bits - 1)) - 1


def test_the_nodes_in_order():
    graph = import_network(checkpoint(), "int8", "net")
    kinds = [Input, *[Synapse, BatchNorm, Spiking] * 2, Synapse, Readout]
    assert [type(node) for node in graph.nodes] == kinds
    assert graph.timesteps == 4
    lif = graph.of(Spiking)[1]
    assert (lif.tau, lif.v_th, lif.strict, lif.mode) == (0.25, 0.5, False, "ternary")
    assert lif.amplitude == pytest.approx(-1.3)
    assert graph.input == Input("input", (1, 8, 8), "static", 127, 1 / 16)


def test_batch_norm_is_what_torch_computes():
    trained = checkpoint()
    norm = import_network(trained, "int8", "net").of(BatchNorm)[0]
    layer = trained.network().layer(norm.name).double()
    x = torch.randn(1, 5, len(norm.gain), dtype=torch.float64)
    expected = x[0].numpy() * norm.gain + norm.offset
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, rtol=1e-12)


def test_another_target_re_quantizes_and_says_so():
    graph = import_network(checkpoint(weight_bits=8), "int4", "net")
    (warning,) = graph.warnings
    assert "trained at 8 bits" in warning and "fc1, fc2, fc3" in warning
    for synapse in graph.of(Synapse):
        assert abs(synapse.w).max() == 7


def test_layers_of_different_time_steps_are_refused():
    trained = checkpoint()
    nodes = [
        msgspec.structs.replace(n, attrs={**n.attrs, "timesteps": 3}) if n.name == "lif2" else n
        for n in trained.graph.nodes
    ]
    trained = msgspec.structs.replace(trained, graph=type(trained.graph)(tuple(nodes)))
    with pytest.raises(InputError, match="timesteps: 3 in lif2, 4 in lif1"):
        import_network(trained, "int8", "net")


def test_an_unknown_layer_is_refused_by_name():
    trained = checkpoint()
    nodes = [Node(n.name, "maxpool" if n.name == "lif2" else n.op, n.inputs, n.attrs)
             for n in trained.graph.nodes]  # fmt: skip
    trained = msgspec.structs.replace(trained, graph=type(trained.graph)(tuple(nodes)))
    with pytest.raises(InputError, match=r"lif2.*maxpool"):
        import_network(trained, "int8", "net")
