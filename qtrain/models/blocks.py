"""Spiking layers with a network's common options, and the residual block made of them."""

from typing import Any

from torch import Tensor, nn

from qtrain.layers import LIF, Add, AvgPool2d, BatchNorm, QuantConv2d
from qtrain.layers.sizes import Size, pair


class LayerFactory:
    """Makes a network's layers, so that its common options are given once.

    Args:
        timesteps: T.
        weight_bits: 8, 4 or 2, where a layer asks for no other width.
        gain: initial weight of the batch norms; with 1 most neurons fire at first.
        offset: initial bias of the batch norms.
        spike: "ternary" or "binary".
        surrogate: the surrogate gradient of the neurons, see LIF.
        join_surrogate: the surrogate of the neurons in which a shortcut ends; None: surrogate.
        amplitude_per: "layer" or "channel".
        neuron: further options of LIF, such as tau and reset.
    """

    def __init__(
        self,
        *,
        timesteps: int,
        weight_bits: int = 8,
        gain: float = 0.5,
        offset: float = 0.0,
        spike: str = "ternary",
        surrogate: str = "triangle",
        join_surrogate: str | None = None,
        amplitude_per: str = "layer",
        **neuron: Any,
    ) -> None:
        self.weight_bits, self.gain, self.offset = weight_bits, gain, offset
        self.join_surrogate = join_surrogate or surrogate
        self.amplitude_per = amplitude_per
        self.neuron = {"spike": spike, "timesteps": timesteps, "surrogate": surrogate, **neuron}

    def conv(
        self,
        before: int,
        after: int,
        kernel: Size,
        stride: Size = 1,
        weight_bits: int | None = None,
        l1_max: int | None = None,
    ) -> QuantConv2d:
        """A convolution from `before` to `after` channels, padded by half its kernel."""
        down, across = pair(kernel)
        return QuantConv2d(
            before, after, kernel, stride, (down // 2, across // 2),
            weight_bits=weight_bits or self.weight_bits, l1_max=l1_max,
        )  # fmt: skip

    def norm(self, channels: int) -> BatchNorm:
        """A batch norm with the initial gain and offset."""
        return BatchNorm(channels, gain=self.gain, offset=self.offset)

    def lif(self, channels: int) -> LIF:
        """Neurons of so many channels."""
        each = channels if self.amplitude_per == "channel" else None
        return LIF(channels=each, **self.neuron)

    def joining_lif(self, channels: int) -> LIF:
        """Neurons in which a shortcut ends."""
        each = channels if self.amplitude_per == "channel" else None
        return LIF(channels=each, **{**self.neuron, "surrogate": self.join_surrogate})


class Block(nn.Module):
    """A residual block: lif2(bn2(conv2(lif1(bn1(conv1(x))))) + shortcut(x)).

    The shortcut is the identity where neither the channels nor the size of the map change, and
    otherwise a 1x1 convolution and a batch norm.

    Args:
        factory: makes the layers.
        channels: number of channels before and after the block.
        stride: the first convolution's.
        shortcut: where the stride takes effect in the shortcut: "conv", in its convolution, or
            "pool", in an average pool before it.
        kernel: size of both convolutions.
    """

    def __init__(
        self,
        factory: LayerFactory,
        channels: tuple[int, int],
        stride: int,
        shortcut: str = "conv",
        kernel: int = 3,
    ) -> None:
        super().__init__()
        conv, norm, (before, after) = factory.conv, factory.norm, channels
        self.conv1, self.bn1 = conv(before, after, kernel, stride), norm(after)
        self.lif1 = factory.lif(after)
        self.conv2, self.bn2 = conv(after, after, kernel), norm(after)
        self.shortcut = nn.Sequential()
        if stride > 1 or before != after:
            if shortcut == "pool":
                self.shortcut.append(AvgPool2d(stride))
            self.shortcut.append(conv(before, after, 1, 1 if shortcut == "pool" else stride))
            self.shortcut.append(norm(after))
        self.add, self.lif2 = Add(), factory.joining_lif(after)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.lif1(self.bn1(self.conv1(x)))))
        return self.lif2(self.add(y, self.shortcut(x)))
