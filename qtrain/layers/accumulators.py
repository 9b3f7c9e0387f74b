"""Weights that keep accumulators to a chosen width, by a bound on each neuron's l1 norm.

With w_int a neuron's integer weights and l1 = sum |w_int|, every partial sum of a time step, in any
order of its events, has (docs/semantics.md, section 4)

    |acc| <= l1                    for spikes in {-1, 0, +1}: each address occurs once in a step
    |acc| <= l1                    for spikes in {0, 1}: the sum of either sign is a part of l1
    |acc| <= n * l1                behind pools that send an event up to n times to an address
    |acc| <= d * l1                for values that enter as signed digits, where d is the largest
                                   sum of a value's digits of one sign: 138 for 8 bits
                                   (106 = 128 - 32 + 8 + 2), 1 for 2 bits

It fits in P bits where this bound is at most 2**(P - 1) - 1. A2Q bounds l1 for unsigned or signed
integers of N bits by (2**(P - 1) - 1) / 2**(N - signed); spikes need no such factor.

The idea is A2Q's (Colbert, Pappalardo, Petri-Koenig, ICCV 2023, arXiv 2308.13504), which learns
each neuron's norm below the bound and rounds towards zero. Where a bound is tight (237 for 784
pixels at 16 bits), most weights are then below 1 and vanish. Here rounding stays to nearest and the
scale grows instead: it is the smallest one, to within 0.1 %, whose integers keep to the bound.
Nothing is trained besides the weights, and where they keep to the bound anyway nothing changes.
"""

import math

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from hw_models.semantics import digit_peak
from qtrain.layers.quiet_brevitas import RescalingIntQuant

ACC_BITS = range(4, 33)
BISECTIONS = 13  # they narrow a factor of at most 2 * 127 down to one of 1.0007


def l1_max(acc_bits: int, times: int = 1, x_max: int | None = None) -> int:
    """The largest l1 norm that a neuron with an accumulator of acc_bits may have.

    Args:
        acc_bits: the accumulator's width.
        times: how often an address can occur in a step, behind pools.
        x_max: the largest value that enters as signed digits; None where spikes enter.

    Raises:
        InputError: the width is out of range, or too narrow for a single weight of 1.
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


def times_of(pools: list[tuple[int, int]]) -> int:
    """How often an address can occur in a step, at most, behind average pools of these kernels."""
    return math.prod(math.prod(kernel) for kernel in pools)


def widened(weight: Tensor, scale: Tensor, w_max: int, l1_max: int) -> Tensor:
    """The scale, made larger where sum_j min(|round(weight[:, j] / scale)|, w_max) exceeds l1_max.

    The gradient takes a widened scale for a constant, as it takes rounding for the identity.

    Args:
        weight: [out, in / groups, ...].
        scale: one for each output, [out, 1, ...], or a single value in any shape.
        w_max: the largest |integer|.
        l1_max: the largest l1 norm that an output's integers may have.
    """
    size = weight.detach().abs().flatten(1)
    exact = torch.float64 if l1_max >= 1 << 24 else torch.float32  # counts exactly up to the bound
    low = scale.detach().reshape(-1, 1)

    def keeps(scale: Tensor) -> Tensor:
        l1 = (size / scale).round_().clamp_(max=w_max).sum(1, dtype=exact)
        return (l1 <= l1_max).view(len(scale), -1).all(1, keepdim=True)

    wide = ~keeps(low)
    if not wide.any():
        return scale
    # At this scale all weights of a row round to 0, so that it keeps to any bound.
    high = 2.02 * size.amax(1).view(len(low), -1).amax(1, keepdim=True)
    for _ in range(BISECTIONS):
        middle = (low * high).sqrt()
        kept = keeps(middle)
        low, high = torch.where(kept, low, middle), torch.where(kept, middle, high)
    return torch.where(wide.view(scale.shape), high.view(scale.shape), scale)


class BoundedIntQuant(RescalingIntQuant):
    """Brevitas's integer quantizer, with a scale that keeps each row's l1 norm within a bound."""

    def __init__(
        self,
        int_quant: nn.Module,
        scaling_impl: nn.Module,
        int_scaling_impl: nn.Module,
        zero_point_impl: nn.Module,
        bit_width_impl: nn.Module,
        l1_max: int,
    ) -> None:
        super().__init__(int_quant, scaling_impl, int_scaling_impl, zero_point_impl, bit_width_impl)
        self.l1_max = l1_max

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        bit_width = self.msb_clamp_bit_width_impl()
        w_max = self.int_scaling_impl(bit_width)
        scale = widened(x, self.scaling_impl(x, w_max), int(w_max), self.l1_max)
        zero_point = self.zero_point_impl(x, scale, bit_width)
        return self.int_quant(scale, zero_point, bit_width, x), scale, zero_point, bit_width
