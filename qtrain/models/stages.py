"""The stages of a network, and the short text that lists them, such as 16c3-p2-32c3-p2-128."""

import re
from dataclasses import dataclass

from hw_models.errors import InputError

GRAMMAR = (
    "16c3 (channels, c, kernel; then s2: stride), 16k5 (the same along a signal, 1-D), 16r3 "
    "(residual block of two 16c3), p2 (average pool), gap (global), 128 (dense)"
)
TOKEN = re.compile(
    r"(?P<n>\d+)((?P<kind>[ckr])(?P<kernel>\d+)(s(?P<stride>\d+))?)?|p(?P<pool>\d+)|(?P<gap>gap)"
)


@dataclass(frozen=True)
class Conv:
    """A spiking convolutional layer, padded by half its kernel."""

    channels: int
    kernel: int
    stride: int = 1

    @property
    def sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Height and width of the kernel, and those of the stride."""
        return (self.kernel, self.kernel), (self.stride, self.stride)


@dataclass(frozen=True)
class Conv1d(Conv):
    """The same along a signal, which is a map of one row."""

    @property
    def sizes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        return (1, self.kernel), (1, self.stride)


@dataclass(frozen=True)
class Residual:
    """A residual block: two spiking convolutions, and a shortcut past them.

    The shortcut is the identity where it keeps the shape.
    """

    channels: int
    kernel: int
    stride: int = 1


@dataclass(frozen=True)
class Pool:
    """An average pool, along a signal where the map has one row; kernel = 0 pools all of it."""

    kernel: int

    def window(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of a window on a map."""
        if not self.kernel:
            return height, width
        return (1 if height == 1 else self.kernel), self.kernel


@dataclass(frozen=True)
class Dense:
    """A spiking dense layer."""

    features: int


Stage = Conv | Residual | Pool | Dense
KINDS = {"c": Conv, "k": Conv1d, "r": Residual}


def parse_stages(text: str) -> list[Stage]:
    """The stages that a text lists; the layer that gives the logits is not among them.

    Raises:
        InputError: a part of the text does not follow GRAMMAR.
    """
    stages: list[Stage] = []
    for token in text.split("-"):
        found = TOKEN.fullmatch(token)
        groups = found.groupdict() if found else {}
        numbers = {name: int(part) for name, part in groups.items() if part and part.isdigit()}
        if not found or 0 in numbers.values():
            raise InputError(f"model {text!r}: {token!r} is no layer; accepted: {GRAMMAR}")
        if "pool" in numbers or groups["gap"]:
            stages.append(Pool(numbers.get("pool", 0)))
        elif "kernel" in numbers:
            kind = KINDS[groups["kind"]]
            stages.append(kind(numbers["n"], numbers["kernel"], numbers.get("stride", 1)))
        else:
            stages.append(Dense(numbers["n"]))
    return stages
