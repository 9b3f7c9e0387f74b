"""The log of a training run: beside the checkpoint, a line of JSON with each epoch's metrics.

The checkpoint's own metrics are those of its last epoch, so that the two can be told to agree.
"""

from pathlib import Path
from typing import Any

import msgspec

from hw_models.errors import InputError
from hw_models.folder import files, leftovers, reading
from qtrain.checkpoint import LOG, NAME


def write(folder: Path, checkpoint: bytes, epochs: list[dict[str, Any]]) -> None:
    """Replace the checkpoint and the log of a run's folder, one right after the other.

    A log that goes on from the one that is there comes first, so that it never lacks an epoch of
    the checkpoint. One that begins anew comes last, so that a checkpoint keeps its log until it is
    replaced. A run that goes on has agreed_with() take care of the difference.

    Args:
        checkpoint: the content of the checkpoint's file.
        epochs: the metrics of all epochs so far.
    """
    log = folder / LOG
    contents = {folder / NAME: checkpoint, log: text_of(epochs)}
    if not log.is_file() or contents[log].startswith(log.read_bytes()):
        contents = dict(reversed(contents.items()))
    files.write(contents, flushed=True)


def agreed_with(folder: Path, metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of the epochs up to a checkpoint's: by the folder's log, and its own.

    What the log has beyond that is left out, and so is a line that is incomplete. If its line of
    the checkpoint's epoch is another one, it is another run's, and all of it is left out.

    Args:
        metrics: the checkpoint's.

    Raises:
        InputError: they are of no epoch, or the log is no plain file of the folder.
    """
    epoch, found = metrics.get("epoch"), []
    if type(epoch) is not int or epoch < 1:
        raise InputError(f"{folder / NAME}: metrics of epoch {epoch}; accepted: 1 or more")
    log = folder / LOG
    for line in reading.inside(folder, LOG).splitlines() if log.exists() else []:
        try:
            found.append(reading.decoded(line, dict[str, Any]))
        except InputError:
            break
    own = found[epoch - 1 : epoch]
    return [*(found[: epoch - 1] if own in ([], [metrics]) else []), metrics]


def settle(folder: Path, metrics: dict[str, Any]) -> None:
    """Make the log of a run that has ended agree with its checkpoint, whose metrics these are."""
    leftovers.clear(folder)
    log, text = folder / LOG, text_of(agreed_with(folder, metrics))
    if not log.is_file() or log.read_bytes() != text:
        files.write({log: text})


def text_of(epochs: list[dict[str, Any]]) -> bytes:
    """The log's content."""
    return b"".join(msgspec.json.encode(metrics) + b"\n" for metrics in epochs)
