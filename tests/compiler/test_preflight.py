"""Faults are named all at once, for a checkpoint and for an untrained model."""

import pytest
import torch
from torch import nn

from compiler.__main__ import cli
from compiler.preflight import check
from qtrain import checkpoint as checkpoints
from qtrain.graph import trace
from qtrain.layers import BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.neurons import TernaryLIF
from qtrain.spatial import AvgPool2d, QuantConv2d
from tests.cli import status_of
from tests.compiler.networks import checkpoint

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
        (stack(CONV, LIF, nn.Dropout(), Flatten(), HEAD), "3", "Dropout", "take it out"),
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


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.quant, self.lif, self.again = InputQuant(1.0), TernaryLIF(2), TernaryLIF(2)
        self.a, self.b = QuantLinear(4, 4), QuantLinear(4, 4)
        self.head, self.readout = QuantLinear(4, 10, scaling="tensor"), Readout()

    def forward(self, x):
        s = self.lif(self.a(self.quant(x)))
        return self.readout(self.head(self.again(self.b(s) + s)))


def test_a_sum_of_two_paths_is_named():
    (fault,) = check(Residual(), (4,))
    assert fault.layer == "add"
    assert "chain" in fault.instead


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
