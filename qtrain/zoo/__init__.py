"""The trained checkpoints that come with the package; a command takes one as `zoo:NAME`."""

import hashlib
from pathlib import Path
from typing import Any

import click
import msgspec

from hw_models.errors import InputError
from hw_models.folder import files
from qtrain import checkpoint

FOLDER = Path(__file__).parent
INDEX = "index.json"
PREFIX = "zoo:"
BYTES_MAX = 12_000_000  # for all checkpoints together


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
    """The entries of all checkpoints, by name."""
    if not (folder / INDEX).is_file():
        return {}
    return msgspec.json.decode((folder / INDEX).read_bytes(), type=dict[str, Entry])


def checkpoint_path(name: str, folder: Path = FOLDER) -> Path:
    """The file of the checkpoint with that name.

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
    """The type of a checkpoint on a command line: a file, or zoo:NAME."""

    name = "path"

    def convert(self, value, param, ctx) -> Path:
        text = str(value)
        if text.startswith(PREFIX):
            return checkpoint_path(text.removeprefix(PREFIX))
        return Path(text)


def figures_of(report: Path) -> dict[str, Any]:
    """The fields of an Entry that come from a report of `python -m hw_models run --json`.

    Raises:
        InputError: the file is missing or no such report.
    """
    try:
        content = msgspec.json.decode(report.read_bytes())
        return {
            "target": content["target"],
            "integer_accuracy": content["accuracy"],
            "additions": content["operations"]["total"]["synaptic_additions"],
            "energy_ratio": content["energy"]["total"]["ratio"],
        }
    except OSError as error:
        raise InputError(f"{report}: {error.strerror}") from error
    except (msgspec.DecodeError, KeyError, TypeError) as error:
        raise InputError(
            f"{report}: no report; make one with: python -m hw_models run BUILD --json FILE"
        ) from error


def add(
    run: Path, name: str, command: str, folder: Path = FOLDER, report: Path | None = None
) -> Entry:
    """Add a finished run to the zoo: its log, and its checkpoint without the state of training.

    Args:
        run: the folder with ckpt.pt and log.jsonl.
        name: the name in the zoo.
        command: the command that trained it, so that others can do it again.
        folder: the zoo's folder.
        report: the report on its build for the whole test split, as figures_of() reads it.

    Raises:
        InputError: the run is not finished, the zoo would grow too large, or the report cannot be
            read.
    """
    trained = checkpoint.load(run / checkpoint.NAME)
    if "test_accuracy" not in trained.metrics:
        raise InputError(f"{run / checkpoint.NAME}: not evaluated; run all of its epochs first")
    log = (run / checkpoint.LOG).read_bytes()
    content = checkpoint.content_of(trained, with_training=False)
    others = sum(f.stat().st_size for f in folder.glob("*.pt") if f.stem != name)
    if len(content) > (left := max(0, BYTES_MAX - others)):
        raise InputError(
            f"{name}: {len(content):,} bytes; accepted: up to {left:,} beside the other checkpoints"
        )
    entry = Entry(
        dataset=trained.config["dataset"],
        model=trained.config["model"],
        command=command,
        test_accuracy=trained.metrics["test_accuracy"],
        sha256=hashlib.sha256(content).hexdigest(),
        **(figures_of(report) if report else {}),
    )
    index = msgspec.json.encode(dict(sorted({**entries(folder), name: entry}.items())))
    files.write(
        {
            folder / f"{name}.pt": content,
            folder / f"{name}.jsonl": log,
            folder / INDEX: msgspec.json.format(index, indent=1) + b"\n",
        }
    )
    return entry
