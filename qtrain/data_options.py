"""The command-line options that name data and say how own data are prepared."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from qtrain.data.own.preparation import COLORS, INPUTS, Preparation

Command = TypeVar("Command", bound=Callable[..., Any])
DATA = click.option(
    "--data",
    "--dataset",
    "data",
    metavar="NAME|FILE.npz|FOLDER|CLASS",
    help="The data: a known data set, or your own as FILE.npz, FOLDER of images, module:Class or "
    "file.py:Class; see docs/data.md.",
)


class Size(click.ParamType):
    """Height and width as HxW, or N for both."""

    name = "N|HxW"

    def convert(self, value, param, ctx) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)(?:x(\d+))?", value)
        if not found:
            self.fail(f"{value!r}: need N or HxW, such as 32 or 32x48", param, ctx)
        return int(found[1]), int(found[2] or found[1])


PREPARATION = (
    click.option(
        "--input",
        type=click.Choice(INPUTS),
        help="Own data: whether samples of -1, 0 and 1 alone are spikes over time, [N, T, ...].",
    ),
    click.option(
        "--scale",
        type=float,
        help="Own data: the value, counted from --zero, that becomes the input's largest integer. "
        "Default: the largest of the training samples; 255 for bytes, 127 for RGB bytes.",
    ),
    click.option(
        "--zero",
        type=float,
        help="Own data: the value that becomes 0. Default: 0; 128 for RGB bytes.",
    ),
    click.option(
        "--test-split",
        type=float,
        help="Own data without test samples: hold out this share of each class, such as 0.2.",
    ),
    click.option(
        "--size",
        type=Size(),
        help="Own images: scale the shorter side, and cut the middle out.",
    ),
    click.option(
        "--color",
        type=click.Choice(list(COLORS)),
        help="Own images: make them all grey or all RGB. Default: as they are.",
    ),
)


def preparation(command: Command) -> Command:
    """Add the options of a Preparation to a command."""
    for option in reversed(PREPARATION):
        command = option(command)
    return command


def taken_from(given: dict[str, Any]) -> Preparation:
    """The Preparation among a command's options, which are taken out of them.

    Raises:
        InputError: one is out of range.
    """
    return Preparation(**{name: given.pop(name, None) for name in Preparation.__struct_fields__})
