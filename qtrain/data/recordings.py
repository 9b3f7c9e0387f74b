"""Finds the recordings of an event data set and reads them, through tonic."""

import importlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

EVENT = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", np.int8)])
EVENT_BYTES = 5  # in N-MNIST's binary format


@dataclass(frozen=True, kw_only=True)
class EventSet:
    """What has to be known of an event data set before tonic is imported."""

    name: str
    tonic: str  # its class in tonic.datasets
    sensor: tuple[int, int]  # height, width, in pixels; of two polarities
    classes: int
    source: str  # where it can be had, for messages
    # for a set in N-MNIST's binary format, <folder>/<label>/<id>.bin: the folder of each split
    bin_folders: dict[str, str] | None = None
    held_out: int = 0  # for a set without splits: one recording of so many in a class is a test one


@dataclass(frozen=True)
class Recordings:
    """The recordings of a split: their files and labels, sorted by file name.

    N-MNIST's names count MNIST's samples: so sorted, any part of the set mixes the classes.
    """

    event_set: EventSet
    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    read: Callable[[int], NDArray]  # the k-th

    def events(self, k: int) -> NDArray:
        """The events of recording k, at least one: a structured array of x, y, t (us), p (1: ON).

        Raises:
            InputError: names the file that is broken or of another sensor.
        """
        path, (height, width) = self.paths[k], self.event_set.sensor
        try:
            size = path.stat().st_size
            if self.event_set.bin_folders and size % EVENT_BYTES:
                raise ValueError(f"{size} bytes, where an event takes {EVENT_BYTES}")
            events = self.read(k)
        except ModuleNotFoundError as error:  # tonic imports the readers of some formats on use
            raise _not_installed(error) from error
        except Exception as error:  # a damaged file breaks tonic's readers in no end of ways
            raise InputError(f"{path}: broken recording ({error}); fetch it again") from error
        if not len(events):
            raise InputError(f"{path}: a recording without events; fetch it again")
        outside = (
            (events["x"] < 0) | (events["x"] >= width) | (events["y"] < 0) | (events["y"] >= height)
        )
        if outside.any():
            x, y = (int(events[axis][outside][0]) for axis in ("x", "y"))
            raise InputError(
                f"{path}: an event at x = {x}, y = {y}; accepted: the {width} x {height} pixels "
                f"of {self.event_set.name}"
            )
        return events


def find(event_set: EventSet, split: str, dirs: Sequence[Path]) -> Recordings:
    """The recordings of a split ("train" or "test"), in the first of dirs that has them.

    Preferably as tonic lays the set out, in a subfolder of its class's name; else, for a set with
    bin_folders, recordings alone. Nothing is ever downloaded.

    Raises:
        InputError: there are none, or one whose folder is no label.
    """
    for look in (_as_tonic_does, _in_bin_folders):
        for folder in dirs:
            if found := look(event_set, split, folder):
                return found
    wanted = f"{event_set.tonic}/ as tonic.datasets.{event_set.tonic} lays it out"
    if event_set.bin_folders:
        wanted = f"neither {event_set.bin_folders[split]}/<label>/<id>.bin nor {wanted} was"
    else:
        wanted = f"no {wanted} was"
    raise InputError(
        f"data set {event_set.name}: {wanted} found; looked in: "
        f"{', '.join(str(d) for d in dirs) or 'no folder, as none was named'}; name their folder "
        f"with --data-dir or $TRISPIKE_DATA; get them from {event_set.source}"
    )


class _Absent(Exception):
    """Raised where tonic would start a download."""


def _as_tonic_does(event_set: EventSet, split: str, folder: Path) -> Recordings | None:
    if not (folder / event_set.tonic).is_dir():
        return None

    def download(self: Any) -> None:
        raise _Absent

    original = getattr(_tonic("datasets"), event_set.tonic)
    # of the same name, as tonic looks in a subfolder that is named after the class
    offline = type(event_set.tonic, (original,), {"download": download})
    try:
        whole = offline(str(folder), **({} if event_set.held_out else {"train": split == "train"}))
    except _Absent:
        return None
    chosen = sorted(range(len(whole.data)), key=lambda k: (Path(whole.data[k]).name, whole.data[k]))
    if event_set.held_out:
        chosen = _own_split(chosen, whole.targets, split, event_set.held_out)
    return Recordings(
        event_set,
        tuple(Path(whole.data[k]) for k in chosen),
        tuple(int(whole.targets[k]) for k in chosen),
        lambda k: whole[chosen[k]][0],
    )


def _own_split(order: list[int], labels: list[int], split: str, held_out: int) -> list[int]:
    """Of each class every held_out-th recording, from the first, for "test"; else the others."""
    seen: defaultdict[int, int] = defaultdict(int)
    chosen = []
    for k in order:
        if (seen[labels[k]] % held_out == 0) == (split == "test"):
            chosen.append(k)
        seen[labels[k]] += 1
    return chosen


def _in_bin_folders(event_set: EventSet, split: str, folder: Path) -> Recordings | None:
    if not event_set.bin_folders:
        return None
    files = (folder / event_set.bin_folders[split]).glob("*/*.bin")
    paths = tuple(sorted(files, key=lambda path: (path.name, path)))
    accepted = {str(label): label for label in range(event_set.classes)}
    for path in paths:
        if path.parent.name not in accepted:
            raise InputError(
                f"{path}: {path.parent.name!r} is no label; accepted: 0 to {event_set.classes - 1}"
            )
    labels = tuple(accepted[path.parent.name] for path in paths)

    def read(k: int) -> NDArray:
        return _tonic("io").read_mnist_file(str(paths[k]), dtype=EVENT)

    return Recordings(event_set, paths, labels, read) if paths else None


def tonic_version() -> str:
    """The version of tonic that is installed.

    Raises:
        InputError: none is.
    """
    try:
        return version("tonic")
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error


def _tonic(module: str) -> ModuleType:
    try:
        return importlib.import_module(f"tonic.{module}")  # here, as it takes a second or two
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error


def _not_installed(error: ModuleNotFoundError) -> InputError:
    return InputError(f"event data is read through tonic: {error}; install it with pip")
