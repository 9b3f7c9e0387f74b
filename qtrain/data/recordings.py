"""Finds the recordings of an event data set, reads them through tonic and checks them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import recfunctions
from numpy.typing import NDArray

from hw_models.errors import InputError
from qtrain.data.event_sets import EventSet
from qtrain.data.folders import not_found
from qtrain.data.tonic_process import TONIC, Broken

RECORDING_MOST = 1 << 29  # bytes
TIME_MOST = 1 << 45  # us, a year
EVENT_BYTES = 5  # in N-MNIST's binary format


class Recording(NamedTuple):
    """One recording: its file, its label, and what reads its events or raises Broken."""

    path: Path
    label: int
    read: Callable[[], NDArray]


@dataclass(frozen=True)
class Recordings:
    """The recordings of a split, in its order."""

    event_set: EventSet
    found: Sequence[Recording]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The file of each recording; recordings can share one."""
        return tuple(recording.path for recording in self.found)

    @property
    def labels(self) -> tuple[int, ...]:
        """The label of each recording."""
        return tuple(recording.label for recording in self.found)

    def events(self, k: int) -> NDArray:
        """The events of recording k: a structured array of x, y, t (in us) and p (1: ON).

        Events of audio have y = 0 and p = 1.

        Raises:
            InputError: the file is damaged, has no events, or is of another sensor.
        """
        recording, (height, width) = self.found[k], self.event_set.sensor
        path = recording.path
        where = f"{path}: recording {k}" if self.event_set.is_audio else f"{path}"
        try:
            size = path.stat().st_size
            if size > RECORDING_MOST:
                raise Broken(f"{size:,} bytes; accepted: {RECORDING_MOST:,} at most")
            if path.suffix == ".bin" and size % EVENT_BYTES:
                raise Broken(f"{size} bytes, where an event takes {EVENT_BYTES}")
            events = recording.read()
        except (Broken, OSError) as error:
            raise InputError(f"{where}: broken recording ({error}); fetch it again") from error
        check_fields(where, events)
        if not len(events):
            raise InputError(f"{where}: a recording without events; fetch it again")
        if self.event_set.is_audio:
            row = np.zeros(len(events), np.int8)
            events = recfunctions.append_fields(events, "y", row, usemask=False)
        check_values(where, events)
        outside = (
            (events["x"] < 0) | (events["x"] >= width) | (events["y"] < 0) | (events["y"] >= height)
        )
        if outside.any():
            x, y = (int(events[axis][outside][0]) for axis in ("x", "y"))
            raise InputError(
                f"{where}: an event at x = {x}, y = {y}; accepted: the {width} x {height} pixels "
                f"of {self.event_set.name}"
            )
        return events


def check_fields(where: str, events: Any) -> None:
    """Raise InputError unless events are an array with a whole number or a time in each field."""
    names = getattr(getattr(events, "dtype", None), "names", None) or ()
    kinds = {events.dtype[name].kind for name in names}
    if not {"x", "t", "p"} <= set(names) or not kinds <= set("biuf"):
        raise InputError(f"{where}: no events of x, y, t and p; fetch it again")


def check_values(where: str, events: NDArray) -> None:
    """Raise InputError unless times can be subtracted, and polarities are 0 and 1."""
    for name in ("x", "y", "t"):
        values = events[name]
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError(f"{where}: {name} that is no finite number; fetch it again")
    earliest, latest = float(events["t"].min()), float(events["t"].max())
    if earliest < -TIME_MOST or latest > TIME_MOST:
        raise InputError(f"{where}: times {earliest:g} to {latest:g} us; fetch it again")
    if not ((events["p"] == 0) | (events["p"] == 1)).all():
        raise InputError(f"{where}: polarities other than 0 and 1; fetch it again")


def find(event_set: EventSet, split: str, dirs: Sequence[Path]) -> Recordings:
    """The recordings of a split ("train" or "test"), in the first of dirs that has them.

    tonic's own layout, in a subfolder named after its class, comes first. A set with bin_folders is
    also found as plain recordings in those folders. Nothing is ever downloaded.

    Raises:
        InputError: there are no recordings, they are damaged, or the folder of one is no label.
    """
    for look in (in_tonic_layout, in_bin_folders):
        for folder in dirs:
            if found := look(event_set, split, folder):
                return Recordings(event_set, found)
    wanted = f"{event_set.tonic}/ as tonic.datasets.{event_set.tonic} lays it out"
    missing = f"no {wanted} was found, that is {event_set.tonic}/{event_set.files}"
    if event_set.bin_folders:
        plain = f"{event_set.bin_folders[split]}/<label>/<id>.bin"
        missing = f"neither {plain} nor {wanted} was found"
    raise not_found(event_set.name, missing, dirs, event_set.source)


def in_tonic_layout(event_set: EventSet, split: str, folder: Path) -> list[Recording]:
    """The recordings in a folder as tonic lays them out, in the order of `rank`.

    Those that share a file stand as in the file. The list is empty where there are none.

    Raises:
        InputError: the files are damaged, or of other classes.
    """
    root = folder.absolute() / event_set.tonic
    if not root.is_dir():
        return []
    where = {"set": event_set.name, "split": split, "folder": str(root.parent)}
    try:
        paths, labels = TONIC.recordings(event_set.name, split, str(root.parent))
    except Broken as error:
        raise InputError(f"{root}: broken recordings ({error}); fetch them again") from error
    found = [
        Recording(Path(path), label, lambda k=k, path=path: TONIC.events(**where, k=k, path=path))
        for k, (path, label) in enumerate(zip(paths, labels, strict=True))
    ]
    if not event_set.is_audio:
        found.sort(key=lambda recording: rank(event_set, recording.path.relative_to(root)))
    return split_by_class(found, split, event_set.held_out) if event_set.held_out else found


def in_bin_folders(event_set: EventSet, split: str, folder: Path) -> list[Recording]:
    """The recordings in a split's folder of N-MNIST's format; empty where there are none.

    Raises:
        InputError: a recording lies in a folder that is no label.
    """
    if not event_set.bin_folders:
        return []
    accepted = {str(label): label for label in range(event_set.classes)}

    def recording(path: Path) -> Recording:
        if path.parent.name not in accepted:
            raise InputError(
                f"{path}: {path.parent.name!r} is no label; accepted: 0 to {event_set.classes - 1}"
            )
        return Recording(
            path,
            accepted[path.parent.name],
            lambda: TONIC.events(file=str(path.absolute())),
        )

    files = (folder / event_set.bin_folders[split]).glob("*/*.bin")
    return [recording(path) for path in sorted(files, key=lambda path: rank(event_set, path))]


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
