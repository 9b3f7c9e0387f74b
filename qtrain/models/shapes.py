"""The networks that have a name, as data: what `--model` takes beside a list of layers."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class ResNet:
    """The shape of a residual network.

    The first block of each stage but the first has a stride of 2; see Block for its shortcut.
    """

    # "conv": one 3x3 convolution; "three": three of them, then a 2x2 pool; "imagenet": a 7x7
    # convolution with stride 2, then a 3x3 pool with stride 2
    stem: Literal["conv", "three", "imagenet"]
    widths: tuple[int, ...]  # channels of each stage; the stem has those of the first
    blocks: tuple[int, ...]  # number of blocks in each stage
    shortcut: Literal["conv", "pool"] = "conv"  # see Block


RESNETS = {
    "resnet20s": ResNet("conv", (16, 32, 64), (3, 3, 3)),
    "resnet20": ResNet("conv", (128, 256, 512), (3, 3, 3)),
    "resnet19": ResNet("conv", (128, 256, 512), (3, 3, 2)),
    "resnet20m": ResNet("three", (64, 128, 256, 512), (2, 2, 2, 2), "pool"),
    "resnet18": ResNet("imagenet", (64, 128, 256, 512), (2, 2, 2, 2)),
    "resnet34": ResNet("imagenet", (64, 128, 256, 512), (3, 4, 6, 3)),
}

TEXTS = {"vgg11": "64c3-p2-128c3-p2-256c3-256c3-p2-512c3-512c3-p2-512c3-512c3-p2"}
NAMED = ("mlp", "convnet", *TEXTS, *RESNETS)
