"""From trained layers to the graph: Brevitas's integers, batch norm in float64, refusals."""

import msgspec
import numpy as np
import pytest
import torch

from compiler.frontend.importer import at_bits, import_network
from compiler.ir import BatchNorm, Input, Layer, Synapse
from hw_models.dataflow import TARGET_BITS, Conv2d
from hw_models.errors import InputError
from qtrain.layers import Flatten, InputQuant, QuantConv2d, QuantLinear, TernaryLIF
from qtrain.layers import Readout as Logits
from qtrain.network.graph import Graph, Node
from qtrain.network.trace import trace
from tests.builders.networks import Block, checkpoint
from tests.builders.residual_networks import residual_checkpoint

TARGETS = {bits: target for target, bits in TARGET_BITS.items()}


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_the_integers_are_brevitas_own(bits):
    trained = checkpoint(weight_bits=bits)
    graph = import_network(trained.network(), TARGETS[bits], "net")
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
    graph = import_network(checkpoint().network(), "int8", "net")
    kinds = [Input, *[Synapse, BatchNorm, Layer] * 2, Synapse, Layer]
    assert [type(node) for node in graph.nodes] == kinds
    assert graph.timesteps == 4
    lif = graph.layers[:-1][1]
    assert (lif.tau, lif.v_th, lif.strict, lif.mode) == (0.25, 0.5, False, "ternary")
    assert lif.amplitude == pytest.approx(-1.3)
    assert graph.input == Input("input", (1, 8, 8), "static", 127, 1 / 16)
    graph = import_network(checkpoint(input_bits=2).network(), "int8", "net")
    assert graph.input == Input("input", (1, 8, 8), "static", 1, 1.0)


def test_batch_norm_is_what_torch_computes():
    trained = checkpoint()
    norm = import_network(trained.network(), "int8", "net").of(BatchNorm)[0]
    layer = trained.network().layer(norm.name).double()
    x = torch.randn(1, 5, len(norm.gain), dtype=torch.float64)
    expected = x[0].numpy() * norm.gain + norm.offset
    np.testing.assert_allclose(layer(x)[0].detach().numpy(), expected, rtol=1e-12)


def test_another_target_re_quantizes_and_says_so():
    graph = import_network(checkpoint(weight_bits=8).network(), "int4", "net")
    (warning,) = graph.warnings
    assert "trained at 8 bits" in warning and "fc1, fc2, fc3" in warning
    for synapse in graph.of(Synapse):
        assert abs(synapse.w).max() == 7


def with_bits(*bits: int) -> Graph:
    """Layers trained at these widths."""
    nodes = [
        Node(f"fc{k}", "linear", ("input",), {"weight_bits": width}) for k, width in enumerate(bits)
    ]
    return Graph((Node("input", "input", (), {}), *nodes))


@pytest.mark.parametrize(
    ("trained", "target", "built"),
    [
        ((8, 4, 4, 8), 4, (8, 4, 4, 8)),  # as trained, for any width that it has
        ((8, 4, 4, 8), 8, (8, 4, 4, 8)),
        ((8, 4, 4, 4, 8), 2, (8, 2, 2, 2, 8)),  # the most common width gives way
        ((8, 4, 4, 8), 2, (8, 2, 2, 8)),  # of several the narrowest
        ((4, 4, 2), 8, (8, 8, 2)),
        ((8, 8), 4, (4, 4)),
        ((), 4, ()),
    ],
)
def test_which_layers_take_the_targets_width(trained, target, built):
    graph, changed = at_bits(with_bits(*trained), target)
    _, *layers = graph.nodes
    assert tuple(node.attrs["weight_bits"] for node in layers) == built
    assert changed == {
        node.name: width
        for node, width in zip(layers, trained, strict=True)
        if width != node.attrs["weight_bits"]
    }


class Shapes(torch.nn.Module):
    """Operands that torch would broadcast."""

    def __init__(self):
        super().__init__()
        self.quant, self.lif, self.again = InputQuant(1.0), TernaryLIF(2), TernaryLIF(2)
        self.first, self.second = QuantConv2d(1, 4, 3, padding=1), QuantConv2d(4, 1, 3, padding=1)
        self.flatten, self.readout = Flatten(), Logits()
        self.head = QuantLinear(4 * 64, 10, scaling="tensor")

    def forward(self, x):
        s = self.lif(self.first(self.quant(x)))
        s = self.again(self.second(s) + s)
        return self.readout(self.head(self.flatten(s)))


def test_operands_of_different_shapes_are_refused_by_name():
    graph, tensors = trace(Shapes(), (1, 8, 8))
    trained = msgspec.structs.replace(checkpoint(), graph=graph, tensors=tensors)
    with pytest.raises(InputError, match=r"add: adds \[1, 8, 8\] of second and \[4, 8, 8\] of lif"):
        import_network(trained.network(), "int8", "net")


def test_currents_that_meet_and_shortcuts_in_the_graph():
    graph = import_network(residual_checkpoint(stem_pool="apart").network(), "int4", "net")
    layers = {layer.name: layer.sources for layer in graph.layers[:-1]}
    assert layers["a_lif"] == ("a2.1", "add.pool")
    assert layers["c_lif"] == ("three.b_lif", "c2.1", "c_short.2")
    assert layers["d_lif"] == ("add_2.c_lif", "d.1")
    short = graph["add.pool"]
    assert isinstance(short, Synapse) and isinstance(short.op, Conv2d)
    assert (short.op.groups, short.op.kernel, short.w.shape) == (8, (1, 1), (8, 1, 1, 1))
    assert {s.amplitude for s in graph.layers[:-1]} != {1.0}
    graph = import_network(residual_checkpoint(channels=True).network(), "int4", "net")
    assert {s.amplitude for s in graph.layers[:-1]} == {1.0}


def test_a_sum_of_sums_is_one_sum():
    graph, tensors = trace(Block(lambda n, s: n.again(n.a(s) + (n.b(s) + s))), (4,))
    trained = msgspec.structs.replace(checkpoint(), graph=graph, tensors=tensors)
    layer = import_network(trained.network(), "int8", "net")["again"]
    assert layer.sources == ("a", "b", "add.lif")


def test_layers_of_different_time_steps_are_refused():
    trained = checkpoint()
    nodes = [
        msgspec.structs.replace(n, attrs={**n.attrs, "timesteps": 3}) if n.name == "lif2" else n
        for n in trained.graph.nodes
    ]
    trained = msgspec.structs.replace(trained, graph=type(trained.graph)(tuple(nodes)))
    with pytest.raises(InputError, match="timesteps: 3 in lif2, 4 in lif1"):
        import_network(trained.network(), "int8", "net")


def test_an_unknown_layer_is_refused_by_name():
    trained = checkpoint()
    nodes = [Node(n.name, "maxpool" if n.name == "lif2" else n.op, n.inputs, n.attrs)
             for n in trained.graph.nodes]  # fmt: skip
    trained = msgspec.structs.replace(trained, graph=type(trained.graph)(tuple(nodes)))
    with pytest.raises(InputError, match=r"lif2.*maxpool"):
        import_network(trained.network(), "int8", "net")
