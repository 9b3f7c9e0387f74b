"""The trained checkpoints that come with the package; a command takes one as `zoo:NAME`."""

import re
from pathlib import Path

import click
import msgspec

from hw_models.errors import InputError, need
from hw_models.folder import files, reading

FOLDER = Path(__file__).parent
INDEX = "index.json"
PREFIX = "zoo:"
NAME = re.compile(r"[\w-]+")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint of the zoo: the file NAME.pt, with the log of its training in NAME.jsonl."""

    dataset: str
    model: str
    command: str  # the command that trained it
    test_accuracy: float  # after the last epoch, on the whole test split
    sha256: str  # of the checkpoint's file
    target: str | None = None  # the build that the rest was measured on; None: not measured
    integer_accuracy: float | None = None  # on the whole test split
    additions: float | None = None  # mean number of synaptic additions per inference
    # to the energy of the same network as an int8 ANN, see docs/energy.md
    energy_ratio: float | None = None


def entries(folder: Path = FOLDER) -> dict[str, Entry]:
    """The entries of all checkpoints, by name.

    Raises:
        InputError: the list of them is damaged.
    """
    if not (folder / INDEX).exists():
        return {}
    try:
        found = reading.decoded(reading.inside(folder, INDEX), dict[str, Entry])
        for name in found:
            need(
                NAME.fullmatch(name) is not None, repr(name), "name", name, "letters, digits, -, _"
            )
    except InputError as error:
        raise InputError(f"{folder / INDEX}: {error}; install the package again") from error
    return found


def checkpoint_path(name: str, folder: Path = FOLDER) -> Path:
    """The file of the checkpoint with that name.

    Raises:
        InputError: there is none, or its file is not the one that was trained.
    """
    known = entries(folder)
    if name not in known:
        raise InputError(f"{PREFIX}{name}: accepted: {', '.join(PREFIX + n for n in known)}")
    file = folder / f"{name}.pt"
    if files.sha256_of(file) != known[name].sha256:
        raise InputError(f"{file}: its sha256 is not that of {INDEX}; install the package again")
    return file


class CheckpointPath(click.ParamType):
    """The type of a checkpoint on a command line: a file, or zoo:NAME."""

    name = "path"

    def convert(self, value, param, ctx) -> Path:
        text = str(value)
        if text.startswith(PREFIX):
            return checkpoint_path(text.removeprefix(PREFIX))
        return Path(text)
