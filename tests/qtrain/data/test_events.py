"""Frames of recordings against their definition, event by event, and what is kept of them."""

import os
from fractions import Fraction
from math import floor

import numpy as np
import pytest
import tonic.functional
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import InputError
from qtrain.data import datasets, recordings
from qtrain.data.events import FrameOptions, frame_shape, frames, read_split
from qtrain.data.tonic_layout import EVENT
from tests.builders.event_files import write_audio
from tests.builders.nmnist_files import random_events, write_recording, write_set

NMNIST = datasets.DATASETS["nmnist"]
OPTIONS = st.builds(
    FrameOptions,
    timesteps=st.integers(1, 9),
    polarity=st.sampled_from(["signed", "split", "merged"]),
    bins=st.sampled_from(["time", "count"]),
    downsample=st.integers(1, 5),
) | st.builds(
    FrameOptions,
    timesteps=st.integers(1, 9),
    polarity=st.sampled_from(["signed", "split", "merged"]),
    bin_us=st.integers(1, 20),
    downsample=st.integers(1, 5),
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def structured(events):
    made = np.empty(len(events), EVENT)
    for axis, column in zip(("x", "y", "t", "p"), np.asarray(events).T, strict=True):
        made[axis] = column
    return made


def by_definition(events, sensor, options):
    """Each event by itself, in exact arithmetic."""
    T, f = options.timesteps, options.downsample
    counts = np.zeros((T, 2, -(-sensor[0] // f), -(-sensor[1] // f)), int)
    ordered = sorted(events, key=lambda event: event[2])
    first, last = ordered[0][2], ordered[-1][2]
    left_out = 0
    for k, (x, y, t, p) in enumerate(ordered):
        by_time, by_count = Fraction(t - first, last - first + 1), Fraction(k, len(events))
        step = floor(T * (by_time if options.bins == "time" else by_count))
        if options.bin_us:
            step = floor(Fraction(t - first, options.bin_us))
        if step < T:
            counts[step, 0 if p else 1, y // f, x // f] += 1
        else:
            left_out += 1
    on, off = counts[:, :1], counts[:, 1:]
    if options.polarity == "signed":
        return np.where(on > off, 1, np.where(on < off, -1, 0)), left_out
    return np.minimum(on + off if options.polarity == "merged" else counts, 1), left_out


@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 50), st.integers(0, 1)),
        min_size=1,
        max_size=40,
    ),
    OPTIONS,
    st.sampled_from([(5, 7), (8, 7), (1, 7)]),
)
def test_frames_are_their_definition(events, options, sensor):
    events = [(x, min(y, sensor[0] - 1), t, p) for x, y, t, p in events]
    made, left_out = frames(structured(events), sensor, options)
    assert made.dtype == np.int8
    assert made.shape == (options.timesteps, *frame_shape(sensor, options))
    wanted, late = by_definition(events, sensor, options)
    np.testing.assert_array_equal(made, wanted)
    assert left_out == late


@pytest.mark.parametrize("bins", ["time", "count"])
def test_frames_are_those_of_tonic_where_it_loses_no_event(bins):
    events = structured(random_events(0, count=400))
    events["t"][[0, -1]] = 0, 299_999
    theirs = events
    if bins == "time":  # tonic measures up to the last event, and leaves that one out
        theirs = np.append(events, events[-1:])
        theirs["t"][-1] = 300_000
    number = {"n_time_bins" if bins == "time" else "n_event_bins": 8}
    wanted = tonic.functional.to_frame_numpy(theirs, (34, 34, 2), **number)[:, ::-1]
    made, _ = frames(events, (34, 34), FrameOptions(timesteps=8, polarity="split", bins=bins))
    np.testing.assert_array_equal(made, wanted > 0)
    made, _ = frames(events, (34, 34), FrameOptions(timesteps=8, bins=bins))
    np.testing.assert_array_equal(made, np.sign(wanted[:, :1] - wanted[:, 1:]))


def test_events_of_other_integer_types():
    """As tonic's sets have them: unsigned, or a boolean polarity."""
    events = structured(random_events(1))
    other = np.empty(len(events), [("t", "u8"), ("x", "u2"), ("y", "u2"), ("p", "?")])
    for axis in ("x", "y", "t", "p"):
        other[axis] = events[axis]
    for options in (FrameOptions(), FrameOptions(polarity="split", bins="count")):
        wanted, _ = frames(events, (34, 34), options)
        np.testing.assert_array_equal(frames(other, (34, 34), options)[0], wanted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timesteps": 0}, "timesteps = 0; accepted: 1 or more"),
        ({"polarity": "both"}, "polarity = both; accepted: signed, split"),
        ({"bins": "space"}, "bins = space; accepted: time, count"),
        ({"downsample": 0}, "downsample = 0; accepted: 1 or more"),
        ({"bin_us": -1}, "bin_us = -1; accepted: 0, or a duration in us with bins = time"),
        ({"bin_us": 9, "bins": "count"}, "bin_us = 9; accepted: 0, or a duration in us with bins"),
    ],
)
def test_impossible_options(options, message):
    with pytest.raises(InputError, match=message):
        FrameOptions(**options)


def test_a_split_is_read_from_its_recordings_and_then_from_the_cache(tmp_path, monkeypatch, cache):
    write_set(tmp_path, per_class=2)
    options = FrameOptions(timesteps=3, downsample=2)
    x, y = read_split(NMNIST, "train", [tmp_path], options)
    assert x.shape == (20, 3, 1, 17, 17) and x.dtype == np.int8
    assert y.tolist() == [k % 10 for k in range(20)]
    wanted, _ = frames(structured(random_events(7)), (34, 34), options)
    np.testing.assert_array_equal(x[7], wanted)
    monkeypatch.setattr(recordings.Recordings, "events", lambda *_: 1 / 0)
    again, _ = read_split(NMNIST, "train", [tmp_path], options)
    np.testing.assert_array_equal(again, x)
    tmp_path.joinpath("Train").rename(tmp_path / "moved")
    tmp_path.joinpath("elsewhere").mkdir()
    tmp_path.joinpath("moved").rename(tmp_path / "elsewhere" / "Train")
    again, _ = read_split(NMNIST, "train", [tmp_path / "elsewhere"], options)
    np.testing.assert_array_equal(again, x)
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize(
    "options",
    [
        {"timesteps": 4},
        {"polarity": "split"},
        {"polarity": "merged"},
        {"bins": "count"},
        {"bin_us": 40_000},
        {"downsample": 2},
    ],
)
def test_other_options_are_other_frames(tmp_path, options):
    write_set(tmp_path)
    read_split(NMNIST, "test", [tmp_path], FrameOptions())
    x, _ = read_split(NMNIST, "test", [tmp_path], FrameOptions(**options))
    wanted, _ = frames(structured(random_events(1003)), (34, 34), FrameOptions(**options))
    np.testing.assert_array_equal(x[3], wanted)


def test_changed_recordings_are_read_again(tmp_path):
    write_set(tmp_path)
    before, _ = read_split(NMNIST, "test", [tmp_path], FrameOptions())
    write_recording(tmp_path / "Test" / "3" / "00003.bin", random_events(77))  # as long as it was
    after, _ = read_split(NMNIST, "test", [tmp_path], FrameOptions())
    changed = (before != after).any(axis=(1, 2, 3, 4))
    assert np.flatnonzero(changed).tolist() == [3]
    (tmp_path / "Test" / "4" / "00004.bin").unlink()
    x, y = read_split(NMNIST, "test", [tmp_path], FrameOptions())
    assert y.tolist() == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    np.testing.assert_array_equal(x, np.delete(after, 4, axis=0))


@pytest.mark.parametrize("elsewhere", [True, False])
def test_recordings_alike_in_names_sizes_and_times_are_told_apart(tmp_path, elsewhere):
    """Another set, or another content put into the same files."""
    roots = [tmp_path / "a", tmp_path / ("b" if elsewhere else "a")]
    for seed, root in enumerate(roots):
        path = root / "Train/0/00001.bin"
        write_recording(path, random_events(seed))
        os.utime(path, (1e9, 1e9))
        x, _ = read_split(NMNIST, "train", [root], FrameOptions())
        wanted, _ = frames(structured(random_events(seed)), (34, 34), FrameOptions())
        np.testing.assert_array_equal(x[0], wanted)


def test_recordings_that_change_places_are_read_again(tmp_path):
    """The same files in another order, under each other's names."""
    write_set(tmp_path)
    before, _ = read_split(NMNIST, "test", [tmp_path], FrameOptions())
    first, second = (tmp_path / f"Test/{k}/0000{k}.bin" for k in (1, 2))
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    after, _ = read_split(NMNIST, "test", [tmp_path], FrameOptions())
    np.testing.assert_array_equal(after[[2, 1]], before[[1, 2]])


def test_a_broken_recording_leaves_nothing_in_the_cache(tmp_path, cache):
    write_set(tmp_path)
    path = tmp_path / "Train" / "9" / "00009.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"00009\.bin: broken recording"):
        read_split(NMNIST, "train", [tmp_path], FrameOptions())
    assert not cache.exists()


def test_a_note_says_how_many_events_are_left_out(tmp_path, caplog):
    """Also when the frames come from the cache; not where they are few."""
    for k, times in enumerate(([0, 10, 20, 39], [5, 24, 25, 5000])):
        events = [(k, k, t, 1) for t in times]
        write_recording(tmp_path / "Test" / str(k) / f"{k:05}.bin", events)
    for _ in range(2):
        caplog.clear()
        read_split(NMNIST, "test", [tmp_path], FrameOptions(timesteps=2, bin_us=10))
        assert caplog.messages == [
            "nmnist, test split: 50.0% of the events come after 2 frames of 10 us, and are left out"
        ]
    caplog.clear()
    read_split(NMNIST, "test", [tmp_path], FrameOptions(timesteps=2, bin_us=10_000))
    read_split(NMNIST, "test", [tmp_path], FrameOptions(timesteps=2))
    assert not caplog.messages


def test_audio_becomes_rows(tmp_path):
    written = write_audio(tmp_path, "SHD")
    options = FrameOptions(timesteps=5, polarity="merged", bin_us=100_000, downsample=3)
    x, y = read_split(datasets.DATASETS["shd"], "test", [tmp_path], options)
    assert x.shape == (20, 5, 1, 1, 234) and y.tolist() == list(range(20))
    for k in (0, 19):
        wanted, left_out = by_definition(written["test", k].tolist(), (1, 700), options)
        np.testing.assert_array_equal(x[k], wanted)
        assert left_out > 50
