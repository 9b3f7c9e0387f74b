"""Layers on maps: quantized convolution and the pools. Activations are [T', B, C, H, W]."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers import quantized, weight_quantizer
from qtrain.quiet_brevitas import qnn

Size = int | tuple[int, int] | list[int]


def pair(size: Size) -> tuple[int, int]:
    """(height, width) of a size given once or for each."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


class QuantConv2d(qnn.QuantConv2d):
    """Convolutional synapses, weights as in QuantLinear: one scale per output channel or tensor.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups: as torch's
            Conv2d. The compiler takes any kernel, stride and padding, and a dilation of 1.
        weight_bits: 8, 4 or 2.
        scaling: "channel" or "tensor".
        bias: real-valued, not quantized; only where no batch norm follows.
        l1_max: bound on sum |w_int| of each output channel, see qtrain.accumulators; None: none.
    """

    op = "conv2d"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        weight_bits: int = 8,
        scaling: str = "channel",
        bias: bool = False,
        l1_max: int | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            pair(kernel_size),
            stride=pair(stride),
            padding=pair(padding),
            dilation=pair(dilation),
            groups=groups,
            bias=bias,
            weight_quant=weight_quantizer(weight_bits, scaling, l1_max),
            weight_bit_width=weight_bits,
        )
        self.attrs: dict[str, Any] = {
            "in_channels": in_channels,
            "out_channels": out_channels,
            "kernel_size": list(pair(kernel_size)),
            "stride": list(pair(stride)),
            "padding": list(pair(padding)),
            "dilation": list(pair(dilation)),
            "groups": groups,
            "weight_bits": weight_bits,
            "scaling": scaling,
            "bias": bias,
            "l1_max": l1_max,
        }

    def quant_weight_for(self, amplitude: Tensor | None) -> Any:
        """The quantized weights where spikes of channel c are worth amplitude[c]; see quantized."""
        return quantized(self, amplitude)

    def forward(self, input: Tensor, amplitude: Tensor | None = None) -> Tensor:
        w = self.quant_weight_for(amplitude).value
        y = F.conv2d(
            input.flatten(0, 1), w, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
        return y.unflatten(0, input.shape[:2])


class AvgPool2d(nn.Module):
    """The mean over each window; the sum with mode = "sum".

    Args:
        kernel_size, stride, padding: as torch's AvgPool2d; stride defaults to the kernel.
        ceil_mode, count_include_pad: as torch's. The compiler takes the defaults: a divisor that
            depends on the position leaves no common scale.
        mode: "mean" or "sum".
    """

    op = "avg_pool2d"

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        mode: str = "mean",
    ) -> None:
        super().__init__()
        if mode not in ("mean", "sum"):
            raise InputError(f"mode = {mode!r}; accepted: mean, sum")
        self.kernel_size, self.padding = pair(kernel_size), pair(padding)
        self.stride = pair(stride or kernel_size)
        self.ceil_mode, self.count_include_pad, self.mode = ceil_mode, count_include_pad, mode
        self.attrs: dict[str, Any] = {
            "kernel_size": list(self.kernel_size),
            "stride": list(self.stride),
            "padding": list(self.padding),
            "ceil_mode": ceil_mode,
            "count_include_pad": count_include_pad,
            "mode": mode,
        }

    def forward(self, x: Tensor) -> Tensor:
        y = F.avg_pool2d(
            x.flatten(0, 1),
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            1 if self.mode == "sum" else None,
        )
        return y.unflatten(0, x.shape[:2])


class GlobalAvgPool(nn.Module):
    """The mean over the map, [T', B, C, H, W] to [T', B, C, 1, 1]."""

    op = "global_avg_pool"

    def __init__(self) -> None:
        super().__init__()
        self.attrs: dict[str, Any] = {}

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((-2, -1), keepdim=True)
