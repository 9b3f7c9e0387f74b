"""Layers on maps: quantized convolution and the pools. Activations are [T', B, C, H, W]."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers.dense import Plain, quantized, weight_quantizer
from qtrain.layers.quiet_brevitas import qnn

Size = int | tuple[int, ...] | list[int]


def pair(size: Size) -> tuple[int, int]:
    """(height, width) of a size given once or for each."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))


def padding_of(padding: Size | str, kernel_size: Size, dilation: Size) -> tuple[int, int]:
    """(rows, columns) of zeros to a side; of "same", what keeps a map's size at stride 1.

    Raises:
        InputError: another text, or "same" where one side would get more than the other.
    """
    if not isinstance(padding, str):
        return pair(padding)
    if padding not in ("same", "valid"):
        raise InputError(f'padding = {padding!r}; accepted: rows and columns, "same", "valid"')
    if padding == "valid":
        return 0, 0
    both = [d * (k - 1) for k, d in zip(pair(kernel_size), pair(dilation), strict=True)]
    if any(total % 2 for total in both):
        raise InputError(
            f'padding = "same" with kernel_size = {kernel_size}: one side of the map would get '
            "more; accepted: odd kernels, or padding in numbers"
        )
    return both[0] // 2, both[1] // 2


class QuantConv2d(qnn.QuantConv2d):
    """Convolutional synapses, weights as in QuantLinear: one scale per output channel or tensor.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups: as torch's
            Conv2d; padding="same" for kernels of odd size, at any stride. The compiler takes any
            kernel, stride and padding, and a dilation of 1.
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
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        weight_bits: int = 8,
        scaling: str = "channel",
        bias: bool = False,
        l1_max: int | None = None,
    ) -> None:
        shape = (out_channels, in_channels // groups, *pair(kernel_size))
        super().__init__(
            in_channels,
            out_channels,
            pair(kernel_size),
            stride=pair(stride),
            padding=padding_of(padding, kernel_size, dilation),
            dilation=pair(dilation),
            groups=groups,
            bias=bias,
            weight_quant=weight_quantizer(weight_bits, scaling, shape, l1_max),
            weight_bit_width=weight_bits,
        )
        self.weight_bits, self.scaling, self.l1_max = weight_bits, scaling, l1_max

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that give the layer as it is now."""
        return {
            "in_channels": int(self.in_channels),
            "out_channels": int(self.out_channels),
            "kernel_size": list(pair(self.kernel_size)),
            "stride": list(pair(self.stride)),
            "padding": list(padding_of(self.padding, self.kernel_size, self.dilation)),
            "dilation": list(pair(self.dilation)),
            "groups": int(self.groups),
            "weight_bits": self.weight_bits,
            "scaling": self.scaling,
            "bias": self.bias is not None,
            "l1_max": self.l1_max,
        }

    def quant_weight_for(self, amplitude: Tensor | None) -> Any:
        """The quantized weights where spikes of channel c are worth amplitude[c]; see quantized."""
        return quantized(self, amplitude, self.groups)

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

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that give the layer as it is now."""
        return {
            "kernel_size": list(pair(self.kernel_size)),
            "stride": list(pair(self.stride)),
            "padding": list(pair(self.padding)),
            "ceil_mode": bool(self.ceil_mode),
            "count_include_pad": bool(self.count_include_pad),
            "mode": self.mode,
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


class GlobalAvgPool(Plain):
    """The mean over the map, [T', B, C, H, W] to [T', B, C, 1, 1]."""

    op = "global_avg_pool"

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((-2, -1), keepdim=True)
