"""The penalty that brings the hidden firing rate to a target."""

from collections.abc import Mapping

import torch
from torch import Tensor

from qtrain.neurons import LIF

WIDTH = 0.25  # of the smooth step, in thresholds


def firing_rate(lif: LIF, u: Tensor) -> Tensor:
    """The share of the membranes u that fire; its gradient is that of a smooth step.

    The step is sigmoid((|u| - v_th) / (WIDTH * v_th)), u for |u| where spikes are binary. Its own
    value would count silent neurons too and so miss the rate that is asked for.
    """
    distance = (u.abs() if lif.ternary else u) - lif.v_threshold
    smooth = torch.sigmoid(distance / (WIDTH * lif.v_threshold)).mean()
    return smooth + (lif.fired(u).to(u.dtype).mean() - smooth).detach()


def rate_penalty(lifs: Mapping[str, LIF], membranes: Mapping[str, Tensor], target: float) -> Tensor:
    """Sum over the layers of |rate - target|, for membranes u [T, B, ...] by layer.

    Of both signs: one for rates above the target alone left some networks far below it.
    """
    rates = torch.stack([firing_rate(lifs[name], u) for name, u in membranes.items()])
    return (rates - target).abs().sum()
