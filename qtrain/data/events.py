"""Turns event recordings into frames of ternary or binary spikes, one frame for each step."""

import hashlib
import logging
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import Spikes
from qtrain.data.cache import Arrays, cached
from qtrain.data.event_sets import EventSet
from qtrain.data.recordings import Recordings, find
from qtrain.data.tonic_process import tonic_version

# the option polarity -> the encoding of the frames
POLARITIES: dict[str, Spikes] = {
    "signed": "ternary",
    "split": "binary",
    "off-on": "binary",
    "merged": "binary",
}
BINS = ("time", "count")
REVISION = 2  # part of the cache's key; raise it when what is stored for the same key changes
NOTABLE = 0.01  # share of a split's events from which on a note says that they are left out

log = logging.getLogger(__name__)  # without a handler of the caller's, notes go to stderr as text


class FrameOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a recording is turned into T frames.

    Raises:
        InputError: an option is out of range.
    """

    timesteps: int = 10  # T
    # one channel {-1, 0, 1}; "split": two channels {0, 1}, ON and OFF; "off-on": the same, OFF
    # first, as tonic has it and networks of other frameworks expect it; "merged": one of both
    polarity: str = "signed"
    bins: str = "time"  # frames of equal duration; "count": of equally many events
    bin_us: int = 0  # duration of a frame in us; 0: the T-th part of each recording
    downsample: int = 1  # a square of so many pixels to a side becomes one pixel

    def __post_init__(self) -> None:
        limits = {
            "timesteps": (self.timesteps >= 1, "1 or more"),
            "polarity": (self.polarity in POLARITIES, ", ".join(POLARITIES)),
            "bins": (self.bins in BINS, ", ".join(BINS)),
            "bin_us": (
                self.bin_us >= 0 and (self.bins == "time" or not self.bin_us),
                "0, or a duration in us with bins = time",
            ),
            "downsample": (self.downsample >= 1, "1 or more"),
        }
        for option, (good, accepted) in limits.items():
            if not good:
                raise InputError(f"{option} = {getattr(self, option)}; accepted: {accepted}")


def frame_shape(sensor: tuple[int, int], options: FrameOptions) -> tuple[int, int, int]:
    """(channels, height, width) of a frame; pixels left over at an edge become one as well."""
    height, width = (-(-side // options.downsample) for side in sensor)
    return (2 if options.polarity in ("split", "off-on") else 1, height, width)


def bins_of(t: NDArray[np.int64], options: FrameOptions) -> NDArray[np.int64]:
    """The bin of each event by its time t [n] in us, see frames(); T or more: in none."""
    since_first = t - t.min()
    if options.bin_us:
        return since_first // options.bin_us
    if options.bins == "time":
        return since_first * options.timesteps // (np.ptp(t) + 1)
    of_bin = np.empty(len(t), np.int64)
    of_bin[np.argsort(t, kind="stable")] = np.arange(len(t)) * options.timesteps // len(t)
    return of_bin


def frames(
    events: NDArray, sensor: tuple[int, int], options: FrameOptions
) -> tuple[NDArray[np.int8], int]:
    """The frames [T, *frame_shape] of a recording's events, and how many events are in none.

    Of n events, the one at time t (in us), the k-th in order of time from 0, falls into the bin

        time:    floor(T (t - first) / (last - first + 1)), or with bin_us
                 floor((t - first) / bin_us), and into none where that is T or more
        count:   floor(T k / n)

    so that without bin_us each event is in one bin (tonic's own frames lose the last events). A
    pixel with ON and OFF events of the two polarities in a bin becomes

        signed:  sign(ON - OFF), on one channel
        split:   min(ON, 1) on channel 0, min(OFF, 1) on channel 1
        off-on:  min(OFF, 1) on channel 0, min(ON, 1) on channel 1
        merged:  min(ON + OFF, 1), on one channel
    """
    of_bin = bins_of(events["t"].astype(np.int64), options)
    framed = of_bin < options.timesteps
    of_bin, events = of_bin[framed], events[framed]
    p = events["p"].astype(np.int64)
    y, x = (events[axis].astype(np.int64) // options.downsample for axis in ("y", "x"))
    shape = (options.timesteps, 2, *frame_shape(sensor, options)[1:])
    flat = np.ravel_multi_index((of_bin, 1 - p, y, x), shape)
    counts = np.bincount(flat, minlength=np.prod(shape)).reshape(shape)
    on, off = counts[:, :1], counts[:, 1:]
    made = {
        "signed": np.sign(on - off),
        "split": counts > 0,
        "off-on": counts[:, ::-1] > 0,
        "merged": on + off > 0,
    }
    return made[options.polarity].astype(np.int8), int(np.count_nonzero(~framed))


def read_split(
    event_set: EventSet, split: str, dirs: list[Path], options: FrameOptions
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Frames [N, T, *frame_shape] and labels [N] of a split ("train" or "test"), cached.

    Args:
        event_set: the data set.
        split: "train" or "test".
        dirs: folders that are searched, first to last.
        options: how a recording becomes frames.

    A note is logged where bin_us leaves many of the split's events out.

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
        "files": [file_sha256(path) for path in dict.fromkeys(recordings.paths)],
        "labels": recordings.labels,
    }
    shape = (len(recordings.found), options.timesteps, *frame_shape(event_set.sensor, options))

    def fits(stored: Arrays) -> bool:
        if stored.keys() != {"x", "events", "left_out"}:
            return False
        counts = stored["events"], stored["left_out"]
        numbers = all(count.dtype.kind == "i" and not count.shape for count in counts)
        x = stored["x"]
        framed = x.shape == shape and x.dtype == np.int8 and -1 <= x.min() <= x.max() <= 1
        return numbers and framed and 0 <= int(counts[1]) <= int(counts[0])

    stored = cached(f"{event_set.name}-{split}", key, lambda: all_frames(recordings, options), fits)
    left_out, total = int(stored["left_out"]), int(stored["events"])
    if left_out > NOTABLE * total:
        log.warning(
            f"{event_set.name}, {split} split: {left_out / total:.1%} of the events come after "
            f"{options.timesteps} frames of {options.bin_us} us, and are left out"
        )
    return stored["x"], np.array(recordings.labels, np.int64)


def file_sha256(path: Path) -> str:
    """The sha256 of a file: names, sizes and times of two files can be the same.

    Raises:
        InputError: it is a pipe or the like.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is no plain file; fetch it again")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def all_frames(recordings: Recordings, options: FrameOptions) -> Arrays:
    """The frames x [N, T, *frame_shape] of all recordings.

    Beside them, how many events the recordings have, and how many of them are in no frame.
    """
    sensor = recordings.event_set.sensor
    shape = (len(recordings.found), options.timesteps, *frame_shape(sensor, options))
    x = np.empty(shape, np.int8)
    total = left_out = 0
    for k in range(len(x)):
        events = recordings.events(k)
        x[k], late = frames(events, sensor, options)
        total, left_out = total + len(events), left_out + late
    return {"x": x, "events": np.array(total), "left_out": np.array(left_out)}
