"""The convolution with quantized weights."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from hw_models.errors import InputError
from qtrain.layers.quantizers import quantized_weight, weight_quantizer, weight_value
from qtrain.layers.quiet_brevitas import qnn
from qtrain.layers.sizes import Size, pair


def padding_of(padding: Size | str, kernel_size: Size, dilation: Size) -> tuple[int, int]:
    """The rows and columns of zeros that are added on each side of a map.

    "same" keeps the size of the map at stride 1; "valid" adds none.

    Raises:
        InputError: the text is another one, or "same" would add more on one side than on the other.
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
    """Convolutional synapses on maps [T', B, C, H, W]; weights are quantized as in QuantLinear.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups: as in torch's
            Conv2d. padding="same" takes kernels of odd size, at any stride. The compiler takes any
            kernel, stride and padding, but no dilation other than 1.
        weight_bits: 8, 4 or 2.
        scaling: "channel", one scale for each output channel, or "tensor", one scale for all.
        bias: adds a bias of real numbers, not quantized; use it only where no batch norm follows.
        l1_max: bound on sum |w_int| of each output channel, see qtrain.layers.accumulators; None:
            no bound.

    Raises:
        InputError: the number of bits, the scaling or the padding cannot be used.
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
        """The constructor's arguments that make this layer as it is now."""
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
        """The quantized weights for inputs with these amplitudes; see quantized_weight."""
        return quantized_weight(self, amplitude, self.groups)

    def forward(self, input: Tensor, amplitude: Tensor | None = None) -> Tensor:
        w = weight_value(self, amplitude, self.groups)
        y = F.conv2d(
            input.flatten(0, 1), w, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
        return y.unflatten(0, input.shape[:2])
