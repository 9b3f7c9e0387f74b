"""Faults are named all at once, for a checkpoint and for an untrained model."""

import pytest
import torch
from torch import nn

from compiler.__main__ import cli
from compiler.frontend.preflight import check
from qtrain import checkpoint as checkpoints
from qtrain.layers import (
    AvgPool2d,
    BatchNorm,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.network.trace import trace
from tests.builders.networks import Block, checkpoint
from tests.cli import status_of

SHAPE = (1, 12, 12)


class Faulty(nn.Module):
    """Max pool, dilation, ceil_mode, a ReLU and a readout with a scale for each class."""

    def __init__(self, lif=None):
        super().__init__()
        self.quant = InputQuant(1 / 127)
        self.dilated = QuantConv2d(1, 4, 3, padding=1, dilation=2)
        self.norm = BatchNorm(4)
        self.lif = lif or TernaryLIF(2)
        self.largest = nn.MaxPool2d(2)
        self.ceiling = AvgPool2d(2, ceil_mode=True)
        self.relu = nn.ReLU()
        self.flatten = Flatten()
        self.logits = QuantLinear(4 * 9, 10)
        self.readout = Readout()

    def forward(self, x):
        x = self.lif(self.norm(self.dilated(self.quant(x))))
        x = self.relu(self.ceiling(self.largest(x)))
        return self.readout(self.logits(self.flatten(x)))


EXPECTED = {
    "dilated": "dilation 1",
    "largest": "AvgPool2d",
    "ceiling": "ceil_mode=False",
    "relu": "TernaryLIF",
    "logits": 'scaling="tensor"',
}


def test_five_faults_of_an_untrained_model_are_all_named():
    found = check(Faulty(), SHAPE)
    assert {fault.layer for fault in found} == set(EXPECTED)
    for fault in found:
        assert EXPECTED[fault.layer] in fault.instead


def test_five_faults_of_a_checkpoint_are_all_named_and_nothing_is_built(tmp_path, capsys):
    graph, tensors = trace(Faulty(), SHAPE, strict=False)
    checkpoints.save(tmp_path / "f.pt", {"dataset": "digits"}, graph, tensors, {}, {})
    assert status_of(cli, "check", tmp_path / "f.pt") == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 5
    for layer in EXPECTED:
        assert sum(line.startswith(f"{layer}: ") for line in lines) == 1
    assert status_of(cli, "build", tmp_path / "f.pt", "--out", tmp_path / "b") == 2
    assert not (tmp_path / "b").exists()


def test_a_network_without_fault_passes(tmp_path, capsys):
    trained = checkpoint()
    path = tmp_path / "g.pt"
    checkpoints.save(path, trained.config, trained.graph, trained.tensors, {}, {})
    assert status_of(cli, "check", path) == 0
    assert "every layer can be built" in capsys.readouterr().out


def stack(*layers):
    return nn.Sequential(InputQuant(1 / 127), *layers, Readout())


LIF = TernaryLIF(2)
CONV, HEAD = QuantConv2d(1, 4, 3, padding=1), QuantLinear(4, 10, scaling="tensor")


@pytest.mark.parametrize(
    ("model", "layer", "why", "instead"),
    [
        (stack(CONV, nn.BatchNorm2d(4), LIF, Flatten(), HEAD), "2", "BatchNorm2d", "BatchNorm"),
        (stack(nn.Linear(1, 4), LIF, HEAD), "1", "Linear is unknown", "QuantLinear"),
        (stack(CONV, LIF, nn.Dropout2d(), Flatten(), HEAD), "3", "Dropout2d", "use nn.Dropout,"),
        (
            stack(CONV, LIF, AvgPool2d(3, padding=1, count_include_pad=False), Flatten(), HEAD),
            "3", "count_include_pad", "count_include_pad=True",
        ),
        (stack(CONV, LIF, Flatten(), HEAD, BatchNorm(10)), "6", "a batchnorm", "QuantLinear"),
        (stack(CONV, AvgPool2d(2), LIF, Flatten(), HEAD), "2", "reads 1, a conv2d", "the spikes"),
        (stack(CONV, LIF, LIF, Flatten(), HEAD), "2_1", "reads 2, a lif", "before it"),
        (stack(CONV, LIF, BatchNorm(4), Flatten(), HEAD), "3", "reads 2, a lif", "put it behind"),
        (stack(CONV, LIF, CONV, TernaryLIF(3), Flatten(), HEAD), "timesteps", "3 in", "one number"),
    ],
)  # fmt: skip
def test_each_fault_says_what_to_use_instead(model, layer, why, instead):
    (fault,) = check(model, SHAPE)
    assert fault.layer == layer
    assert why in fault.why
    assert instead in fault.instead


def preactivated(n, s):
    y = n.a(s)
    return n.again(y + n.b(n.again(y)))


LEGAL = {
    "identity": lambda n, s: n.again(n.a(s) + s),
    "current first or last": lambda n, s: n.again(torch.add(s, n.norm(n.a(s)))),
    "two currents": lambda n, s: n.again(n.add(n.a(s), n.b(s))),
    "three, a sum of sums": lambda n, s: n.again(n.a(s) + n.b(s) + s),
    "flattened spikes": lambda n, s: n.again(n.a(s) + n.flatten(s)),
}
SUMS = [
    (lambda n, s: n.again(n.a(s)) + s, "add", "SEW adds of spikes leave {-2..2}", "the current"),
    (lambda n, s: n.again(n.flatten(s) + n.lif(n.a(s))), "add", "lif_1", "before the TernaryLIF"),
    (lambda n, s: n.a(s) + s, "head", "reads add, a sum of currents", "TernaryLIF behind the sum"),
    (lambda n, s: n.again(n.norm(n.a(s) + s)), "norm", "normalizes add", "each path before it"),
    (preactivated, "a", "a current read by again and add", "read the spikes"),
    (lambda n, s: n.again(n.a(s) + n.flatten(n.b(s))), "add", "flatten of b", "or spikes"),
    (
        lambda n, s: n.again(n.a(s) + 1.0),
        "add",
        "no layer but a call_function of add",
        "the outputs of two layers",
    ),
    (lambda n, s: n.again((y := n.a(s)) + y), "add", "adds a to itself", "scale it"),
    (lambda n, s: n.again(n.a(s) + n.relu(s)), "relu", "ReLU", "use TernaryLIF"),
]


@pytest.mark.parametrize("join", LEGAL.values(), ids=LEGAL)
def test_shortcuts_into_a_spiking_layer_are_no_fault(join):
    assert check(Block(join), (4,)) == []


@pytest.mark.parametrize(("join", "layer", "why", "instead"), SUMS)
def test_each_sum_that_cannot_be_is_named(join, layer, why, instead):
    model = Block(join)
    model.relu = nn.ReLU()
    (fault,) = check(model, (4,))
    assert fault.layer == layer
    assert why in fault.why
    assert instead in fault.instead


def test_a_max_pool_on_a_shortcut_is_named():
    class Pooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.quant, self.lif, self.again = InputQuant(1.0), TernaryLIF(2), TernaryLIF(2)
            self.first, self.a = QuantConv2d(1, 4, 3, padding=1), QuantConv2d(4, 4, 2, 2)
            self.shortcut, self.flatten = nn.MaxPool2d(2), Flatten()
            self.head, self.readout = QuantLinear(16, 10, scaling="tensor"), Readout()

        def forward(self, x):
            s = self.lif(self.first(self.quant(x)))
            s = self.again(self.a(s) + self.shortcut(s))
            return self.readout(self.head(self.flatten(s)))

    (fault,) = check(Pooled(), (1, 4, 4))
    assert (fault.layer, fault.instead[:10]) == ("shortcut", "the larges")


def test_a_tau_without_a_short_form_is_named(tmp_path):
    trained = checkpoint()
    path = tmp_path / "t.pt"
    checkpoints.save(path, trained.config, trained.graph, trained.tensors, {}, {})
    content = torch.load(path, weights_only=True)
    for node in content["graph"]["nodes"]:
        if node["name"] == "lif2":
            node["attrs"]["tau"] = 0.3
    torch.save(content, path)
    assert status_of(cli, "check", path) == 2
