"""The command-line options of a network that is compiled: a checkpoint, or a NIR graph."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from qtrain.choices import RESETS
from qtrain.commands import data_options
from qtrain.commands.nir_options import DECAY, DT
from qtrain.zoo import CheckpointPath

Command = TypeVar("Command", bound=Callable[..., Any])
NETWORK = click.argument("network", type=CheckpointPath())
DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="The folder in which a known data set lies.",
)
NIR = (
    DT,
    DECAY,
    click.option(
        "--reset",
        type=click.Choice(RESETS),
        help="NIR: what a spike does to its membrane, which NIR files do not say: it becomes 0 "
        "(hard), or the threshold is subtracted (soft). Default: hard.",
    ),
    click.option(
        "--timesteps",
        type=int,
        help="The number of time steps T, where samples have none of their own. Default: the one "
        "that a checkpoint was trained with.",
    ),
)


def nir_options(command: Command) -> Command:
    """Add what can be said of a NIR graph and its data to a command."""
    command = nir_data(command)
    for option in reversed(NIR):
        command = option(command)
    return command


def nir_data(command: Command) -> Command:
    """Add what can be said of the data of a NIR graph to a command."""
    return data_options.preparation(data_options.frames()(command))
