"""Residual networks: shapes, shortcuts, widths of weights, and what blocks compute."""

import pytest
import torch

from qtrain.data import datasets
from qtrain.models.named import named_module
from qtrain.models.shapes import NAMED, RESNETS
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from qtrain.training import default_config

SMALL = {"in_shape": (3, 32, 32), "classes": 10, "input_scale": 1 / 64, "timesteps": 2}


def build(name, **options):
    net = named_module(name, (), (), **{**SMALL, **options})
    return build_network(*trace(net, SMALL["in_shape"]))


def of(net, op):
    return [node for node in net.graph.nodes if node.op == op]


@pytest.mark.parametrize(
    ("name", "convolutions", "joins", "parameters"),
    [
        ("resnet20s", 21, 9, 272_493),
        ("resnet20", 21, 9, 17_289_885),
        ("resnet19", 19, 8, 12_569_243),
        ("resnet20m", 22, 8, 11_247_965),
        ("resnet18", 20, 8, 11_181_659),
        ("resnet34", 36, 16, 21_289_835),
        ("vgg11", 8, 0, 9_228_370),
    ],
)
def test_networks_have_the_layers_that_their_names_say(name, convolutions, joins, parameters):
    net = build(name)
    assert len(of(net, "conv2d")) == convolutions
    assert len(of(net, "add")) == joins
    assert sum(p.numel() for p in net.parameters()) == parameters
    assert NAMED.count(name) == 1


@pytest.mark.parametrize("spike", ["ternary", "binary"])
@pytest.mark.parametrize("amplitude_per", ["layer", "channel"])
@pytest.mark.parametrize("name", ["resnet20s", "resnet20m"])
def test_they_run_and_every_parameter_learns(name, amplitude_per, spike):
    amplitude = "trainable" if spike == "ternary" else "fixed"
    net = build(name, amplitude_per=amplitude_per, spike=spike, amplitude=amplitude, gain=1.0)
    net.train()
    logits = net(torch.randn(1, 4, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (4, 10)
    logits.square().sum().backward()
    still = [k for k, p in net.named_parameters() if p.grad is None or not p.grad.any()]
    assert not still


def test_edges_have_eight_bits_unless_told_otherwise():
    def widths(**options):
        net = build("resnet20s", weight_bits=4, **options)
        nodes = [*of(net, "conv2d"), *of(net, "linear")]
        return [node.attrs["weight_bits"] for node in nodes]

    assert widths() == [8] + [4] * 20 + [8]
    assert widths(edge_bits=2) == [2] + [4] * 20 + [2]
    mlp = named_module("mlp", (8, 8), (), weight_bits=4, **SMALL)
    assert [mlp.get_submodule(f"fc{k}").attrs["weight_bits"] for k in (1, 2, 3)] == [4, 4, 4]
    vgg = trace(named_module("vgg11", (), (), weight_bits=2, **SMALL), SMALL["in_shape"])[0]
    bits = [n.attrs["weight_bits"] for n in vgg.nodes if n.op in ("conv2d", "linear")]
    assert bits == [8] + [2] * 7 + [8]


def test_shortcuts_are_what_the_network_says():
    def shortcut(name, block):
        net = build(name)
        stages = [n for n in net.graph.nodes if n.name.startswith(f"{block}.shortcut")]
        add = next(n for n in net.graph.nodes if n.name == f"{block}.add")
        return [n.op for n in stages], add.inputs

    assert shortcut("resnet20s", "stage1.block1") == ([], ("stage1.block1.bn2", "stem.2"))
    ops, _ = shortcut("resnet20s", "stage2.block1")
    assert ops == ["conv2d", "batchnorm"]
    ops, _ = shortcut("resnet20m", "stage2.block1")
    assert ops == ["avg_pool2d", "conv2d", "batchnorm"]
    assert shortcut("resnet18", "stage1.block1")[1] == ("stage1.block1.bn2", "stem.3")


def test_the_first_layer_is_computed_once():
    net = build("resnet20s", timesteps=4)
    shapes = []
    net.layer("stem.0").register_forward_hook(lambda *call: shapes.append(call[-1].shape))
    with torch.no_grad():
        net(torch.randn(1, 2, 3, 32, 32))
    assert shapes == [(1, 2, 16, 32, 32)]


@pytest.mark.parametrize("name", sorted({*RESNETS, "vgg11"}))
def test_a_configuration_names_them(name):
    options = default_config("cifar10", model=name)
    assert options.model == name
    assert datasets.spec("cifar10").shape == (3, 32, 32)
