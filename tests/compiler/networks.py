"""Untrained networks with the parameters that training would have moved, and their checkpoints."""

import torch
from torch import Tensor

from qtrain import data, models
from qtrain.checkpoint import Checkpoint
from qtrain.graph import trace

DIGITS = data.spec("digits")


def digits(split: str = "test", samples: int | None = None) -> Tensor:
    """Real inputs [1, B, 1, 8, 8]."""
    return data.load("digits", split).inputs(slice(0, samples))


def checkpoint(
    seed: int = 0, hidden=(24, 16), weight_bits: int = 8, spike: str = "ternary", **neuron
) -> Checkpoint:
    """An mlp on digits: random weights, batch-norm statistics of the data, gains of both signs."""
    torch.manual_seed(seed)
    net = models.mlp(
        DIGITS.shape, list(hidden), DIGITS.classes, input_scale=DIGITS.input_scale,
        weight_bits=weight_bits, spike=spike, **{"timesteps": 4, "tau": 0.25, **neuron},
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
    tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    return Checkpoint(
        config={"dataset": "digits"}, graph=graph, tensors=tensors, metrics={}, training={},
        versions={},
    )  # fmt: skip
