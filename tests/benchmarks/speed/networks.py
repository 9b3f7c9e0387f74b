"""The networks that are trained for a comparison: the same layers around any framework's neurons.

It imports torch alone, as it is imported in the environments of all frameworks. Unquantized weights
in plain layers on [T * B], which all frameworks take; a repeated image's first sums are computed
once.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

CLASSES = 10
Neurons = Callable[[], nn.Module]  # makes a layer of neurons: currents [T, B, ...] to spikes


class Size(NamedTuple):
    """What is trained, and on how much at once."""

    network: str  # dense, conv or residual
    timesteps: int
    batch: int
    width: int = 1  # how many times as wide
    depth: int = 1  # how many times as many hidden layers, or blocks

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image."""
        return (3, 32, 32) if self.network == "residual" else (1, 28, 28)


class Synapse(nn.Sequential):
    """Weights and their batch norm, on [T, B, ...]."""

    def __init__(self, weights: nn.Module, norm: nn.Module) -> None:
        nn.init.constant_(norm.weight, 0.35)  # most neurons would fire with 1
        super().__init__(weights, norm)

    def forward(self, s: Tensor) -> Tensor:
        return super().forward(s.flatten(0, 1)).unflatten(0, s.shape[:2])


class OnMaps(nn.Sequential):
    """Layers without batch norm, on [T, B, ...]."""

    def forward(self, s: Tensor) -> Tensor:
        return super().forward(s.flatten(0, 1)).unflatten(0, s.shape[:2])


def dense(inputs: int, outputs: int) -> Synapse:
    return Synapse(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs))


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> Synapse:
    weights = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return Synapse(weights, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, the identity at stride 1."""

    def __init__(self, before: int, after: int, stride: int, neurons: Neurons) -> None:
        super().__init__()
        self.conv1, self.lif1 = conv(before, after, 3, stride), neurons()
        self.conv2, self.lif2 = conv(after, after), neurons()
        self.shortcut = conv(before, after, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, s: Tensor) -> Tensor:
        return self.lif2(self.conv2(self.lif1(self.conv1(s))) + self.shortcut(s))


class Net(nn.Module):
    """Static images [B, *shape] to logits [B, 10]: first synapse, then all the rest for T steps."""

    def __init__(self, size: Size, neurons: Neurons) -> None:
        super().__init__()
        self.timesteps, w = size.timesteps, size.width
        if size.network == "dense":
            hidden = [
                layer
                for _ in range(size.depth - 1)
                for layer in (dense(128 * w, 128 * w), neurons())
            ]
            self.first = nn.Sequential(nn.Flatten(2), dense(784, 128 * w))
            self.rest = nn.Sequential(neurons(), *hidden, nn.Linear(128 * w, CLASSES))
        elif size.network == "conv":
            self.first = conv(1, 16)
            self.rest = nn.Sequential(
                neurons(), OnMaps(nn.AvgPool2d(2)), conv(16, 32), neurons(),
                OnMaps(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(32 * 7 * 7, CLASSES)),
            )  # fmt: skip
        else:
            self.first, blocks, before = conv(3, 16 * w), [], 16 * w
            for after in (16 * w, 32 * w, 64 * w):
                for block in range(3 * size.depth):
                    stride = 2 if block == 0 and after > 16 * w else 1
                    blocks.append(Block(before, after, stride, neurons))
                    before = after
            mean = OnMaps(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64 * w, CLASSES))
            self.rest = nn.Sequential(neurons(), *blocks, mean)

    def forward(self, x: Tensor) -> Tensor:
        currents = self.first(x[None])
        return self.rest(currents.expand(self.timesteps, *currents.shape[1:])).mean(0)


def random_batch(size: Size) -> tuple[Tensor, Tensor]:
    """Images and labels."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(size.batch, *size.shape, generator=generator)
    return images, torch.randint(CLASSES, (size.batch,), generator=generator)


def training_step(net: nn.Module, logits: Callable[[Tensor], Tensor], size: Size, precision: str):
    """A function that makes one training step.

    Args:
        logits: of images [B, *shape], the state of neurons reset before.
        precision: float32 or bfloat16.
    """
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, fused=True)
    x, y = random_batch(size)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            made = logits(x)
        nn.functional.cross_entropy(made.float(), y).backward()
        optimizer.step()

    return step
