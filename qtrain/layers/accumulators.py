"""Weights whose accumulators have a width that is asked for: a bound on each neuron's l1 norm.

With w_int a neuron's integers and l1 = sum |w_int|, every partial sum of a step, in any order of
its events, has (docs/semantics.md, section 4)

    |acc| <= l1                    spikes in {-1, 0, +1}, each address once a step
    |acc| <= l1                    spikes in {0, 1}: the sums of either sign are parts of l1
    |acc| <= n * l1                behind pools that hand an event on up to n times to an address
    |acc| <= d * l1                values as signed digits, d the largest sum of those of one sign:
                                   138 of 8 bits (106 = 128 - 32 + 8 + 2), 1 of 2 bits

and fits P bits where that is at most 2**(P - 1) - 1. A2Q bounds l1 for unsigned or signed integers
of N bits by (2**(P - 1) - 1) / 2**(N - signed); spikes need no such factor.

After A2Q (Colbert, Pappalardo, Petri-Koenig, ICCV 2023, arXiv 2308.13504), which learns each
neuron's norm below the bound and rounds towards zero. Where a bound is tight (237 for 784 pixels at
16 bits) most weights are then below 1 and vanish. Here rounding stays to nearest and the scale
gives way: it is the least, to 0.1 %, whose integers keep to the bound. Nothing is trained beside
the weights, and where the bound is kept anyway it changes nothing.
"""

import math

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from hw_models.semantics import digit_peak
from qtrain.layers.quiet_brevitas import RescalingIntQuant

ACC_BITS = range(4, 33)
BISECTIONS = 13  # of a factor of 2 * 127 at most, so to a factor of 1.0007


def l1_max(acc_bits: int, times: int = 1, x_max: int | None = None) -> int:
    """The largest l1 norm of a neuron whose accumulator has acc_bits.

    Args:
        times: how often an address can occur in a step, behind pools.
        x_max: of the values that enter as signed digits; None: spikes enter.

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


def times_of(pools: list[tuple[int, int]]) -> int:
    """How often at most an address occurs in a step behind average pools of these kernels."""
    return math.prod(math.prod(kernel) for kernel in pools)


def widened(weight: Tensor, scale: Tensor, w_max: int, l1_max: int) -> Tensor:
    """The scale, larger where sum_j min(|round(weight[:, j] / scale)|, w_max) exceeds l1_max.

    A scale that is widened is a constant to the gradient, as rounding is the identity to it.

    Args:
        weight: [out, in / groups, ...].
        scale: one per output, [out, 1, ...], or one for all, of any shape of one value.
        w_max: largest |integer|.
        l1_max: largest l1 norm of an output's integers.
    """
    size = weight.detach().abs().flatten(1)
    exact = torch.float64 if l1_max >= 1 << 24 else torch.float32  # counts up to the bound
    low = scale.detach().reshape(-1, 1)

    def keeps(scale: Tensor) -> Tensor:
        l1 = (size / scale).round_().clamp_(max=w_max).sum(1, dtype=exact)
        return (l1 <= l1_max).view(len(scale), -1).all(1, keepdim=True)

    wide = ~keeps(low)
    if not wide.any():
        return scale
    # All of a row rounds to 0 here, whatever l1_max.
    high = 2.02 * size.amax(1).view(len(low), -1).amax(1, keepdim=True)
    for _ in range(BISECTIONS):
        middle = (low * high).sqrt()
        kept = keeps(middle)
        low, high = torch.where(kept, low, middle), torch.where(kept, middle, high)
    return torch.where(wide.view(scale.shape), high.view(scale.shape), scale)


class BoundedIntQuant(RescalingIntQuant):
    """Brevitas's integer quantizer, its scale widened to keep a bound on the l1 norm of a row."""

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
