"""What was done to a layer is taken into the graph, or the layer is named with what differs."""

import types

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from hw_models.errors import InputError
from qtrain.layers import (
    LIF,
    AvgPool2d,
    BatchNorm,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.network.network import build_network
from qtrain.network.trace import trace

SHAPE = (1, 4, 4)
NAMES = ("quant", "conv", "norm", "lif", "pool", "flat", "fc", "readout")


def network(lif=TernaryLIF, fc=QuantLinear) -> nn.Sequential:
    torch.manual_seed(0)
    layers = (
        InputQuant(1 / 16), QuantConv2d(1, 4, 3, 1, 1), BatchNorm(4), lif(3), AvgPool2d(2, 2, 1),
        Flatten(), fc(36, 5, scaling="tensor", bias=True), Readout(),
    )  # fmt: skip
    net = nn.Sequential()
    for name, layer in zip(NAMES, layers, strict=True):
        net.add_module(name, layer)
    return net.eval()


def doubled(module, given, output):
    return 2 * output


def samples():
    return torch.rand((1, 60, *SHAPE), generator=torch.Generator().manual_seed(2))


TAKEN = {
    "norm.eps": 0.5,
    "norm.momentum": None,
    "lif.v_threshold": 1.0,
    "lif.tau": 0.75,
    "lif.timesteps": 2,
    "lif.hard": False,
    "lif.ternary": False,
    "lif.surrogate": "wide",
    "lif.surrogate_width": 0.5,
    "pool.count_include_pad": False,
    "pool.mode": "sum",
    "readout.tau": 0.75,
    "quant.scale": 1 / 4,
    "quant.x_max": 3,
    "conv.note": "an attribute that no layer reads",
}


@pytest.mark.parametrize("place", TAKEN)
def test_an_option_is_what_it_is_now(place):
    net, (name, option) = network(), place.split(".")
    setattr(net.get_submodule(name), option, TAKEN[place])
    rebuilt = build_network(*trace(net, SHAPE))
    with torch.no_grad():
        assert torch.equal(rebuilt(samples()), net(samples()))
    if option != "note":
        assert getattr(rebuilt.layer(name), option) == TAKEN[place]


def test_a_stride_and_a_padding_in_one_number():
    net = network()
    conv, pool = net.get_submodule("conv"), net.get_submodule("pool")
    conv.padding, conv.stride, pool.padding, pool.stride = 2, 2, 0, 1
    net.fc = QuantLinear(16, 5, scaling="tensor")
    with torch.no_grad():
        net(samples())
        assert torch.equal(build_network(*trace(net, SHAPE))(samples()), net(samples()))


class Unsigned(TernaryLIF):
    def fire(self, u):
        return (u >= self.v_threshold).to(u.dtype)


class Steep(TernaryLIF):
    def spike_gradient(self, u):
        return torch.ones_like(u)


class Doubled:
    """Not a layer itself, and before or behind one in a class."""

    def __call__(self, *args):
        return 2 * super().__call__(*args)  # pyright: ignore[reportAttributeAccessIssue]


class Mixed(Doubled, TernaryLIF):
    pass


class Silent(QuantLinear):
    def quant_weight_for(self, amplitude):
        return QuantLinear.quant_weight_for(self, None)


class Named(TernaryLIF):
    """Overrides nothing that is computed."""

    def __init__(self, timesteps):
        super().__init__(timesteps)
        self.label = "mine"

    def extra_repr(self):
        return self.label

    def describe(self):
        return self.label


class Thrice(nn.Module):
    def forward(self, x):
        return 3 * x


def patched(layer: nn.Module, method: str, function) -> None:
    setattr(layer, method, types.MethodType(function, layer))


CHANGES = {
    "forward hook": ("conv", lambda m: m.register_forward_hook(lambda m, i, o: 2 * o)),
    "pre-hook": ("norm", lambda m: m.register_forward_pre_hook(lambda m, i: (2 * i[0],))),
    "backward hook": ("fc", lambda m: m.register_full_backward_hook(lambda m, i, o: None)),
    "hook of a parameter": ("fc", lambda m: m.weight.register_hook(lambda g: 0 * g)),
    "hook in a quantizer": (
        "conv",
        lambda m: m.weight_quant.register_forward_hook(lambda m, i, o: o),
    ),
    "method of an instance": ("lif", lambda m: patched(m, "fire", Unsigned.fire)),
    "forward of an instance": ("flat", lambda m: patched(m, "forward", Thrice.forward)),
    "private method": ("quant", lambda m: patched(m, "_rounded", lambda self, x: x)),
    "parametrization": ("fc", parametrizations.weight_norm),
    "pruning": ("conv", lambda m: prune.l1_unstructured(m, "weight", 0.5)),
    "quantizer replaced": (
        "conv",
        lambda m: setattr(m, "weight_quant", QuantLinear(4, 4, 4).weight_quant),
    ),
    "part of a quantizer": (
        "conv",
        lambda m: setattr(m.weight_quant.tensor_quant.int_quant, "float_to_int_impl", Thrice()),
    ),
    "weight bits": ("conv", lambda m: setattr(m, "weight_bits", 4)),
    "child": ("norm", lambda m: m.add_module("extra", nn.Linear(2, 2))),
    "parameter": ("lif", lambda m: setattr(m, "v_threshold", nn.Parameter(torch.tensor(0.5)))),
    "buffer": ("norm", lambda m: m.register_buffer("seen", torch.zeros(1))),
    "statistics off": ("norm", lambda m: setattr(m, "track_running_stats", False)),
    "type": ("fc", lambda m: m.double()),
    "shape": ("lif", lambda m: setattr(m, "amplitude", nn.Parameter(torch.ones(4)))),
    "gain gone": ("norm", lambda m: setattr(m, "weight", None)),
    "x_max": ("quant", lambda m: setattr(m, "x_max", 100)),
    "no number": ("lif", lambda m: setattr(m, "v_threshold", torch.ones(4))),
    "out of range": ("lif", lambda m: setattr(m, "v_threshold", -1.0)),
    "not finite": ("norm", lambda m: setattr(m, "eps", float("nan"))),
    "leak": ("lif", lambda m: setattr(m, "tau", 0.123)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_graph_would_lose_is_named(what):
    (name, change), net = CHANGES[what], network()
    change(net.get_submodule(name))
    with pytest.raises(InputError, match=f"^layer '{name}': a ") as error:
        trace(net, SHAPE)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [Unsigned, Steep, Mixed])
def test_a_subclass_that_computes_otherwise_is_named(kind):
    overridden = next(name for name in vars(kind) | vars(kind.__mro__[1]) if hasattr(LIF, name)
                      and name in ("fire", "spike_gradient", "__call__"))  # fmt: skip
    with pytest.raises(InputError, match=f"'lif': a {kind.__name__} .*{overridden} is overridden"):
        trace(network(kind), SHAPE)


def test_other_subclasses():
    graph, _ = trace(network(Named), SHAPE)
    assert graph.nodes[4].attrs == TernaryLIF(3).attrs
    with pytest.raises(InputError, match=r"'fc': a Silent .*quant_weight_for is overridden"):
        trace(network(fc=Silent), SHAPE)


def test_a_layer_that_has_run_is_as_it_was_made():
    net = network().train()
    net(samples()).sum().backward()
    trace(net, SHAPE)


def test_a_network_of_a_checkpoint_is_looked_at_as_well():
    net = build_network(*trace(network(), SHAPE))
    net.lifs()["lif"].v_threshold = 1.0
    graph, tensors = trace(net, SHAPE)
    with torch.no_grad():
        assert torch.equal(build_network(graph, tensors)(samples()), net(samples()))
    net.layer("norm").register_forward_hook(doubled)
    with pytest.raises(InputError, match=r"'norm': .*forward_hooks"):
        trace(net, SHAPE)
    net = build_network(graph, tensors)
    net.register_forward_hook(doubled)
    with pytest.raises(InputError, match="Network: its hooks would be lost"):
        trace(net, SHAPE)


def test_memory_that_is_shared_but_not_tied():
    net = network()
    net.fc.bias.data = net.get_submodule("fc").weight.data[:, 0]
    with pytest.raises(InputError, match=r"'fc\.\w+' and 'fc\.\w+' share memory"):
        trace(net, SHAPE)
