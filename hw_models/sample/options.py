"""The arguments and options of the commands that classify samples."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Dataflow
from hw_models.options import JSON
from hw_models.sample.read import read_samples

Reader = Callable[[Dataflow], NDArray[np.int8]]  # gives the samples of files for a build
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
        "--resize",
        is_flag=True,
        help="Scale images so that they just cover the input's size, and cut the middle out.",
    ),
    click.option(
        "--limit",
        is_flag=True,
        help="Limit raw values that the input cannot hold, instead of refusing them.",
    ),
    JSON,
)


def sample_options(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """A command with FOLDER, FILES and the options of reading them.

    The command is called with `folder`, `files`, `give_json`, and the Reader `read` of the files.
    """

    @functools.wraps(command)
    def with_reader(
        files: tuple[Path, ...], integers: bool, resize: bool, limit: bool, **others: Any
    ) -> int | None:
        chosen = {"integers": integers, "resize": resize, "limit": limit}
        return command(files=files, read=functools.partial(read_samples, files, **chosen), **others)

    for option in reversed(OPTIONS):
        with_reader = option(with_reader)
    return with_reader
