"""A training run's folder: which run its checkpoint is of, and that only one run writes there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hw_models.errors import InputError
from hw_models.folder import leftovers, locks
from qtrain import checkpoint
from qtrain.checkpoint import Checkpoint
from qtrain.network.graph import Graph
from qtrain.training.train_config import TrainConfig, from_plain

DATA = "data_sha256"  # in a checkpoint's training state: the sha256 of the training samples
REMEDY = "name another folder with --out, or replace it with --overwrite"


@contextmanager
def claimed(
    out: Path,
    config: TrainConfig,
    graph: Graph,
    data_sha256: str,
    *,
    resumed: bool = False,
    overwrite: bool = False,
) -> Iterator[None]:
    """A context in which the folder belongs to this run alone; it is made if it is missing.

    Two runs are the same if their configurations, networks and data are; a run may replace its own
    checkpoint.

    Args:
        out: the folder.
        config: the run's options.
        graph: its network.
        data_sha256: the sha256 of its training samples.
        resumed: the checkpoint in the folder may have been trained with another number of epochs.
        overwrite: replace whatever checkpoint is there.

    Raises:
        InputError: the checkpoint in the folder is of another run or damaged, or another run is
            writing there.
    """
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        leftovers.clear(out)
        path = out / checkpoint.NAME
        if path.exists() and not overwrite:
            try:
                found = checkpoint.load(path, build=False)
                other = difference(found, config, but=("epochs",) if resumed else ())
            except InputError as error:
                raise InputError(f"{error}; {REMEDY}") from error
            if not other and found.graph != graph:
                other = "of another network"
            if not other and found.training.get(DATA, data_sha256) != data_sha256:
                other = "trained on other samples"
            if other:
                raise InputError(f"{path}: another run's: {other}; {REMEDY}")
        yield


def difference(found: Checkpoint, config: TrainConfig, but: tuple[str, ...] = ()) -> str:
    """The first option that a checkpoint was trained with another value of, in words.

    Options in `but` are not compared, nor is the place of own data, which may have moved. "" where
    there is no difference.

    Raises:
        InputError: the checkpoint does not hold the options of a training run.
    """
    trained = from_plain(found.config)
    if config.own and trained.own:
        but = (*but, "dataset")
    for option, value in msgspec.structs.asdict(config).items():
        if (before := getattr(trained, option)) != value and option not in but:
            if option == "own":
                return "trained on other own data, or on data that were prepared otherwise"
            return f"trained with {option} = {before}, here it is {value}"
    return ""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """A context that only one process or thread at a time can be in, for each folder; see locks.py.

    Raises:
        InputError: another process or thread holds the lock.
    """
    with locks.at_once(folder) as alone:
        if not alone:
            raise InputError(
                f"{folder}: another run is writing there; wait for its end, or name another "
                "folder with --out"
            )
        yield
