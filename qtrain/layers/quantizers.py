"""How weights become integers: Brevitas's quantizers at 8, 4 and 2 bits."""

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import Tensor

from hw_models.dataflow import TARGET_BITS
from hw_models.errors import InputError
from qtrain.layers.accumulators import BoundedIntQuant
from qtrain.layers.fake_quant import fake_quant
from qtrain.layers.quiet_brevitas import (
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFloat,
    StatsOp,
)

WEIGHT_BITS = tuple(TARGET_BITS.values())
# MNIST 784-128-10 at 20 % firing reaches 96.4 % with mean |w| alone as the scale, 97.3 % with 0.5
# standard deviations added, and 97.5 % with 1 to 2 of them.
TERNARY_SIGMA = 1.5


class TernaryPerChannel(Int8WeightPerChannelFloat):
    """Integers -1, 0, 1 with one scale per channel: mean |w| + TERNARY_SIGMA * std |w|."""

    scaling_stats_op = StatsOp.MEAN_SIGMA_STD
    sigma = TERNARY_SIGMA


class TernaryPerTensor(Int8WeightPerTensorFloat):
    """The same with one scale for all weights."""

    scaling_stats_op = StatsOp.MEAN_SIGMA_STD
    sigma = TERNARY_SIGMA


# by scaling: the quantizer whose scale follows the largest weight, and the one for 2 bits
QUANTIZERS = {
    "channel": (Int8WeightPerChannelFloat, TernaryPerChannel),
    "tensor": (Int8WeightPerTensorFloat, TernaryPerTensor),
}


def weight_quantizer(
    weight_bits: int, scaling: str, shape: Sequence[int], l1_max: int | None = None
) -> Any:
    """The quantizer that a Brevitas layer takes as `weight_quant`.

    The integers are symmetric: |w_int| is at most 127, 7 or 1 for 8, 4 or 2 bits. The scale is the
    largest |w| divided by that number. With 2 bits a single outlier would decide it, so that the
    scale is mean |w| + TERNARY_SIGMA * std |w| there; a weight below half the scale becomes 0.

    Args:
        weight_bits: 8, 4 or 2.
        scaling: "channel", one scale for each output channel, or "tensor", one scale for all.
        shape: the weights' shape, [out, in / groups, ...].
        l1_max: bound on sum |w_int| of each output, see qtrain.layers.accumulators; None: no bound.

    Raises:
        InputError: the number of bits or the scaling is unknown.
    """
    if weight_bits not in WEIGHT_BITS:
        raise InputError(
            f"weight_bits = {weight_bits}; accepted: {', '.join(map(str, WEIGHT_BITS))}"
        )
    if scaling not in QUANTIZERS:
        raise InputError(f"scaling = {scaling!r}; accepted: {', '.join(QUANTIZERS)}")
    quantizer: Any = QUANTIZERS[scaling][not by_largest(weight_bits, scaling, shape)]
    if l1_max is None:
        return quantizer
    return quantizer.let(tensor_quant=BoundedIntQuant, l1_max=l1_max)


def by_largest(weight_bits: int, scaling: str, shape: Sequence[int]) -> bool:
    """Whether the scale follows the largest weight."""
    weights_per_scale = prod(shape if scaling == "tensor" else shape[1:])
    # A single weight has no deviation; its mean is its maximum.
    return weight_bits > 2 or weights_per_scale == 1


def quantized_weight(layer: Any, amplitude: Tensor | None, groups: int = 1) -> Any:
    """A layer's quantized weights [out, in / groups, ...], as Brevitas's quantized tensor.

    Its `.int()` and `.scale` are the integers and their scale, and `.value` is the product.

    Args:
        layer: a QuantLinear or QuantConv2d.
        amplitude: [C], what a spike of each channel is worth, where the layer before has one
            amplitude for each channel: each weight is multiplied by it before it is quantized.
            None: the weights are taken as they are. C divides the number of inputs, as a flattened
            map has C blocks of values.
        groups: the convolution's groups.
    """
    if amplitude is None:
        return layer.quant_weight()
    return layer.weight_quant(amplified(layer.weight, amplitude, groups))


def weight_value(layer: Any, amplitude: Tensor | None, groups: int = 1) -> Tensor:
    """The `.value` of quantized_weight and its gradient, bit for bit, in a fraction of the time."""
    bits, scaling = layer.weight_bits, layer.scaling
    if layer.l1_max is not None or not by_largest(bits, scaling, layer.weight.shape):
        return quantized_weight(layer, amplitude, groups).value
    w = layer.weight if amplitude is None else amplified(layer.weight, amplitude, groups)
    return fake_quant(w, (1 << (bits - 1)) - 1, scaling == "channel")


def amplified(weight: Tensor, amplitude: Tensor, groups: int) -> Tensor:
    """Weights [out, in / groups, ...], each times what a spike of its input's channel is worth."""
    outputs, inputs, *kernel = weight.shape
    each = amplitude.repeat_interleave(groups * inputs // len(amplitude)).view(groups, inputs)
    by_output = each.repeat_interleave(outputs // groups, dim=0)
    return weight * by_output.view(outputs, inputs, *[1] * len(kernel))
