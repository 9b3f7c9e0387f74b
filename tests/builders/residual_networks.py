"""Checkpoints of a residual network with the statistics that training leaves, and worse."""

import torch
from torch import Tensor, nn

from qtrain.checkpoint import Checkpoint
from qtrain.layers import (
    LIF,
    Add,
    AvgPool2d,
    BatchNorm,
    Flatten,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
)
from qtrain.models.resnet import ResNet, resnet
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from tests.builders.networks import DIGITS, checkpoint_of, digits

POOLS = {"none": nn.Sequential(), "apart": AvgPool2d(2), "overlapping": AvgPool2d(3, 2, 1)}


class Residual(nn.Module):
    """Every shortcut there is: identity, of pooled spikes, strided 1x1, pool and 1x1, of vectors.

    Args:
        stem_pool: of POOLS, behind the stem, so that the first shortcut reads pooled spikes.
        weight_bits: of all layers but the first and the last, which have 8.
        channels: whether amplitudes are per channel.
        spike, reset, tau: of all neurons.
    """

    def __init__(
        self, stem_pool: str = "none", weight_bits: int = 4, channels: bool = False, **neuron
    ) -> None:
        super().__init__()

        def lif(features: int) -> LIF:
            options = {"spike": "ternary", "timesteps": 3, **neuron}
            return LIF(**options, channels=features if channels else None)

        def conv(before: int, after: int, kernel: int, stride: int = 1) -> nn.Sequential:
            layer = QuantConv2d(before, after, kernel, stride, kernel // 2, weight_bits=weight_bits)
            return nn.Sequential(layer, BatchNorm(after))

        def dense(before: int, after: int) -> nn.Sequential:
            return nn.Sequential(QuantLinear(before, after, weight_bits), BatchNorm(after))

        self.encode = InputQuant(DIGITS.input_scale)
        self.stem, self.stem_norm = QuantConv2d(1, 8, 3, padding=1), BatchNorm(8)
        self.stem_lif = lif(8)
        self.pool = POOLS[stem_pool]
        # identity
        self.a1, self.a1_lif, self.a2, self.a_lif = conv(8, 8, 3), lif(8), conv(8, 8, 3), lif(8)
        # strided convolution
        self.b1, self.b1_lif, self.b2 = conv(8, 12, 3, 2), lif(12), conv(12, 12, 3)
        self.b_short, self.b_lif = conv(8, 12, 1, 2), lif(12)
        # pool and convolution, and the identity besides
        self.c1, self.c1_lif, self.c2 = conv(12, 12, 3), lif(12), conv(12, 12, 3)
        self.c_short = nn.Sequential(AvgPool2d(3, 1, 1), *conv(12, 12, 1))
        self.three, self.c_lif = Add(), lif(12)
        # vectors: of flattened spikes, then of spikes
        size = 12 * (4 if stem_pool == "none" else 2) ** 2
        self.flatten = Flatten()
        self.d, self.d_lif = dense(size, size), lif(size)
        self.e, self.e_lif = dense(size, size), lif(size)
        self.classes = QuantLinear(size, 10, scaling="tensor", bias=True)
        self.readout = Readout()

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.stem_lif(self.stem_norm(self.stem(self.encode(x)))))
        x = self.a_lif(self.a2(self.a1_lif(self.a1(x))) + x)
        x = self.b_lif(self.b2(self.b1_lif(self.b1(x))) + self.b_short(x))
        x = self.c_lif(self.three(x, self.c2(self.c1_lif(self.c1(x))), self.c_short(x)))
        x = self.flatten(x)
        x = self.d_lif(x + self.d(x))
        x = self.e_lif(torch.add(self.e(x), x))
        return self.readout(self.classes(x))


def residual_checkpoint(seed: int = 0, **options) -> Checkpoint:
    """Residual(**options) by worst_case."""
    torch.manual_seed(seed)
    return worst_case(Residual(**options))


def resnet_checkpoint(network: ResNet, seed: int = 0) -> Checkpoint:
    """One of qtrain's residual networks on the digits, 3 steps, by worst_case."""
    torch.manual_seed(seed)
    scale = DIGITS.input_scale
    return worst_case(resnet(network, DIGITS.shape, 10, input_scale=scale, timesteps=3))


def worst_case(module: nn.Module) -> Checkpoint:
    """Random gains of both signs, one of 0 and one of 1e-7 in every batch norm, its statistics
    those of the data behind such gains; amplitudes of both signs."""
    graph, tensors = trace(module, DIGITS.shape)
    net = build_network(graph, {name: tensor.detach().clone() for name, tensor in tensors.items()})
    with torch.no_grad():
        for layer in net.layers:
            if isinstance(layer, BatchNorm):
                layer.momentum = 1.0
                layer.weight.uniform_(0.3, 1.2).mul_(torch.randn_like(layer.weight).sign())
                layer.weight[:2] = torch.tensor([0.0, 1e-7])
                layer.bias.normal_(0, 0.2)
            elif isinstance(layer, LIF) and layer.ternary:
                sign = torch.randn_like(layer.amplitude).sign()
                layer.amplitude.uniform_(0.5, 1.5).mul_(sign)
        net.train()
        net(digits("train", 300))
    return checkpoint_of(graph, net.eval().tensors())
