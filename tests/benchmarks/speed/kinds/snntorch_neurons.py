"""snnTorch's neurons, which are binary, in its loop over time."""
# pyright: reportMissingImports=false

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor, nn

from tests.benchmarks.speed.networks import Net, Size, training_step


class Leaky(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lif = snntorch.Leaky(
            beta=0.25, threshold=0.5, spike_grad=surrogate.atan(), reset_mechanism="zero"
        )

    def forward(self, currents: Tensor) -> Tensor:
        v, spikes = self.lif.init_leaky(), []
        for i in currents:
            s, v = self.lif(i, v)
            spikes.append(s)
        return torch.stack(spikes)


def prepare(task: str, precision: str = "float32", **size):
    size = Size(**size)
    net = Net(size, Leaky).train()
    return training_step(net, net, size, precision)
