"""Finds the recordings of an event data set that lie as tonic lays them out; never downloads."""

import importlib
import os
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from importlib.metadata import version
from inspect import signature
from pathlib import Path, PurePath
from types import ModuleType
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hw_models.errors import InputError
from qtrain.data.event_sets import EventSet

Listing = Callable[[EventSet, Any], tuple[list[Path], list[int]]]


class Recording(NamedTuple):
    """One recording: its file, its label, and what reads its events."""

    path: Path
    label: int
    read: Callable[[], NDArray]


class NotThere(Exception):
    """tonic does not find the recordings, and would fetch them."""


def in_tonic_layout(event_set: EventSet, split: str, folder: Path) -> list[Recording]:
    """The recordings in a folder as tonic lays them out, in the order of `rank`.

    Those that share a file stand as in the file. The list is empty where there are none.

    Raises:
        InputError: the files are damaged, or of other classes.
    """
    root = folder / event_set.tonic
    if not root.is_dir():
        return []
    original = getattr(import_reader("tonic.datasets"), event_set.tonic)
    try:
        whole = offline(original)(str(folder), **split_arguments(original, split))
        paths, labels = files_and_labels(event_set, whole)
    except (NotThere, FileNotFoundError):
        return []
    except InputError:
        raise
    except Exception as error:  # tonic opens some files here, which can fail in any way
        raise InputError(f"{root}: broken recordings ({error}); fetch them again") from error
    found = [
        Recording(path, int(label), lambda k=k: whole[k][0])
        for k, (path, label) in enumerate(zip(paths, labels, strict=True))
    ]
    if not event_set.is_audio:
        found.sort(key=lambda recording: rank(event_set, recording.path.relative_to(root)))
    return split_by_class(found, split, event_set.held_out) if event_set.held_out else found


def offline(original: type) -> type:
    """A class of tonic's that raises NotThere instead of fetching anything.

    It asks for the recordings alone, and not for the archives that they were in.
    """

    def fetch(self: Any) -> None:
        raise NotThere

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


def files_and_labels(event_set: EventSet, whole: Any) -> tuple[list[Path], list[int]]:
    """The file and the label of each recording of one of tonic's data sets, in tonic's order."""
    return LISTINGS.get(event_set.tonic, as_listed)(event_set, whole)


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
    with import_reader("h5py").File(path) as file:
        labels = file["labels"][:].tolist()
    return [path] * len(labels), labels


LISTINGS: dict[str, Listing] = {
    "NCALTECH101": by_folder,
    "POKERDVS": as_walked,
    "SHD": in_one_file,
    "SSC": in_one_file,
}


def rank(event_set: EventSet, path: PurePath) -> tuple[str, str]:
    """What recordings are sorted by: their files' path below the folder of the data set.

    N-MNIST's file names are the numbers of MNIST's samples, so that in their order any part of the
    set mixes the classes. The other sets' names go with classes, and a hash of the path mixes them.
    """
    text = path.as_posix()
    return (path.name if event_set.bin_folders else sha256(text.encode()).hexdigest(), text)


def split_by_class(found: list[Recording], split: str, held_out: int) -> list[Recording]:
    """For "test" every held_out-th recording of each class, from the first; else the others."""
    seen: defaultdict[int, int] = defaultdict(int)
    chosen = []
    for recording in found:
        if (seen[recording.label] % held_out == 0) == (split == "test"):
            chosen.append(recording)
        seen[recording.label] += 1
    return chosen


def tonic_version() -> str:
    """The version of tonic that is installed.

    Raises:
        InputError: tonic is not installed.
    """
    try:
        return version("tonic")
    except ModuleNotFoundError as error:
        raise not_installed(error) from error


def import_reader(module: str) -> ModuleType:
    """tonic's module of that name, or a package that it reads with.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(module)  # only when needed: tonic takes a second or two
    except ModuleNotFoundError as error:
        raise not_installed(error) from error


def not_installed(error: ModuleNotFoundError) -> InputError:
    """The error for a missing tonic, or a package that it needs."""
    return InputError(f"event data is read through tonic: {error}; install it with pip")
