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
from qtrain.data.folders import not_found

EVENT = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", np.int8)])
EVENT_BYTES = 5  # in N-MNIST's binary format


@dataclass(frozen=True, kw_only=True)
class EventSet:
    """What is known of an event data set before tonic is imported."""

    name: str
    tonic: str  # the name of its class in tonic.datasets
    sensor: tuple[int, int]  # height and width in pixels; each pixel has two polarities
    classes: int
    source: str  # where the recordings can be had, for messages
    # for a set in N-MNIST's format, files <folder>/<label>/<id>.bin: the folder of each split
    bin_folders: dict[str, str] | None = None
    # for a set without splits: one recording of so many in each class is a test sample
    held_out: int = 0


@dataclass(frozen=True)
class Recordings:
    """The recordings of a split: their files and labels, sorted by file name.

    N-MNIST's file names are the numbers of MNIST's samples, so that in this order any part of the
    set mixes the classes.
    """

    event_set: EventSet
    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    read: Callable[[int], NDArray]  # k -> the events of recording k

    def events(self, k: int) -> NDArray:
        """The events of recording k: a structured array of x, y, t (in us) and p (1: ON).

        Raises:
            InputError: the file is damaged, has no events, or is of another sensor.
        """
        path, (height, width) = self.paths[k], self.event_set.sensor
        try:
            size = path.stat().st_size
            if self.event_set.bin_folders and size % EVENT_BYTES:
                raise ValueError(f"{size} bytes, where an event takes {EVENT_BYTES}")
            events = self.read(k)
        except ModuleNotFoundError as error:  # tonic imports some readers only on use
            raise not_installed(error) from error
        except Exception as error:  # tonic's readers can fail in any way on a damaged file
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

    tonic's own layout, in a subfolder named after its class, comes first. A set with bin_folders is
    also found as plain recordings in those folders. Nothing is ever downloaded.

    Raises:
        InputError: there are no recordings, or the folder of one is no label.
    """
    for look in (in_tonic_layout, in_bin_folders):
        for folder in dirs:
            if found := look(event_set, split, folder):
                return found
    wanted = f"{event_set.tonic}/ as tonic.datasets.{event_set.tonic} lays it out"
    if event_set.bin_folders:
        wanted = f"neither {event_set.bin_folders[split]}/<label>/<id>.bin nor {wanted} was"
    else:
        wanted = f"no {wanted} was"
    raise not_found(event_set.name, f"{wanted} found", dirs, event_set.source)


class DownloadNeeded(Exception):
    """tonic would start a download, as it does not find the recordings."""


def in_tonic_layout(event_set: EventSet, split: str, folder: Path) -> Recordings | None:
    """The recordings in a folder as tonic lays them out; None where there are none."""
    if not (folder / event_set.tonic).is_dir():
        return None

    def download(self: Any) -> None:
        raise DownloadNeeded

    original = getattr(import_tonic("datasets"), event_set.tonic)
    # The subclass has the same name, as tonic looks in a subfolder that is named after the class.
    offline = type(event_set.tonic, (original,), {"download": download})
    try:
        whole = offline(str(folder), **({} if event_set.held_out else {"train": split == "train"}))
    except DownloadNeeded:
        return None
    chosen = sorted(range(len(whole.data)), key=lambda k: (Path(whole.data[k]).name, whole.data[k]))
    if event_set.held_out:
        chosen = split_by_class(chosen, whole.targets, split, event_set.held_out)
    return Recordings(
        event_set,
        tuple(Path(whole.data[k]) for k in chosen),
        tuple(int(whole.targets[k]) for k in chosen),
        lambda k: whole[chosen[k]][0],
    )


def split_by_class(order: list[int], labels: list[int], split: str, held_out: int) -> list[int]:
    """For "test" every held_out-th recording of each class, from the first; else the others."""
    seen: defaultdict[int, int] = defaultdict(int)
    chosen = []
    for k in order:
        if (seen[labels[k]] % held_out == 0) == (split == "test"):
            chosen.append(k)
        seen[labels[k]] += 1
    return chosen


def in_bin_folders(event_set: EventSet, split: str, folder: Path) -> Recordings | None:
    """The recordings in a split's folder of N-MNIST's format; None where there are none.

    Raises:
        InputError: a recording lies in a folder that is no label.
    """
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
        return import_tonic("io").read_mnist_file(str(paths[k]), dtype=EVENT)

    return Recordings(event_set, paths, labels, read) if paths else None


def tonic_version() -> str:
    """The version of tonic that is installed.

    Raises:
        InputError: tonic is not installed.
    """
    try:
        return version("tonic")
    except ModuleNotFoundError as error:
        raise not_installed(error) from error


def import_tonic(module: str) -> ModuleType:
    """A module of tonic.

    Raises:
        InputError: tonic is not installed.
    """
    try:
        return importlib.import_module(
            f"tonic.{module}"
        )  # only when needed, as it takes a second or two
    except ModuleNotFoundError as error:
        raise not_installed(error) from error


def not_installed(error: ModuleNotFoundError) -> InputError:
    """The error for a missing tonic, or a package that it needs."""
    return InputError(f"event data is read through tonic: {error}; install it with pip")
