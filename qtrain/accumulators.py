"""Weights whose accumulators have a width that is asked for: a bound on each neuron's l1 norm.

With w_int a neuron's integers and l1 = sum |w_int|, every partial sum of a step, in any order of
its events, has (docs/semantics.md, section 4)

    |acc| <= l1                    spikes in {-1, 0, +1}, each address once a step
    |acc| <= l1                    spikes in {0, 1}: the sums of either sign are parts of l1
    |acc| <= n * l1                behind pools that hand an event on up to n times to an address
    |acc| <= 138 * l1              int8 values as signed digits (106 = 128 - 32 + 8 + 2)

and fits P bits where that is at most 2**(P - 1) - 1. A2Q bounds l1 for unsigned or signed integers
of N bits by (2**(P - 1) - 1) / 2**(N - signed); spikes need no such factor.

Source: Colbert, Pappalardo, Petri-Koenig, A2Q, ICCV 2023 (arXiv 2308.13504); the projection at the
start is A2Q+'s (arXiv 2401.10432).
"""

import math
import warnings
from typing import Any

import torch
from dependencies import this
from torch import Tensor, nn

from hw_models.errors import InputError
from hw_models.semantics import digit_peak

with warnings.catch_warnings():  # an optional CUDA kernel that nothing here uses
    warnings.filterwarnings("ignore", message=".*fast_hadamard_transform")
    from brevitas.core.function_wrapper import RoundToZeroSte
    from brevitas.core.scaling import ParameterPreScalingWeightNorm
    from brevitas.inject.enum import ScalingPerOutputType
    from brevitas.quant.base import PerChannelL1Norm, WeightNormPerChannelFloatDecoupled

ACC_BITS = range(4, 33)
WIDEST, BISECTIONS = 8.0, 12


def l1_max(acc_bits: int, times: int = 1, x_max: int | None = None) -> int:
    """The largest l1 norm of a neuron whose accumulator has acc_bits.

    Args:
        times: how often an address can occur in a step, behind pools.
        x_max: of the int8 values that enter as signed digits; None: spikes enter.

    Raises:
        InputError: the width is out of range, or leaves no weight of 1.
    """
    if acc_bits not in ACC_BITS:
        raise InputError(f"acc_bits = {acc_bits}; accepted: {ACC_BITS[0]} to {ACC_BITS[-1]}")
    per_weight = times * (1 if x_max is None else digit_peak(x_max))
    most = ((1 << (acc_bits - 1)) - 1) // per_weight
    if most < 1:
        least = 1 + per_weight.bit_length()
        raise InputError(
            f"acc_bits = {acc_bits}: a weight of 1 adds up to {per_weight}; accepted: {least} or "
            "more, or smaller pools"
        )
    return most


class BoundedNorm(ParameterPreScalingWeightNorm):
    """Divides weights by pre_scale = ||w||_1 / min(g / s, most), with g trainable, s the scale.

    What is left is rounded towards zero. With most = l1_max its l1 norm is at most l1_max, as in
    A2Q; since rounding takes away about half of that where weights are small, `most` is the
    largest multiple of l1_max, up to WIDEST, whose integers still keep to it.
    """

    def __init__(  # Brevitas injects by name
        self,
        l1_max: int,
        scaling_impl: nn.Module,
        normalize_stats_impl: nn.Module,
        scaling_stats_input_view_shape_impl: nn.Module,
        tracked_parameter_list: list[nn.Parameter],
        pre_scaling_shape: tuple[int, ...] | None = None,
        restrict_pre_scaling_impl: nn.Module | None = None,
        pre_scaling_min_val: float | None = None,
    ) -> None:
        super().__init__(
            scaling_impl, normalize_stats_impl, scaling_stats_input_view_shape_impl,
            tracked_parameter_list, pre_scaling_shape, restrict_pre_scaling_impl,
            pre_scaling_min_val,
        )  # fmt: skip
        self.l1_max = float(l1_max)

    def forward(self, weights: Tensor) -> Tensor:
        weights = self.stats_input_view_shape_impl(weights)
        g, size = self.restrict_clamp_scaling(self.value), self.stats(weights)
        norm = torch.minimum(g / self.scaling_impl(weights), self.most(weights, size))
        return self.restrict_clamp_scaling.clamp_ste(size / norm)

    @torch.no_grad()
    def most(self, weights: Tensor, size: Tensor) -> Tensor:
        """Per neuron, by bisection: the l1 norm does not fall as the factor grows."""
        low, high = torch.ones_like(size), torch.full_like(size, WIDEST)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            integers = (weights.abs() / (size / (middle * self.l1_max))).trunc()
            keeps = integers.flatten(1).sum(1).view_as(size) <= self.l1_max
            low, high = torch.where(keeps, middle, low), torch.where(keeps, high, middle)
        return low * self.l1_max


class _BoundedNorm(WeightNormPerChannelFloatDecoupled.per_channel_pre_norm):
    pre_scaling_impl = BoundedNorm
    l1_max = (this << 1).l1_max
    restrict_pre_scaling_impl = (this << 1).restrict_pre_scaling_impl


class _Bounded(WeightNormPerChannelFloatDecoupled):
    per_channel_pre_norm = _BoundedNorm
    normalize_stats_impl = PerChannelL1Norm.normalize_stats_impl
    float_to_int_impl = RoundToZeroSte


SCALINGS = {"channel": ScalingPerOutputType.CHANNEL, "tensor": ScalingPerOutputType.TENSOR}


def bounded_quantizer(weight_bits: int, scaling: str, l1_max: int) -> Any:
    """Brevitas's quantizer of weights with an l1 norm of at most l1_max, as `weight_quant`."""
    options = {"l1_max": l1_max, "scaling_per_output_type": SCALINGS[scaling]}
    return _Bounded.let(bit_width=weight_bits, **options)  # pyright: ignore[reportCallIssue]


@torch.no_grad()
def start_within(layer: Any, l1_max: int) -> None:
    """Project a new layer's weights onto the bound, the nearest in the sense of least squares.

    Scaled down to it as they are, weights of about one size would all round to 0.
    """
    quantizer = layer.weight_quant.tensor_quant
    scale = quantizer.scaling_impl(layer.weight)
    rows = (layer.weight / scale).flatten(1)
    layer.weight.copy_(projected(rows, l1_max).view_as(layer.weight) * scale)
    norm = layer.weight.flatten(1).abs().sum(1).clamp(min=1e-8)
    value = quantizer.pre_scaling_impl.value
    value.copy_(norm.log2().view_as(value))


def projected(rows: Tensor, radius: float) -> Tensor:
    """Each row [n] moved to the nearest point with an l1 norm of at most `radius`.

    That is sign(x) * max(0, |x| - t) with the t that leaves this norm (Duchi et al., ICML 2008).
    """
    size = rows.abs().sort(1, descending=True).values
    count = torch.arange(1, rows.shape[1] + 1)
    shift = (size.cumsum(1) - radius) / count
    kept = (size > shift).sum(1, keepdim=True)
    t = shift.gather(1, kept - 1).clamp(min=0)
    return rows.sign() * (rows.abs() - t).clamp(min=0)


def times_of(pools: list[tuple[int, int]]) -> int:
    """How often at most an address occurs in a step behind average pools of these kernels."""
    return math.prod(math.prod(kernel) for kernel in pools)
