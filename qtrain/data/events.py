"""Turns event recordings into frames of ternary or binary spikes, one frame for each step."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import Spikes
from qtrain.data.cache import cached
from qtrain.data.recordings import EventSet, Recordings, find, tonic_version

# the option polarity -> the encoding of the frames
POLARITIES: dict[str, Spikes] = {"signed": "ternary", "split": "binary"}
BINS = ("time", "count")
REVISION = 1  # part of the cache's key; raise it when frames() gives other frames


class FrameOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is turned into T frames.

    Raises:
        InputError: an option is out of range.
    """

    timesteps: int = 10  # T
    polarity: str = "signed"  # one channel {-1, 0, 1}; "split": two channels {0, 1}, ON and OFF
    bins: str = "time"  # frames of equal duration; "count": of equally many events
    downsample: int = 1  # a square of so many pixels to a side becomes one pixel

    def __post_init__(self) -> None:
        limits = {
            "timesteps": (self.timesteps >= 1, "1 or more"),
            "polarity": (self.polarity in POLARITIES, ", ".join(POLARITIES)),
            "bins": (self.bins in BINS, ", ".join(BINS)),
            "downsample": (self.downsample >= 1, "1 or more"),
        }
        for option, (good, accepted) in limits.items():
            if not good:
                raise InputError(f"{option} = {getattr(self, option)}; accepted: {accepted}")


def frame_shape(sensor: tuple[int, int], options: FrameOptions) -> tuple[int, int, int]:
    """(channels, height, width) of a frame; pixels left over at an edge become one as well."""
    height, width = (-(-side // options.downsample) for side in sensor)
    return (1 if options.polarity == "signed" else 2, height, width)


def frames(events: NDArray, sensor: tuple[int, int], options: FrameOptions) -> NDArray[np.int8]:
    """The frames [T, *frame_shape] of a recording's events.

    Of n events, the one at time t (in us), the k-th in order of time from 0, falls into the bin

        time:    floor(T (t - first) / (last - first + 1))
        count:   floor(T k / n)

    so that each event is in one bin (tonic's own frames lose the last events). A pixel with ON and
    OFF events of the two polarities in a bin becomes

        signed:  sign(ON - OFF), on one channel
        split:   min(ON, 1) on channel 0, min(OFF, 1) on channel 1
    """
    t, p = events["t"].astype(np.int64), events["p"].astype(np.int64)
    y, x = (events[axis].astype(np.int64) // options.downsample for axis in ("y", "x"))
    if options.bins == "time":
        of_bin = (t - t.min()) * options.timesteps // (np.ptp(t) + 1)
    else:
        of_bin = np.empty(len(t), np.int64)
        of_bin[np.argsort(t, kind="stable")] = np.arange(len(t)) * options.timesteps // len(t)
    shape = (options.timesteps, 2, *frame_shape(sensor, options)[1:])
    flat = np.ravel_multi_index((of_bin, 1 - p, y, x), shape)
    counts = np.bincount(flat, minlength=np.prod(shape)).reshape(shape)
    if options.polarity == "split":
        return (counts > 0).astype(np.int8)
    return np.sign(counts[:, :1] - counts[:, 1:]).astype(np.int8)


def read_split(
    event_set: EventSet, split: str, dirs: list[Path], options: FrameOptions
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Frames [N, T, *frame_shape] and labels [N] of a split ("train" or "test"), cached.

    Args:
        event_set: the data set.
        split: "train" or "test".
        dirs: folders that are searched, first to last.
        options: how a recording becomes frames.

    Raises:
        InputError: the recordings are missing or damaged.
    """
    recordings = find(event_set, split, dirs)
    key = {
        "revision": REVISION,
        "tonic": tonic_version(),
        "set": event_set.name,
        "sensor": event_set.sensor,
        "split": split,
        "options": options,
        "files": [file_sha256(path) for path in recordings.paths],
        "labels": recordings.labels,
    }
    stored = cached(
        f"{event_set.name}-{split}", key, lambda: {"x": all_frames(recordings, options)}
    )
    return stored["x"], np.array(recordings.labels, np.int64)


def file_sha256(path: Path) -> str:
    """The sha256 of a file: names, sizes and times of two files can be the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def all_frames(recordings: Recordings, options: FrameOptions) -> NDArray[np.int8]:
    """The frames [N, T, *frame_shape] of all recordings."""
    sensor = recordings.event_set.sensor
    shape = (len(recordings.paths), options.timesteps, *frame_shape(sensor, options))
    x = np.empty(shape, np.int8)
    for k in range(len(x)):
        x[k] = frames(recordings.events(k), sensor, options)
    return x
