"""The penalties that bring the hidden firing rate to a target, or hold it below a limit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from qtrain.neurons import LIF, chunks, empty_steps, rows

WIDTH = 0.25  # of the smooth step, in thresholds
LIMIT_WEIGHT = 0.02  # five times as much took a residual network's accuracy with the spikes
LIMIT_SHARE = 4  # the limit looks at one sample in so many, which shows a layer's rate well enough


class _FiringRate(torch.autograd.Function):
    """The share of u that fires; backward, the gradient of a smooth step's mean."""

    @staticmethod
    def forward(ctx: Any, u: Tensor, lif: LIF) -> Tensor:
        ctx.lif = lif
        ctx.save_for_backward(u)
        flat = rows(u).reshape(-1)
        fired = sum(
            lif.fire(flat[part]).abs_().sum(dtype=torch.float64) for part in chunks(len(flat))
        )
        return torch.tensor(float(fired) / len(flat))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (u,), lif = ctx.saved_tensors, ctx.lif
        flat, width = rows(u).reshape(-1), WIDTH * lif.v_threshold
        slopes = empty_steps(len(u), u)
        total = rows(slopes, like=u).reshape(-1)
        for part in chunks(len(flat)):
            distance = (flat[part].abs() if lif.ternary else flat[part]) - lif.v_threshold
            smooth = torch.sigmoid(distance.div_(width))
            slope = torch.addcmul(smooth, smooth, smooth, value=-1)
            if lif.ternary:
                slope.mul_(flat[part].sign())
            torch.mul(slope, grads[0] / (width * len(flat)), out=total[part])
        return slopes, None


def firing_rate(lif: LIF, u: Tensor) -> Tensor:
    """The share of the membranes u that fire; its gradient is that of a smooth step.

    The step is sigmoid((|u| - v_th) / (WIDTH * v_th)), u for |u| where spikes are binary. Its own
    value would count silent neurons too and so miss the rate that is asked for.
    """
    return _FiringRate.apply(u, lif)


def rate_penalty(lifs: Mapping[str, LIF], membranes: Mapping[str, Tensor], target: float) -> Tensor:
    """Sum over the layers of |rate - target|, for membranes u [T, B, ...] by layer.

    Of both signs: one for rates above the target alone left some networks far below it.
    """
    rates = torch.stack([firing_rate(lifs[name], u) for name, u in membranes.items()])
    return (rates - target).abs().sum()


def limit_penalty(lifs: Mapping[str, LIF], membranes: Mapping[str, Tensor], limit: float) -> Tensor:
    """LIMIT_WEIGHT times the sum over the layers of how far the rate is above the limit.

    Gentle and of one sign, for deep networks: layers are free below the limit, and the gradient
    that spikes carry to the layers before outweighs the penalty's.
    """
    rates = [
        firing_rate(lifs[name], u[:, : -(-u.shape[1] // LIMIT_SHARE)])
        for name, u in membranes.items()
    ]
    return LIMIT_WEIGHT * (torch.stack(rates) - limit).clamp(min=0).sum()
