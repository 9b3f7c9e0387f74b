"""Recordings of an event data set as tonic lays them out and reads them; never downloads.

Only the process of tonic_worker opens anything with this: a damaged file can do anything to what
reads it.
"""

import os
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tonic.datasets
import tonic.io
from numpy.typing import NDArray

from hw_models.errors import InputError
from qtrain.data.event_sets import EventSet

Listing = Callable[[EventSet, Any], tuple[list[Path], list[Any]]]

EVENT = np.dtype([("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", np.int8)])


class NotThere(Exception):
    """tonic does not find the recordings, and would fetch them."""


class Layout:
    """A split of a data set in a folder as tonic lays it out, in tonic's order.

    Raises:
        NotThere, FileNotFoundError: it is not there.
        InputError: it has other classes, or files that do not belong there.
        Exception: tonic opens some files here, which can fail in any way.
    """

    def __init__(self, event_set: EventSet, split: str, folder: Path) -> None:
        original = getattr(tonic.datasets, event_set.tonic)
        self.whole = offline(original)(str(folder), **split_arguments(original, split))
        self.paths, labels = LISTINGS.get(event_set.tonic, as_listed)(event_set, self.whole)
        self.labels = [int(label) for label in labels]

    def events(self, k: int) -> NDArray:
        """The events of recording k as tonic reads them; damaged files can fail in any way."""
        return self.whole[k][0]


def events_of(path: Path) -> NDArray:
    """The events of a file in N-MNIST's format; damaged files can fail in any way."""
    return tonic.io.read_mnist_file(str(path), dtype=EVENT)


def offline(original: type) -> type:
    """A class of tonic's that raises NotThere instead of fetching anything.

    It asks for the recordings alone, and not for the archives that they were in.
    """

    def fetch(self: Any) -> None:
        raise NotThere(f"{original.__name__} is not there")

    overridden = {
        "download": fetch,
        "_copy_and_extract_local_data": fetch,  # what POKERDVS has in place of it
        "_is_file_present": lambda self: True,
    }
    # The subclass has the same name, as tonic looks in a subfolder that is named after the class.
    return type(original.__name__, (original,), overridden)


def split_arguments(original: type, split: str) -> dict[str, Any]:
    """How a class of tonic's takes a split: train=..., split=..., or not at all."""
    parameters = signature(original).parameters
    if "train" in parameters:
        return {"train": split == "train"}
    return {"split": split} if "split" in parameters else {}


def as_listed(event_set: EventSet, whole: Any) -> tuple[list[Path], list[Any]]:
    """As tonic itself lists them."""
    return [Path(path) for path in whole.data], whole.targets


def by_folder(event_set: EventSet, whole: Any) -> tuple[list[Path], list[int]]:
    """As tonic lists them, with the names of their folders in place of labels.

    Raises:
        InputError: the folders are not as many as the classes; tonic lists another file.
    """
    root = Path(whole.location_on_system, type(whole).folder_name)
    paths, names = as_listed(event_set, whole)
    for path in paths:  # tonic lists all files that end in bin, such as those of annotations
        if path.parents[1] != root:
            raise InputError(
                f"{path}: no recording; accepted: {root}/<class>/<id>.bin; move it elsewhere"
            )
    classes = sorted(set(names))
    if len(classes) != event_set.classes:
        raise InputError(
            f"{root}: {len(classes)} folders with recordings; accepted: the {event_set.classes} "
            f"of {event_set.name}; fetch it again"
        )
    return paths, [classes.index(name) for name in names]


def as_walked(event_set: EventSet, whole: Any) -> tuple[list[Path], list[int]]:
    """Where tonic keeps what was in the files, and walked through them in this order."""
    walk = os.walk(Path(whole.location_on_system, whole.folder_name))
    files = (Path(folder, name) for folder, _, names in walk for name in sorted(names))
    return [path for path in files if path.name.endswith("npy")], whole.targets


def in_one_file(event_set: EventSet, whole: Any) -> tuple[list[Path], list[int]]:
    """Where one HDF5 file holds all of them, in the order of the file."""
    path = Path(whole.location_on_system, whole.data_filename)
    with h5py.File(path) as file:
        labels = np.asarray(file["labels"]).tolist()
    return [path] * len(labels), labels


LISTINGS: dict[str, Listing] = {
    "NCALTECH101": by_folder,
    "POKERDVS": as_walked,
    "SHD": in_one_file,
    "SSC": in_one_file,
}
