"""A training run's folder: whose checkpoint is in it, and who writes there."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.checkpoint import Checkpoint
from qtrain.network.graph import Graph
from qtrain.training import config
from qtrain.training.config import TrainConfig

DATA = "data_sha256"  # of the training samples, in a checkpoint's state of training
REMEDY = "name another folder with --out, or replace it with --overwrite"


@contextmanager
def claimed(
    out: Path,
    options: TrainConfig,
    graph: Graph,
    data_sha256: str,
    *,
    resumed: bool = False,
    overwrite: bool = False,
) -> Iterator[None]:
    """The folder, made if missing, for this run alone as long as the block lasts.

    A run is its options, its network and its data: the same ones once more replace its checkpoint.

    Args:
        resumed: the number of epochs may be another one than that of the checkpoint there.
        overwrite: replace whatever checkpoint is there.

    Raises:
        InputError: the checkpoint there is another run's or damaged, or a run is writing now.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        path = out / checkpoint.NAME
        if path.exists() and not overwrite:
            try:
                found = checkpoint.load(path, build=False)
                other = difference(found, options, but=("epochs",) if resumed else ())
            except InputError as error:
                raise InputError(f"{error}; {REMEDY}") from error
            if not other and found.graph != graph:
                other = "of another network"
            if not other and found.training.get(DATA, data_sha256) != data_sha256:
                other = "trained on other samples"
            if other:
                raise InputError(f"{path}: another run's: {other}; {REMEDY}")
        yield


def difference(found: Checkpoint, options: TrainConfig, but: tuple[str, ...] = ()) -> str:
    """The first option, but for some, that a checkpoint was trained with another value of; "" if
    there is none.

    Raises:
        InputError: the checkpoint holds no such options.
    """
    trained = config.from_plain(found.config)
    for option, value in msgspec.structs.asdict(options).items():
        if (before := getattr(trained, option)) != value and option not in but:
            return f"trained with {option} = {before}, here it is {value}"
    return ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Within, no other process or thread is in such a block for the folder; ends with a process,
    however that ends. Where a file system has no locks nothing is kept out."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno == errno.EWOULDBLOCK:
            os.close(descriptor)
            raise InputError(
                f"{folder}: another run is writing there; wait for its end, or name another "
                "folder with --out"
            ) from error
    try:
        yield
    finally:
        os.close(descriptor)
