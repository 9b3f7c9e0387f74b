"""What brings the hidden firing rate to a target, or holds it below a limit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from qtrain.layers.dense import Add
from qtrain.layers.neurons import LIF, chunks, empty_steps, rows
from qtrain.layers.ops import TRANSPARENT
from qtrain.network.module import Network

WIDTH = 0.25  # of the smooth step, in thresholds
HOLD = 0.2  # share of its currents that a layer loses in a batch, for each unit above the limit
SHARE = 4  # the limit looks at one sample in so many, which shows a layer's rate well enough


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


def drivers(net: Network, name: str) -> list[nn.Parameter]:
    """What scales the currents of a layer: gains and offsets of the batch norms before it,
    amplitudes of the spikes that shortcuts bring, weights where there is no batch norm."""
    nodes = {node.name: node for node in net.graph.nodes}
    found: list[nn.Parameter] = []
    for source in nodes[name].inputs:
        if nodes[source].op in (Add.op, *TRANSPARENT):
            found += drivers(net, source)
        else:
            found += net.layer(source).parameters()
    return found


@torch.no_grad()
def hold_back(net: Network, membranes: Mapping[str, Tensor], limit: float) -> None:
    """Scale down the currents of each layer that fires above the limit, by HOLD times the excess.

    For deep networks: to the layer it is a higher threshold, and no other layer is asked to fire
    less for its sake. A penalty on resnet20s's rates held all layers before the busy ones down as
    well, and its loss with them.

    Args:
        net: the network, whose batch norms, amplitudes and weights change.
        membranes: u [T, B, ...] of a batch by layer, see graph.membranes.
        limit: share of the neurons that spike in a step.
    """
    for name, lif in net.lifs().items():
        u = membranes[name]
        above = float(lif.fired(u[:, : -(-u.shape[1] // SHARE)]).float().mean()) - limit
        if above > 0:
            for parameter in drivers(net, name):
                if parameter.requires_grad:
                    parameter.mul_(1 - HOLD * above)
