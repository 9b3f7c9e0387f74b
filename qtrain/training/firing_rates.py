"""Brings the firing rates of hidden layers to a target, or holds them below a limit."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from qtrain import processes
from qtrain.layers import LIF, Add
from qtrain.layers.memory_layout import chunks, empty_steps, rows
from qtrain.layers.ops import TRANSPARENT
from qtrain.network.network import Network

WIDTH = 0.25  # width of the smooth step, in thresholds
HOLD = 0.2  # in each batch, currents shrink by this times the rate's excess over the limit
SHARE = 4  # the limit looks at one sample in so many, which shows a layer's rate well enough


class FiringRate(torch.autograd.Function):
    """The share of u that fires; backward takes the gradient of a smooth step's mean."""

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
    """The share of the membranes u that fire, with the gradient of a smooth step.

    The step is sigmoid((|u| - v_th) / (WIDTH * v_th)), with u for |u| where spikes are binary. Its
    own value is not used: it counts silent neurons in part and would miss the target.
    """
    return FiringRate.apply(u, lif)


def rate_penalty(lifs: Mapping[str, LIF], membranes: Mapping[str, Tensor], target: float) -> Tensor:
    """The sum over the layers of |rate - target|, for membranes u [T, B, ...] by layer.

    Rates below the target count too: a penalty only above it left some networks far below it.
    """
    rates = torch.stack([firing_rate(lifs[name], u) for name, u in membranes.items()])
    rates = processes.mean(rates)
    return (rates - target).abs().sum()


def drivers(net: Network, name: str) -> list[nn.Parameter]:
    """The parameters that scale the currents of a layer.

    They are the gains and offsets of the batch norms before it, the amplitudes of spikes that
    shortcuts bring, and weights where there is no batch norm.
    """
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

    This is meant for deep networks. For the layer it is as if its threshold rose, and no other
    layer has to fire less for it. A penalty on the rates of resnet20s held down all layers before
    the busy ones as well, and its loss suffered.

    Args:
        net: the network, whose batch norms, amplitudes and weights change.
        membranes: u [T, B, ...] of a batch by layer, see recording.membranes.
        limit: share of the neurons that may spike in a step.
    """
    for name, lif in net.lifs().items():
        u = membranes[name]
        rate = lif.fired(u[:, : -(-u.shape[1] // SHARE)]).float().mean()
        above = float(processes.mean(rate)) - limit
        if above > 0:
            for parameter in drivers(net, name):
                if parameter.requires_grad:
                    parameter.mul_(1 - HOLD * above)
