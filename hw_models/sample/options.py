"""The arguments and options of the commands that classify samples."""

from collections.abc import Callable
from pathlib import Path

import click

PATH = click.Path(path_type=Path)
OPTIONS = (
    click.argument("folder", type=PATH),
    click.argument("files", type=PATH, nargs=-1, required=True),
    click.option(
        "--integers",
        is_flag=True,
        help="The .npy files hold input integers, as those of reference/, and not raw values.",
    ),
    click.option(
        "--resize", is_flag=True, help="Bring images to the input's size, by bicubic filtering."
    ),
    click.option(
        "--limit",
        is_flag=True,
        help="Limit raw values that the input cannot hold, instead of refusing them.",
    ),
    click.option("--json", "json_path", type=PATH, help="Write the report to this file."),
)


def sample_options(command: Callable) -> Callable:
    """A command with FOLDER, FILES and these options."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
