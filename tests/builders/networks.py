"""Untrained networks with the parameters that training would have moved, and their checkpoints."""

from pathlib import Path

import torch
from torch import Tensor, nn

from qtrain import checkpoint as checkpoint_files
from qtrain.checkpoint import Checkpoint
from qtrain.data import datasets
from qtrain.layers import (
    LIF,
    Add,
    AvgPool2d,
    BatchNorm,
    Flatten,
    GlobalAvgPool,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.models.stack import mlp
from qtrain.network.graph import Graph
from qtrain.network.trace import trace

DIGITS = datasets.spec("digits")


def digits(split: str = "test", samples: int | None = None) -> Tensor:
    """Real inputs [1, B, 1, 8, 8]."""
    return datasets.load("digits", split).inputs(slice(0, samples))


def checkpoint_of(graph: Graph, tensors: dict[str, Tensor]) -> Checkpoint:
    """A network for the digits as training leaves it, with copies of the tensors."""
    copies = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    return Checkpoint(
        config={"dataset": "digits"}, graph=graph, tensors=copies, metrics={}, training={},
        versions={},
    )  # fmt: skip


def checkpoint(
    seed: int = 0,
    hidden=(24, 16),
    weight_bits: int = 8,
    input_bits: int = 8,
    spike: str = "ternary",
    **neuron,
) -> Checkpoint:
    """An mlp on digits: random weights, batch-norm statistics of the data, gains of both signs."""
    torch.manual_seed(seed)
    net = mlp(
        DIGITS.shape, list(hidden), DIGITS.classes, input_scale=DIGITS.scale_of(input_bits),
        input_bits=input_bits, weight_bits=weight_bits, spike=spike,
        **{"timesteps": 4, "tau": 0.25, **neuron},
    )  # fmt: skip
    net.train()
    net(digits("train", 300))
    with torch.no_grad():
        for name, layer in net.named_modules():
            if name.startswith("bn"):
                layer.weight.uniform_(0.2, 1).mul_(torch.randn_like(layer.weight).sign())
                layer.bias.normal_(0, 0.2)
            if name.startswith("lif") and spike == "ternary":
                layer.amplitude.fill_(0.7 if name == "lif1" else -1.3)
    graph, tensors = trace(net, DIGITS.shape)
    return checkpoint_of(graph, tensors)


class UsersNetwork(nn.Module):
    """A network of a user's own: conv, overlapping pool, depthwise strided conv, global pool."""

    def __init__(self, timesteps: int = 3, spike: str = "ternary", weight_bits: int = 8) -> None:
        super().__init__()
        lif = {"timesteps": timesteps, "spike": spike}
        self.encode = InputQuant(DIGITS.input_scale)
        self.stem = QuantConv2d(1, 6, (3, 5), padding=(1, 2), weight_bits=weight_bits)
        self.stem_norm, self.stem_lif = BatchNorm(6), LIF(**lif)
        self.pool = AvgPool2d(3, 2, 1)
        self.depthwise = QuantConv2d(6, 12, 3, 2, 1, groups=6, weight_bits=weight_bits)
        self.deep_norm, self.deep_lif = BatchNorm(12), LIF(**lif)
        self.everywhere, self.flatten = GlobalAvgPool(), Flatten()
        self.classes = QuantLinear(12, 10, weight_bits, scaling="tensor", bias=True)
        self.readout = Readout()

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem_lif(self.stem_norm(self.stem(self.encode(x))))
        x = self.deep_lif(self.deep_norm(self.depthwise(self.pool(x))))
        return self.readout(self.classes(self.flatten(self.everywhere(x))))


def users_checkpoint(seed: int = 0, **options) -> Checkpoint:
    """UsersNetwork, untrained, its batch norms moved to the data and to gains of both signs."""
    torch.manual_seed(seed)
    net = UsersNetwork(**options)
    net.train()
    net(digits("train", 300))
    with torch.no_grad():
        for norm in (net.stem_norm, net.deep_norm):
            norm.weight.uniform_(0.8, 3).mul_(torch.randn_like(norm.weight).sign())
            norm.bias.normal_(0, 0.2)
        if net.stem_lif.ternary:
            net.stem_lif.amplitude.fill_(0.6)
    graph, tensors = trace(net, DIGITS.shape)
    return checkpoint_of(graph, tensors)


class Block(nn.Module):
    """A dense block of residuals, whose middle is `join(self, s)` for spikes s."""

    def __init__(self, join, head=None):
        super().__init__()
        self.quant, self.lif, self.again = InputQuant(1.0), TernaryLIF(2), TernaryLIF(2)
        self.first, self.a, self.b = QuantLinear(4, 4), QuantLinear(4, 4), QuantLinear(4, 4)
        self.norm, self.flatten, self.add = BatchNorm(4), Flatten(), Add()
        self.head = head or QuantLinear(4, 10, scaling="tensor")
        self.readout, self.join = Readout(), join

    def forward(self, x):
        return self.readout(self.head(self.join(self, self.lif(self.first(self.quant(x))))))


def save(trained: Checkpoint, path: Path) -> Path:
    """The checkpoint as a file at `path`."""
    checkpoint_files.save(
        path, trained.config, trained.graph, trained.tensors, trained.metrics, trained.training
    )
    return path
