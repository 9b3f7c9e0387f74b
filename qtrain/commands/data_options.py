"""The command-line options that name data and say how own data are prepared."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from qtrain.data.events import BINS, POLARITIES
from qtrain.data.own.preparation import COLORS, INPUTS, Preparation

Command = TypeVar("Command", bound=Callable[..., Any])
NAMED = click.option(
    "--data",
    "--dataset",
    "data",
    metavar="NAME|FILE.npz|FOLDER|CLASS",
    help="The data: a known data set, or your own as FILE.npz, FOLDER of images, module:Class or "
    "file.py:Class; see docs/data.md.",
)


WORKERS = click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Threads that read own images. Default: as many as there are processors.",
)

DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Folder with the data set's files, in it or in a subfolder named after the data set. "
    "Default: $TRISPIKE_DATA.",
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


def data(command: Command) -> Command:
    """Add the options that name data and say how fast they are read to a command."""
    return NAMED(WORKERS(command))


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


def frames(described: Callable[[str], str] = lambda option: "") -> Callable[[Command], Command]:
    """A decorator that adds the options of FrameOptions but for timesteps to a command.

    Args:
        described: the text that --help shows of an option's default.
    """
    texts = {
        "polarity": "Event data: one channel with signs; two channels, ON first (split) or OFF "
        "first (off-on); or one channel without signs.",
        "bins": "Event data: frames of equal time, or of equally many events.",
        "bin_us": "Event data: duration of a frame in microseconds, where later events are left "
        "out; 0: the T-th part of each recording.",
        "downsample": "Event data: a square of so many pixels to a side becomes one.",
    }
    types: dict[str, Any] = {"polarity": click.Choice(list(POLARITIES)), "bins": click.Choice(BINS)}

    def added(command: Command) -> Command:
        for option, text in reversed(texts.items()):
            name = f"--{option.replace('_', '-')}"
            help_text = f"{text} {described(option)}".rstrip()
            command = click.option(name, type=types.get(option, int), help=help_text)(command)
        return command

    return added
