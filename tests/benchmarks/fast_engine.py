"""The fast engine against PyTorch: the ResNet-20 of CIFAR-10 in integers, and in floats.

OMP_NUM_THREADS=1 python -m tests.benchmarks.fast_engine [--samples 1000] [--rounds 5]

Both networks have the same shape and T = 2, random weights and a static input; PyTorch's is plain
Conv2d, BatchNorm2d and LIF in eval mode, channels last, without the fake quantizers of training.
They take turns, so that what else the machine does meets both. Threads: OMP_NUM_THREADS, for both.
"""

import time
from collections.abc import Callable
from statistics import median

import click
import torch
from torch import Tensor, nn

from hw_models.engines import fast
from hw_models.report.evaluate import BATCH, batches
from tests.builders.random_builds import random_input
from tests.builders.residual_builds import residual_build

STEPS, TORCH_BATCH = 2, 250


class LIF(nn.Module):
    """Ternary, hard reset, tau = 1/4: currents [T, B, ...] to spikes."""

    def forward(self, currents: Tensor) -> Tensor:
        v, spikes = torch.zeros_like(currents[0]), []
        for i in currents:
            p = 0.25 * v + i
            s = (p >= 0.5).to(p.dtype) - (p <= -0.5).to(p.dtype)
            v = p * (s == 0)
            spikes.append(s)
        return torch.stack(spikes)


class Synapse(nn.Sequential):
    """A convolution and its batch norm, on [T, B, C, H, W]."""

    def __init__(self, before: int, after: int, kernel: int, stride: int) -> None:
        conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)
        super().__init__(conv, nn.BatchNorm2d(after))

    def forward(self, s: Tensor) -> Tensor:
        return super().forward(s.flatten(0, 1)).unflatten(0, s.shape[:2])


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, the identity at stride 1."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = Synapse(before, after, 3, stride), Synapse(after, after, 3, 1)
        self.shortcut = Synapse(before, after, 1, stride) if stride > 1 else nn.Identity()
        self.lif = LIF()

    def forward(self, s: Tensor) -> Tensor:
        return self.lif(self.conv2(self.lif(self.conv1(s))) + self.shortcut(s))


class Net(nn.Module):
    """ResNet-20: static images [B, 3, 32, 32] to logits [B, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.lif, self.fc = Synapse(3, 16, 3, 1), LIF(), nn.Linear(64, 10)
        pairs = [(16, 16), *[(16, 16)] * 2, (16, 32), *[(32, 32)] * 2, (32, 64), *[(64, 64)] * 2]
        self.blocks = nn.Sequential(*(Block(i, o, 1 + (o > i)) for i, o in pairs))

    def forward(self, x: Tensor) -> Tensor:
        currents = self.stem(x[None]).expand(STEPS, -1, -1, -1, -1)
        return self.fc(self.blocks(self.lif(currents)).mean((0, 3, 4)))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@click.command()
@click.option("--samples", type=click.IntRange(min=1), default=1000, help="A round.")
@click.option("--rounds", type=click.IntRange(min=1), default=5)
@torch.inference_mode()
def main(samples: int, rounds: int) -> None:
    """Print seconds for 10,000 samples of each round, and the ratio of the medians."""
    build = residual_build(0, timesteps=STEPS)
    x = random_input(build, samples, 0)
    net = Net().eval()
    net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    images = torch.from_numpy(x[0]).float().to(memory_format=torch.channels_last)

    def integers() -> None:
        for part in batches(samples, BATCH):
            fast.run(build, x[:, part], keep_membranes=False)

    def floats() -> None:
        for part in batches(samples, TORCH_BATCH):
            net(images[part])

    took: dict[str, list[float]] = {"fast engine": [], "PyTorch": []}
    for turn in range(rounds + 1):
        for name, work in (("fast engine", integers), ("PyTorch", floats)):
            each = seconds(work) * 10_000 / samples
            if turn:  # the first warms up
                took[name].append(each)
    for name, each in took.items():
        click.echo(f"{name:12} {median(each):6.1f} s for 10,000 samples (" + ", ".join(
            f"{s:.1f}" for s in each) + ")")  # fmt: skip
    ratio = median(took["fast engine"]) / median(took["PyTorch"])
    click.echo(f"fast engine / PyTorch = {ratio:.2f}, {torch.get_num_threads()} thread(s)")


if __name__ == "__main__":
    main()
