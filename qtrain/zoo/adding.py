"""Adds a finished run to the zoo."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from hw_models.errors import InputError
from hw_models.folder import files, reading
from qtrain import checkpoint
from qtrain.zoo import FOLDER, INDEX, Entry, entries

BYTES_MAX = 12_000_000  # for all checkpoints together


class Report(msgspec.Struct, frozen=True):
    """What an Entry takes from a report of `python -m hw_models run --json`."""

    target: str
    accuracy: float
    operations: dict[str, dict[str, float]]
    energy: dict[str, dict[str, float]]


def figures_of(report: Path) -> dict[str, Any]:
    """The fields of an Entry that come from a report of `python -m hw_models run --json`.

    Raises:
        InputError: the file is missing or no such report.
    """
    try:
        content = reading.decoded(reading.plain(report), Report)
        return {
            "target": content.target,
            "integer_accuracy": content.accuracy,
            "additions": content.operations["total"]["synaptic_additions"],
            "energy_ratio": content.energy["total"]["ratio"],
        }
    except OSError as error:
        raise InputError(f"{report}: {error.strerror}") from error
    except (InputError, KeyError) as error:
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
