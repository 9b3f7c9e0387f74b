"""What a forward calls: wrappers and empty layers are looked through, the rest is named."""

import types
from functools import partial

import pytest
import torch
from torch import nn

from hw_models.errors import InputError
from qtrain.layers import BatchNorm, Flatten, InputQuant, QuantLinear, Readout, TernaryLIF
from qtrain.network.graph import inference_graph
from qtrain.network.network import build_network
from qtrain.network.trace import trace

SHAPE = (1, 2, 2)
compiled = partial(torch.compile, backend="eager")  # the default one warns when it is imported


class Net(nn.Module):
    """Two dense layers; `between(self, s)` is what happens to the spikes s of the first."""

    def __init__(self, between=lambda m, s: m.extra(s), extra=None):
        super().__init__()
        torch.manual_seed(0)
        self.quant, self.flat, self.extra = InputQuant(1 / 16), Flatten(), extra or nn.Identity()
        self.fc, self.norm, self.lif = QuantLinear(4, 8), BatchNorm(8), TernaryLIF(2)
        self.fc2, self.lif2 = QuantLinear(8, 8), TernaryLIF(2)
        self.head, self.readout, self.between = (
            QuantLinear(8, 3, scaling="tensor"),
            Readout(),
            between,
        )

    def forward(self, x):
        s = self.lif(self.norm(self.fc(self.flat(self.quant(x)))))
        return self.readout(self.head(self.between(self, s)))


def doubled(module, given, output):
    return 2 * output


def samples():
    return torch.rand((1, 40, *SHAPE), generator=torch.Generator().manual_seed(1))


PLAIN = [node.name for node in trace(Net(), SHAPE)[0].nodes]


@pytest.mark.parametrize(
    "wrap",
    [
        compiled,
        nn.DataParallel,
        lambda net: nn.DataParallel(compiled(net)),
        lambda net: (net.compile(backend="eager"), net)[1],
        lambda net: nn.Sequential(nn.Identity(), net, nn.Identity()),
    ],
)
def test_wrappers_and_identities_are_looked_through(wrap):
    net = Net(extra=nn.Sequential(nn.Identity(3), nn.Sequential()))
    graph, tensors = trace(wrap(net), SHAPE)
    assert [node.name.removeprefix("1.") for node in graph.nodes] == PLAIN
    with torch.no_grad():
        assert torch.equal(build_network(graph, tensors)(samples()), Net().eval()(samples()))


@pytest.mark.parametrize("wrap", [compiled, nn.DataParallel])
def test_a_part_of_a_network_that_is_wrapped(wrap):
    graph, _ = trace(Net(extra=wrap(nn.Sequential(QuantLinear(8, 8), TernaryLIF(2)))), SHAPE)
    assert [node.op for node in graph.nodes[6:8]] == ["linear", "lif"]


def test_a_dropout_trains_and_is_left_out_of_what_is_built():
    graph, tensors = trace(Net(extra=nn.Dropout(0.5)), SHAPE)
    assert graph.nodes[6].attrs == {"p": 0.5, "inplace": False}
    assert [node.name for node in inference_graph(graph).nodes] == PLAIN
    net, plain = build_network(graph, tensors), build_network(inference_graph(graph), tensors)
    with torch.no_grad():
        assert torch.equal(net(samples()), plain(samples()))
        net.train()
        plain.train()
        assert not torch.equal(net(samples()), plain(samples()))


class Switched(Net):
    def forward(self, x):
        return super().forward(x) if self.training else self.readout(self.flat(self.quant(x)))


def hooked(module, register="register_forward_hook"):
    getattr(module, register)(lambda *given: None)
    return module


def in_place(m, s):
    """The spikes are read again, after the sum has overwritten them."""
    t = m.lif2(m.fc2(s))
    u = s
    u += t
    return m.lif2(m.fc2(u) + s)


def through_a_view(m, s):
    flat = m.flat(s)
    s += m.fc2(s)
    return m.lif2(m.fc2(flat) + s)


@pytest.mark.parametrize(
    ("net", "parts"),
    [
        (Switched(), ["Switched", "other layers in training"]),
        (Net(lambda m, s: m.extra(s) if m.training else s, nn.Dropout()), ["other layers"]),
        (hooked(compiled(Net())), ["has hooks"]),
        (hooked(nn.DataParallel(Net())), ["has hooks"]),
        (hooked(Net(), "register_full_backward_hook"), ["_backward"]),
        (Net(extra=hooked(nn.Identity())), ["'extra'", "Identity"]),
        (Net(extra=hooked(nn.Dropout(0.1))), ["'extra'", "a Dropout changed", "forward_hooks"]),
        (Net(extra=nn.Dropout1d(0.1)), ["'extra'", "Dropout1d"]),
        (Net(in_place), ["'add'", "in place", "a = a + b"]),
        (Net(through_a_view), ["'add'", "in place"]),
        (Net(lambda m, s: m.fc2(s, 2.0)), ["'fc2'", "called with 2.0"]),
    ],
)
def test_what_a_trace_would_lose_is_named(net, parts):
    with pytest.raises(InputError) as error:
        trace(net, SHAPE)
    assert all(part in str(error.value) for part in parts), error.value


def test_a_hook_and_a_forward_of_the_network_itself_are_seen():
    net = Net()
    net.register_forward_hook(doubled)
    with pytest.raises(InputError, match="'mul'"):
        trace(net, SHAPE)
    net = Net()
    net.forward = types.MethodType(lambda self, x: self.readout(self.flat(self.quant(x))), net)
    assert [node.op for node in trace(net, SHAPE)[0].nodes][1:] == [
        "input_quant", "flatten", "readout",
    ]  # fmt: skip


def test_the_modes_of_a_network_stay_as_they_were():
    net = Net()
    net.norm.eval()
    modes = [module.training for module in net.modules()]
    trace(net, SHAPE)
    assert [module.training for module in net.modules()] == modes and net.training


def test_a_sum_in_place_that_nothing_reads_again():
    def add(m, s):
        t = m.fc2(s)
        t += s
        return m.lif2(t)

    net = Net(add).eval()
    with torch.no_grad():
        assert torch.equal(build_network(*trace(net, SHAPE))(samples()), net(samples()))


def twice(m, s):
    return m.lif2(m.fc2(m.lif2(m.fc2(s))))


class Tied(Net):
    """Two layers of one weight."""

    def __init__(self):
        super().__init__(lambda m, s: m.lif2(m.fc3(m.lif2(m.fc2(s)))))
        self.fc3 = QuantLinear(8, 8)
        self.fc3.weight = self.fc2.weight


@pytest.mark.parametrize("make", [lambda: Net(twice), Tied])
def test_what_is_one_stays_one(make):
    net = make()
    rebuilt = build_network(*trace(net, SHAPE))
    count = {id(p) for n, p in net.named_parameters() if not n.startswith("extra")}
    assert len(list(rebuilt.parameters())) == len(count)
    steps = torch.optim.SGD(rebuilt.parameters(), 0.1)
    rebuilt.train()
    rebuilt(samples()).square().sum().backward()
    steps.step()
    net.train()
    other = torch.optim.SGD(net.parameters(), 0.1)
    net(samples()).square().sum().backward()
    other.step()
    weight = rebuilt.get_parameter("layers.5.weight")
    torch.testing.assert_close(weight, net.fc2.weight)
    graph, tensors = trace(rebuilt, SHAPE)
    assert graph == trace(net, SHAPE)[0]
    key, first = next((f"{n.name}.{k}", v) for n in graph.nodes for k, v in n.tied.items())
    assert first == "fc2.weight"
    with pytest.raises(InputError, match=f"'{key}' is one with 'fc2.weight', but differs"):
        build_network(graph, tensors | {key: tensors[key] + 1})


def test_fixed_parameters_stay_fixed():
    net = Net()
    net.norm.requires_grad_(False)
    net.fc.weight.requires_grad = False
    rebuilt = build_network(*trace(net, SHAPE))
    fixed = {n for n, p in rebuilt.named_parameters() if not p.requires_grad}
    assert fixed == {"layers.2.weight", "layers.3.weight", "layers.3.bias"}
    assert trace(rebuilt, SHAPE)[0] == trace(net, SHAPE)[0]
