"""Trained checkpoints that come with the package, by name: `zoo:NAME` where one is asked for."""

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
BYTES_MAX = 12_000_000  # of all checkpoints together


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One checkpoint, FOLDER/NAME.pt, and its training's log beside it, NAME.jsonl."""

    dataset: str
    model: str
    command: str  # that trained it
    test_accuracy: float  # after the last epoch, of the whole test split
    sha256: str  # of the checkpoint
    target: str | None = None  # that the rest was measured for; None: not measured
    integer_accuracy: float | None = None  # of the build, on the whole test split
    additions: float | None = None  # of synapses, executed for an inference, in the mean
    energy_ratio: float | None = None  # to the same network as an int8 ANN, see docs/energy.md


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


def measured(report: Path) -> dict[str, Any]:
    """What an entry holds of the report that `python -m hw_models run --json` wrote.

    Raises:
        InputError: the file is no such report.
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
    """Take a finished run into the zoo: its checkpoint without the optimizer's state, its log.

    Args:
        run: folder with ckpt.pt and log.jsonl.
        command: that made it, for whoever wants it again.
        report: of its build on the whole test split, as measured() reads it.

    Raises:
        InputError: the run is not finished, or the zoo would grow too large; no report.
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
        **(measured(report) if report else {}),
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
