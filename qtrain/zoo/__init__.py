"""Trained checkpoints that come with the package, by name: `zoo:NAME` where one is asked for."""

import hashlib
from pathlib import Path

import click
import msgspec

from hw_models.errors import InputError
from qtrain import checkpoint

FOLDER = Path(__file__).parent
INDEX = "index.json"
PREFIX = "zoo:"
BYTES_MAX = 2_000_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint, FOLDER/NAME.pt, and its training's log beside it, NAME.jsonl."""

    dataset: str
    model: str
    command: str  # that trained it
    test_accuracy: float  # after the last epoch, of the whole test split
    sha256: str  # of the checkpoint


def entries(folder: Path = FOLDER) -> dict[str, Entry]:
    """All checkpoints, by name."""
    if not (folder / INDEX).is_file():
        return {}
    return msgspec.json.decode((folder / INDEX).read_bytes(), type=dict[str, Entry])


def path(name: str, folder: Path = FOLDER) -> Path:
    """The checkpoint of that name.

    Raises:
        InputError: there is none, or its file is not the one that was trained.
    """
    known = entries(folder)
    if name not in known:
        raise InputError(f"{PREFIX}{name}: accepted: {', '.join(PREFIX + n for n in known)}")
    file = folder / f"{name}.pt"
    if checkpoint.sha256_of(file) != known[name].sha256:
        raise InputError(f"{file}: its sha256 is not that of {INDEX}; install the package again")
    return file


class CheckpointPath(click.ParamType):
    """On a command line: a file, or zoo:NAME."""

    name = "path"

    def convert(self, value, param, ctx) -> Path:
        text = str(value)
        return path(text.removeprefix(PREFIX)) if text.startswith(PREFIX) else Path(text)


def add(run: Path, name: str, command: str, folder: Path = FOLDER) -> Entry:
    """Take a finished run into the zoo: its checkpoint without the optimizer's state, its log.

    Args:
        run: folder with ckpt.pt and log.jsonl.
        command: that made it, for whoever wants it again.

    Raises:
        InputError: the run is not finished, or too large.
    """
    trained = checkpoint.load(run / checkpoint.NAME)
    if "test_accuracy" not in trained.metrics:
        raise InputError(f"{run / checkpoint.NAME}: not evaluated; run all of its epochs first")
    log = (run / checkpoint.LOG).read_bytes()
    content = checkpoint.content_of(trained, with_training=False)
    if len(content) > BYTES_MAX:
        raise InputError(f"{name}: {len(content):,} bytes; accepted: up to {BYTES_MAX:,}")
    entry = Entry(
        dataset=trained.config["dataset"],
        model=trained.config["model"],
        command=command,
        test_accuracy=trained.metrics["test_accuracy"],
        sha256=hashlib.sha256(content).hexdigest(),
    )
    (folder / f"{name}.pt").write_bytes(content)
    (folder / f"{name}.jsonl").write_bytes(log)
    index = dict(sorted({**entries(folder), name: entry}.items()))
    (folder / INDEX).write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n")
    return entry
