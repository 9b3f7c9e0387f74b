"""Residual networks of spikes: basic blocks conv-BN-LIF-conv-BN, plus a shortcut, then LIF.

Source: Guo et al., Ternary Spike, AAAI 2024 (arXiv 2312.06372), and the networks it is compared on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from qtrain.layers.dense import Add, BatchNorm, Flatten, InputQuant, QuantLinear, Readout
from qtrain.layers.neurons import LIF
from qtrain.layers.spatial import AvgPool2d, GlobalAvgPool, QuantConv2d

Stem = Literal["conv", "three", "imagenet"]
EDGE_BITS = 8  # of the first and the last layer, which see the most and are the smallest


@dataclass(frozen=True)
class ResNet:
    """A stem, stages of basic blocks, the mean over the map, a dense layer.

    The first block of a stage with a stride has a shortcut of 1x1 convolution and batch norm, at
    the stride ("conv") or at stride 1 behind an average pool ("pool"); other shortcuts are the
    identity.
    """

    stem: (
        Stem  # conv: one 3x3; three: three 3x3, then a 2x2 pool; imagenet: 7x7/2, then a 3x3/2 pool
    )
    widths: tuple[int, ...]  # channels of each stage; the stem has the first one's
    blocks: tuple[int, ...]  # of each stage
    shortcut: Literal["conv", "pool"] = "conv"


NETWORKS = {
    "resnet20s": ResNet("conv", (16, 32, 64), (3, 3, 3)),
    "resnet20": ResNet("conv", (128, 256, 512), (3, 3, 3)),
    "resnet19": ResNet("conv", (128, 256, 512), (3, 3, 2)),
    "resnet20m": ResNet("three", (64, 128, 256, 512), (2, 2, 2, 2), "pool"),
    "resnet18": ResNet("imagenet", (64, 128, 256, 512), (2, 2, 2, 2)),
    "resnet34": ResNet("imagenet", (64, 128, 256, 512), (3, 4, 6, 3)),
}


@dataclass(frozen=True)
class Layers:
    """Makes the layers of a network's blocks; options as for models.stack."""

    timesteps: int
    weight_bits: int
    gain: float
    offset: float
    spike: str
    surrogate: str
    join_surrogate: str | None
    amplitude_per: str
    neuron: dict[str, Any]

    def conv(
        self, before: int, after: int, kernel: int, stride: int = 1, bits: int | None = None
    ) -> QuantConv2d:
        """Padded by half its kernel."""
        return QuantConv2d(
            before, after, kernel, stride, kernel // 2, weight_bits=bits or self.weight_bits
        )

    def norm(self, channels: int) -> BatchNorm:
        return BatchNorm(channels, gain=self.gain, offset=self.offset)

    def lif(self, channels: int, surrogate: str | None = None) -> LIF:
        each = channels if self.amplitude_per == "channel" else None
        return LIF(
            self.spike,
            self.timesteps,
            channels=each,
            surrogate=surrogate or self.surrogate,
            **self.neuron,
        )

    def joined(self, channels: int) -> LIF:
        """Of neurons in which a shortcut ends."""
        return self.lif(channels, self.join_surrogate)


class Block(nn.Module):
    """lif2(bn2(conv2(lif1(bn1(conv1(x))))) + shortcut(x))."""

    def __init__(
        self,
        layers: Layers,
        channels: tuple[int, int],
        stride: int,
        shortcut: str = "conv",
        kernel: int = 3,
    ) -> None:
        super().__init__()
        conv, norm, (before, after) = layers.conv, layers.norm, channels
        self.conv1, self.bn1 = conv(before, after, kernel, stride), norm(after)
        self.lif1 = layers.lif(after)
        self.conv2, self.bn2 = conv(after, after, kernel), norm(after)
        self.shortcut = nn.Sequential()
        if stride > 1 or before != after:
            if shortcut == "pool":
                self.shortcut.append(AvgPool2d(stride))
            self.shortcut.append(conv(before, after, 1, 1 if shortcut == "pool" else stride))
            self.shortcut.append(norm(after))
        self.add, self.lif2 = Add(), layers.joined(after)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.lif1(self.bn1(self.conv1(x)))))
        return self.lif2(self.add(y, self.shortcut(x)))


def resnet(
    network: ResNet,
    in_shape: Sequence[int],
    classes: int,
    *,
    input_scale: float | None,
    input_bits: int = 8,
    timesteps: int,
    weight_bits: int = 8,
    edge_bits: int | None = None,
    gain: float = 0.5,
    offset: float = 0.0,
    join_surrogate: str | None = None,
    surrogate: str = "triangle",
    spike: str = "ternary",
    amplitude_per: str = "layer",
    **neuron: Any,
) -> nn.Sequential:
    """stem - stage{s} of block{b} - pool - fc - readout; options as for models.stack.

    edge_bits of None is EDGE_BITS; join_surrogate is that of each block's last neurons, None:
    the same surrogate as everywhere.
    """
    edge_bits = edge_bits or EDGE_BITS
    inner = Layers(
        timesteps,
        weight_bits,
        gain,
        offset,
        spike,
        surrogate,
        join_surrogate,
        amplitude_per,
        neuron,
    )
    conv, norm, lif = inner.conv, inner.norm, inner.lif

    net = nn.Sequential()
    if input_scale is not None:
        net.add_module("input_quant", InputQuant(input_scale, input_bits))
    width = network.widths[0]
    kernel, stride = (7, 2) if network.stem == "imagenet" else (3, 1)
    stem = nn.Sequential(
        conv(in_shape[0], width, kernel, stride, edge_bits), norm(width), lif(width)
    )
    if network.stem == "three":
        for _ in range(2):
            stem.extend((conv(width, width, 3), norm(width), lif(width)))
        stem.append(AvgPool2d(2))
    elif network.stem == "imagenet":
        stem.append(AvgPool2d(3, 2, 1))
    net.add_module("stem", stem)
    before = width
    for s, (after, count) in enumerate(zip(network.widths, network.blocks, strict=True)):
        stage = nn.Sequential()
        for b in range(count):
            stride = 2 if s and not b else 1
            block = Block(inner, (before, after), stride, network.shortcut)
            stage.add_module(f"block{b + 1}", block)
            before = after
        net.add_module(f"stage{s + 1}", stage)
    net.add_module("pool", GlobalAvgPool())
    net.add_module("flatten", Flatten())
    net.add_module("fc", QuantLinear(before, classes, edge_bits, scaling="tensor", bias=True))
    net.add_module("readout", Readout())
    return net
