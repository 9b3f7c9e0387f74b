"""The other layers of a network: quantized synapses, batch norm, input quantizer, readout.

Activations are time-major, [T', B, ...]: T' time steps, or one for a static input.
"""

from collections.abc import Sequence
from math import inf, prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hw_models.errors import InputError
from qtrain.layers.accumulators import BoundedIntQuant
from qtrain.layers.quiet_brevitas import (
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFloat,
    StatsOp,
    qnn,
)

WEIGHT_BITS = (8, 4, 2)
INPUT_BITS = range(2, 9)
TERNARY_SIGMA = 1.5


class _TernaryPerChannel(Int8WeightPerChannelFloat):
    scaling_stats_op = StatsOp.MEAN_SIGMA_STD
    sigma = TERNARY_SIGMA


class _TernaryPerTensor(Int8WeightPerTensorFloat):
    scaling_stats_op = StatsOp.MEAN_SIGMA_STD
    sigma = TERNARY_SIGMA


QUANTIZERS = {
    "channel": (Int8WeightPerChannelFloat, _TernaryPerChannel),
    "tensor": (Int8WeightPerTensorFloat, _TernaryPerTensor),
}


def weight_quantizer(
    weight_bits: int, scaling: str, shape: Sequence[int], l1_max: int | None = None
) -> Any:
    """Brevitas's quantizer of weights, for its layers' `weight_quant`.

    Args:
        shape: of the weights, [out, in / groups, ...].

    Raises:
        InputError: the number of bits or the scaling is unknown.
    """
    if weight_bits not in WEIGHT_BITS:
        raise InputError(f"weight_bits = {weight_bits}; accepted: 8, 4, 2")
    if scaling not in QUANTIZERS:
        raise InputError(f"scaling = {scaling!r}; accepted: {', '.join(QUANTIZERS)}")
    sharing = prod(shape if scaling == "tensor" else shape[1:])  # weights of one scale
    # One number has no deviation, and its mean is its maximum.
    quantizer: Any = QUANTIZERS[scaling][weight_bits == 2 and sharing > 1]
    if l1_max is None:
        return quantizer
    return quantizer.let(tensor_quant=BoundedIntQuant, l1_max=l1_max)


def quantized(layer: Any, amplitude: Tensor | None, groups: int = 1) -> Any:
    """A layer's weights [out, in / groups, ...] through its quantizer, Brevitas's quantized tensor.

    Args:
        layer: a QuantLinear or QuantConv2d.
        amplitude: what a spike of each channel is worth, [C], of a layer whose amplitudes go into
            its readers' weights; None: nothing does. C divides the layer's inputs: a flattened map
            has C blocks of values.
        groups: of a convolution.
    """
    if amplitude is None:
        return layer.quant_weight()
    outputs, inputs, *kernel = layer.weight.shape
    each = amplitude.repeat_interleave(groups * inputs // len(amplitude)).view(groups, inputs)
    by_output = each.repeat_interleave(outputs // groups, dim=0)
    return layer.weight_quant(layer.weight * by_output.view(outputs, inputs, *[1] * len(kernel)))


class QuantLinear(qnn.QuantLinear):
    """Dense synapses, y = x W^T (+ bias), W = scale * w_int with w_int narrow, symmetric integers.

    |w_int| <= 127, 7, 1 for 8, 4, 2 bits. The scale is max |w| / |w_int|max; for 2 bits, where that
    is decided by one outlier, mean |w| + 1.5 std |w|, of one weight |w|: below half of it a weight
    becomes 0. (MNIST
    784-128-10 at 20 % firing: 96.4 % with mean |w|, 97.3 % with 0.5 std added, 97.5 % with 1 to 2.)
    quant_weight() gives `.int()` and `.scale`, of which `.value` is the exact product.

    Args:
        in_features, out_features: sizes; the input is [T', B, in_features].
        weight_bits: 8, 4 or 2.
        scaling: "channel", one scale per output (hidden layers), or "tensor" (the readout).
        bias: real-valued, not quantized; only where no batch norm follows.
        l1_max: bound on sum |w_int| of each output, see qtrain.accumulators; None: none.
    """

    op = "linear"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_bits: int = 8,
        scaling: str = "channel",
        bias: bool = False,
        l1_max: int | None = None,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            bias=bias,
            weight_quant=weight_quantizer(
                weight_bits, scaling, (out_features, in_features), l1_max
            ),
            weight_bit_width=weight_bits,
        )
        self.weight_bits, self.scaling, self.l1_max = weight_bits, scaling, l1_max

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that give the layer as it is now."""
        return {
            "in_features": int(self.in_features),
            "out_features": int(self.out_features),
            "weight_bits": self.weight_bits,
            "scaling": self.scaling,
            "bias": self.bias is not None,
            "l1_max": self.l1_max,
        }

    def quant_weight_for(self, amplitude: Tensor | None) -> Any:
        """The quantized weights where spikes of channel c are worth amplitude[c]; see quantized."""
        return quantized(self, amplitude)

    def forward(self, input: Tensor, amplitude: Tensor | None = None) -> Tensor:
        return F.linear(input, self.quant_weight_for(amplitude).value, self.bias)


class BatchNorm(_BatchNorm):
    """Batch norm over time, batch and space of [T', B, features, ...].

    y = weight * (x - mean) / sqrt(var + eps) + bias, by feature; in eval mode with running_mean and
    running_var. `gain` is the initial weight: with a threshold of 0.5 a gain of 1 makes most
    neurons fire. `offset` is the initial bias: a ternary neuron is odd, so that without one a
    network starts as a nearly odd function of its input, which is a poor start.
    """

    op = "batchnorm"

    def __init__(
        self,
        features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        gain: float = 1.0,
        offset: float = 0.0,
    ) -> None:
        if not 0 <= eps < inf:
            raise InputError(f"eps = {eps}; accepted: 0 or more, finite")
        if momentum is not None and not 0 <= momentum <= 1:
            raise InputError(f"momentum = {momentum}; accepted: None, or 0 to 1")
        super().__init__(features, eps=eps, momentum=momentum)
        nn.init.constant_(self.weight, gain)
        nn.init.constant_(self.bias, offset)

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that give the layer as it is now, gain and offset aside."""
        return {
            "features": int(self.num_features),
            "eps": float(self.eps),
            "momentum": None if self.momentum is None else float(self.momentum),
        }

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.flatten(0, 1)).unflatten(0, input.shape[:2])


class InputQuant(nn.Module):
    """Static input to a few bits: x_int = round(x / scale), ties to even, within +-x_max, where
    x_max = 2**(bits - 1) - 1; zero point 0; y = scale * x_int.

    `integers(x)` gives x_int, int8. Zero stays zero, so a background of zeros costs no additions.

    Args:
        scale: real value of x_int = 1.
        bits: 2 to 8, the sign included; of 2 bits x_int is -1, 0 or 1.
    """

    op = "input_quant"

    def __init__(self, scale: float, bits: int = 8) -> None:
        super().__init__()
        if not 0 < scale < inf:
            raise InputError(f"input scale = {scale}; accepted: more than 0, finite")
        if bits not in INPUT_BITS:
            raise InputError(f"input bits = {bits}; accepted: {INPUT_BITS[0]} to {INPUT_BITS[-1]}")
        self.scale = scale
        self.x_max = (1 << (bits - 1)) - 1

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that give the layer as it is now."""
        return {"scale": float(self.scale), "bits": int(self.x_max).bit_length() + 1}

    def integers(self, x: Tensor) -> Tensor:
        return self._rounded(x).to(torch.int8)

    def forward(self, x: Tensor) -> Tensor:
        return self._rounded(x).mul_(self.scale)

    def _rounded(self, x: Tensor) -> Tensor:
        return (x / self.scale).round_().clamp_(-self.x_max, self.x_max)


class Plain(nn.Module):
    """A layer without options."""

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}


class Add(Plain):
    """The sum of the currents, or of currents and shortcut spikes, that meet before a LIF layer.

    Operands are [T', B, ...] with T' = T or 1; a static one counts at each step.
    """

    op = "add"

    def forward(self, *operands: Tensor) -> Tensor:
        total, *others = operands
        for operand in others:
            total = total + operand
        return total


class Flatten(Plain):
    """[T', B, ...] to [T', B, features]."""

    op = "flatten"

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2)


class Readout(Plain):
    """Logits: the mean over the steps, [T', B, classes] or [T', B, classes, 1, 1] to [B, classes].

    Raises:
        InputError: the logits of a map of more than one place.
    """

    op = "readout"

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[3:].numel() != 1:
            raise InputError(
                f"the logits are maps of {list(x.shape[2:])}; accepted: [classes] or "
                "[classes, 1, 1]; put a GlobalAvgPool or Flatten before the last weights"
            )
        return x.mean(0).flatten(1)
