"""Networks as plain data: tracing, rebuilding without a class, recording, refusals."""

import msgspec
import pytest
import torch
from torch import nn

from hw_models.errors import InputError
from qtrain.layers import (
    AvgPool2d,
    BatchNorm,
    BinaryLIF,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.models.stack import mlp
from qtrain.network.graph import Graph
from qtrain.network.network import Network, build_network
from qtrain.network.recording import integer_inputs, record
from qtrain.network.trace import trace

SHAPE = (1, 4, 4)


class UserNet(nn.Module):
    """Of a user's own: nested, with a layer used twice and one that is not used."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(InputQuant(1 / 127), Flatten())
        self.blocks = nn.ModuleList(
            nn.Sequential(QuantLinear(16, 16, 4), BatchNorm(16), lif)
            for lif in (TernaryLIF(3, reset="soft"), BinaryLIF(3, tau=0.75))
        )
        self.unused = QuantLinear(16, 16)
        self.head = QuantLinear(16, 5, scaling="tensor", bias=True)
        self.mean = Readout()

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        self.unused(x)
        x = self.blocks[0](x)
        return self.mean(self.head(x))


def samples(count=50):
    return torch.rand((1, count, *SHAPE), generator=torch.Generator().manual_seed(2))


def settled(net):
    """In eval mode, with statistics and parameters as training would leave them."""
    net.train()
    net(samples(200))
    for layer in net.modules():
        if isinstance(layer, BatchNorm):
            nn.init.uniform_(layer.weight, -1, 1)
            nn.init.uniform_(layer.bias, -0.3, 0.3)
        if isinstance(layer, TernaryLIF):
            nn.init.constant_(layer.amplitude, -0.7)
    return net.eval()


@pytest.fixture(params=["mlp", "user"])
def network(request):
    torch.manual_seed(0)
    if request.param == "mlp":
        return settled(mlp(SHAPE, [12, 9], 5, input_scale=1 / 127, timesteps=3, weight_bits=2))
    return settled(UserNet())


def test_rebuilt_from_plain_data_it_gives_the_same_bits(network):
    graph, tensors = trace(network, SHAPE)
    plain = msgspec.json.encode(graph)
    rebuilt = build_network(msgspec.json.decode(plain, type=Graph), dict(tensors))
    assert type(rebuilt) is Network
    assert not rebuilt.training
    with torch.no_grad():
        logits = network(samples())
        assert logits.std() > 0
        assert torch.equal(rebuilt(samples()), logits)
    again, again_tensors = trace(rebuilt, SHAPE)
    assert again == graph
    assert again_tensors.keys() == tensors.keys()


def test_an_input_quantizer_that_says_no_bits_has_8():
    graph, tensors = trace(UserNet(), SHAPE)
    nodes = [
        msgspec.structs.replace(n, attrs={"scale": 1.0}) if n.op == InputQuant.op else n
        for n in graph.nodes
    ]
    net = build_network(Graph(tuple(nodes)), tensors)
    assert integer_inputs(net, torch.full((1, 1, *SHAPE), 500.0)).max() == 127


def test_nodes_are_named_after_their_paths():
    graph, tensors = trace(UserNet(), SHAPE)
    assert [(node.name, node.op) for node in graph.nodes] == [
        ("input", "input"),
        ("stem.0", "input_quant"),
        ("stem.1", "flatten"),
        ("blocks.0.0", "linear"),
        ("blocks.0.1", "batchnorm"),
        ("blocks.0.2", "lif"),
        ("blocks.1.0", "linear"),
        ("blocks.1.1", "batchnorm"),
        ("blocks.1.2", "lif"),
        ("blocks.0.0_1", "linear"),
        ("blocks.0.1_1", "batchnorm"),
        ("blocks.0.2_1", "lif"),
        ("head", "linear"),
        ("mean", "readout"),
    ]
    assert all(a.name in b.inputs for a, b in zip(graph.nodes, graph.nodes[1:], strict=False))
    assert graph.nodes[0].attrs == {"shape": [1, 4, 4], "encoding": "static"}
    assert graph.nodes[8].attrs == {
        "spike": "binary",
        "timesteps": 3,
        "tau": 0.75,
        "v_threshold": 0.5,
        "reset": "hard",
        "amplitude": "trainable",
        "surrogate": "triangle",
        "channels": None,
        "surrogate_width": 1.0,
    }
    assert tensors["head.bias"].shape == (5,)
    assert torch.equal(tensors["blocks.0.0_1.weight"], tensors["blocks.0.0.weight"])
    assert not any(key.startswith("unused") for key in tensors)


def test_record_gives_spikes_inputs_and_logits(network):
    net = build_network(*trace(network, SHAPE))
    x = samples(7)
    recording = record(net, x, batch_size=3)
    with torch.no_grad():
        torch.testing.assert_close(recording.logits, network(x), atol=1e-6, rtol=0)
    assert torch.equal(recording.inputs, torch.round(x * 127).to(torch.int8))
    lifs = net.lifs()
    assert list(recording.spikes) == list(lifs)
    for name, spikes in recording.spikes.items():
        assert spikes.dtype == torch.int8
        assert spikes.shape[:2] == (3, 7)
        assert set(spikes.unique().tolist()) <= ({-1, 0, 1} if lifs[name].ternary else {0, 1})
        assert spikes.any()
    first = net.graph.nodes[5].name
    head = next(n for n in reversed(net.graph.nodes) if n.op == "linear")
    assert first in recording.spikes
    # the last layer's own arithmetic, from the recorded spikes and the amplitude
    last = head.inputs[0]
    with torch.no_grad():
        y = net.layer(head.name)(recording.spikes[last].float() * lifs[last].amplitude).mean(0)
        torch.testing.assert_close(recording.logits, y)


def in_net(*layers):
    return nn.Sequential(InputQuant(1.0), Flatten(), *layers)


class Calls(nn.Module):
    def __init__(self, call):
        super().__init__()
        self.q, self.flat, self.readout, self.call = InputQuant(1.0), Flatten(), Readout(), call

    def forward(self, x):
        return self.call(self, x)


class Changed(QuantLinear):
    def forward(self, input):
        return 2 * QuantLinear.forward(self, input)  # pyright: ignore[reportOperatorIssue]


@pytest.mark.parametrize(
    ("network", "parts"),
    [
        (in_net(nn.ReLU(), Readout()), ["'2'", "ReLU", "accepted", "QuantLinear"]),
        (in_net(nn.ReLU(), nn.MaxPool1d(2), Readout()), ["'2'", "ReLU", "'3'", "MaxPool1d"]),
        (in_net(Changed(16, 5), Readout()), ["'2'", "Changed"]),
        (in_net(QuantLinear(16, 5)), ["'2'", "logits", "Readout"]),
        (nn.Sequential(Flatten(), Readout()), ["'0'", "InputQuant"]),
        (Calls(lambda m, x: m.readout(m.flat(m.q(x)) * 2)), ["'mul'", "Calls.forward"]),
        (Calls(lambda m, x: m.readout(m.flat(m.q(x)).relu())), ["'relu'", "call_method"]),
        (Calls(lambda m, x: (m.readout(m.q(x)), m.q(x))), ["Calls", "one tensor"]),
        (Calls(lambda m, x: m.readout(x) if x.sum() > 0 else x), ["Calls", "cannot be traced"]),
    ],
)
def test_what_cannot_be_traced_is_named(network, parts):
    with pytest.raises(InputError) as error:
        build_network(*trace(network, SHAPE))
    assert all(part in str(error.value) for part in parts), error.value


def changed(graph, name, fields):
    nodes = (msgspec.structs.replace(n, **fields) if n.name == name else n for n in graph.nodes)
    return Graph(tuple(nodes))


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"op": "maxpool"}, ["'bn1'", "unknown op 'maxpool'", "batchnorm"]),
        ({"attrs": {"features": 12, "groups": 3}}, ["'bn1'", "groups"]),
        ({"attrs": {"features": -1}}, ["'bn1'"]),
        ({"inputs": ("lif1",)}, ["'bn1'", "lif1"]),
        ({"inputs": ("input",)}, ["'bn1'", "InputQuant"]),
        ({"name": "fc1"}, ["'fc1'", "twice"]),
        ({"attrs": {"features": 13}}, ["'bn1.weight'", "[12]", "[13]"]),
    ],
)
def test_a_graph_that_cannot_be_built_is_named(fields, parts):
    graph, tensors = trace(mlp(SHAPE, [12], 5, input_scale=1.0, timesteps=2), SHAPE)
    with pytest.raises(InputError) as error:
        build_network(changed(graph, "bn1", fields), tensors)
    assert all(part in str(error.value) for part in parts), error.value


def test_missing_and_left_over_tensors_are_named():
    graph, tensors = trace(mlp(SHAPE, [12], 5, input_scale=1.0, timesteps=2), SHAPE)
    with pytest.raises(InputError, match=r"'fc2\.weight'.*missing"):
        build_network(graph, {k: v for k, v in tensors.items() if k != "fc2.weight"})
    with pytest.raises(InputError, match=r"'fc3\.weight' belongs to no layer"):
        build_network(graph, tensors | {"fc3.weight": torch.zeros(1)})
    with pytest.raises(InputError, match="first node"):
        build_network(Graph(()), {})


class Joined(nn.Module):
    """A residual block on maps, its shortcut the spikes themselves; a pool and a dense layer."""

    def __init__(self, channels: int | None = None) -> None:
        super().__init__()
        self.quant = InputQuant(1 / 127)
        self.conv1, self.lif1 = QuantConv2d(1, 3, 3, 1, 1), TernaryLIF(3, channels=channels)
        self.conv2, self.lif2 = QuantConv2d(3, 3, 3, 1, 1), TernaryLIF(3, channels=channels)
        self.pool, self.flatten = AvgPool2d(2), Flatten()
        self.fc, self.mean = QuantLinear(12, 5, scaling="tensor"), Readout()

    def forward(self, x):
        x = self.lif1(self.conv1(self.quant(x)))
        x = self.lif2(self.conv2(x) + x)
        return self.mean(self.fc(self.flatten(self.pool(x))))


def test_a_sum_of_two_tensors_is_an_add():
    net = Joined()
    graph, tensors = trace(net, SHAPE)
    add = next(node for node in graph.nodes if node.op == "add")
    assert add.inputs == ("conv2", "lif1")
    with torch.no_grad():
        assert torch.equal(build_network(graph, tensors)(samples()), net(samples()))


def test_amplitudes_of_channels_go_into_the_readers_weights_before_their_quantizer():
    torch.manual_seed(0)  # with some weights lif1 does not fire on both sides
    net = build_network(*trace(Joined(channels=3), SHAPE))
    a = {name: torch.tensor(values) for name, values in
         (("lif1", [0.5, -2.0, 1.25]), ("lif2", [3.0, 0.1, -0.7]))}  # fmt: skip
    with torch.no_grad():
        for name, values in a.items():
            net.lifs()[name].amplitude.copy_(values)

    def quantized(layer, scaled):
        with torch.no_grad():
            copy = type(layer)(**layer.attrs)
            copy.weight.copy_(scaled)
            return copy.quant_weight().value

    tensors = net.tensors()
    w2 = quantized(net.layer("conv2"), tensors["conv2.weight"] * a["lif1"].view(1, 3, 1, 1))
    w3 = quantized(net.layer("fc"), tensors["fc.weight"] * a["lif2"].repeat_interleave(4))
    x = net.layer("quant")(samples())
    with torch.no_grad():
        s1 = net.layer("lif1")(net.layer("conv1")(x))
        assert set(s1.unique().tolist()) == {-1, 0, 1}
        y = nn.functional.conv2d(s1.flatten(0, 1), w2, padding=1).unflatten(0, s1.shape[:2])
        s2 = net.layer("lif2")(y + s1 * a["lif1"].view(3, 1, 1))
        logits = (net.layer("pool")(s2).flatten(2) @ w3.T).mean(0)
        torch.testing.assert_close(net(samples()), logits)
    net(samples()).square().sum().backward()
    for name in a:
        grad = net.lifs()[name].amplitude.grad
        assert grad is not None
        assert grad.ne(0).all()
