"""PyTorch alone: a loop over time with a surrogate gradient, in training and without."""

import torch
from torch import Tensor, nn

from tests.benchmarks.speed.networks import Net, Size, random_batch, training_step


class Spike(torch.autograd.Function):
    """Ternary spikes at +-0.5; the gradient of a triangle around each threshold."""

    @staticmethod
    def forward(ctx, u: Tensor) -> Tensor:
        ctx.save_for_backward(u)
        return (u >= 0.5).to(u.dtype) - (u <= -0.5).to(u.dtype)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        (u,) = ctx.saved_tensors
        return grad * (1 - 2 * (u.abs() - 0.5).abs()).clamp(min=0)


class LIF(nn.Module):
    """Ternary, hard reset, tau = 1/4."""

    def forward(self, currents: Tensor) -> Tensor:
        v, spikes = None, []
        for i in currents:
            u = i if v is None else 0.25 * v + i
            s = Spike.apply(u)
            v = u * (1 - s.abs())
            spikes.append(s)
        return torch.stack(spikes)


def prepare(task: str, precision: str = "float32", **size):
    size = Size(**size)
    net = Net(size, LIF)
    if task == "training":
        return training_step(net.train(), net, size, precision)
    net.eval()
    images, _ = random_batch(size)
    if size.network != "dense":
        net.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)

    def infer() -> None:
        with torch.inference_mode():
            net(images)

    return infer
