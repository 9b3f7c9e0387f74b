"""Recordings: where they are found, in which order, and what is said of missing or bad ones."""

import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.data import datasets, recordings
from qtrain.data.recordings import EVENT, EventSet, find
from tests.builders.nmnist_files import random_events, write_recording, write_set

NMNIST = datasets.DATASETS["nmnist"]
GESTURE = EventSet(
    name="dvs-gesture", tonic="DVSGesture", sensor=(128, 128), classes=11, source="its source"
)
CIFAR = EventSet(
    name="cifar10-dvs", tonic="CIFAR10DVS", sensor=(128, 128), classes=10, source="", held_out=10
)


@pytest.fixture
def small_sets(monkeypatch):
    """tonic takes a set for whole from any number of files on."""
    import tonic

    monkeypatch.setattr(
        tonic.dataset.Dataset, "_folder_contains_at_least_n_files_of_type", lambda *_: True
    )


@pytest.mark.parametrize("name", ["NMNIST", "DVSGesture", "CIFAR10DVS"])
def test_entries_agree_with_tonic(name):
    import tonic

    entry = {found.tonic: found for found in (NMNIST, GESTURE, CIFAR)}[name]
    original = getattr(tonic.datasets, name)
    assert original.sensor_size == (*entry.sensor[::-1], 2)
    assert len(original.classes) == entry.classes


def test_a_folder_of_recordings(tmp_path):
    write_set(tmp_path, per_class=2)
    found = find(NMNIST, "train", [tmp_path / "nmnist", tmp_path])
    assert [path.name for path in found.paths] == [f"{k:05}.bin" for k in range(20)]
    assert found.labels == tuple(k % 10 for k in range(20))
    events = found.events(13)
    for axis, column in zip(("x", "y", "t", "p"), random_events(13).T, strict=True):
        np.testing.assert_array_equal(events[axis], column)


def test_the_full_set_as_tonic_lays_it_out(tmp_path, small_sets):
    write_set(tmp_path / "NMNIST", per_class=2)
    write_set(tmp_path)  # the full set goes before
    for name in ("train.zip", "test.zip"):
        (tmp_path / "NMNIST" / name).touch()
    for split, seed in (("train", 13), ("test", 1013)):
        found = find(NMNIST, split, [tmp_path / "nmnist", tmp_path])
        assert len(found.paths) == 20 and found.paths[0].is_relative_to(tmp_path / "NMNIST")
        assert found.labels == tuple(k % 10 for k in range(20))
        events = found.events(13)
        assert events.dtype.names == EVENT.names
        for axis, column in zip(("x", "y", "t", "p"), random_events(seed).T, strict=True):
            np.testing.assert_array_equal(events[axis], column)
    broken = found.paths[4]
    broken.write_bytes(broken.read_bytes() + b"\0")  # which tonic would pass over
    with pytest.raises(InputError, match="1001 bytes, where an event takes 5"):
        found.events(4)


def test_an_incomplete_set_is_not_downloaded(tmp_path):
    """tonic would: the archive is not there, or too few recordings are."""
    write_set(tmp_path / "NMNIST")
    for _ in range(2):
        with pytest.raises(InputError, match="data set nmnist: neither") as error:
            find(NMNIST, "train", [tmp_path])
        (tmp_path / "NMNIST" / "train.zip").touch()
    for part in (
        "Train/<label>/<id>.bin",
        "NMNIST/",
        str(tmp_path),
        "--data-dir",
        "garrickorchard",
    ):
        assert part in str(error.value)
    assert "\n" not in str(error.value)
    assert len(find(NMNIST, "train", [tmp_path / "NMNIST"]).paths) == 10


def test_a_set_of_another_format(tmp_path, small_sets):
    root = tmp_path / "DVSGesture"
    for user in ("user01_led", "user02_lab"):
        folder = root / "ibmGestureTrain" / user
        folder.mkdir(parents=True)
        for label in range(11):
            events = random_events(label, side=128).astype(float)[:, [0, 1, 3, 2]]
            np.save(folder / f"{label}.npy", events)  # x, y, polarity, time in ms
    with pytest.raises(InputError, match="no DVSGesture/ as tonic"):
        find(GESTURE, "train", [tmp_path])
    (root / "ibmGestureTrain.tar.gz").touch()
    found = find(GESTURE, "train", [tmp_path])
    assert sorted(found.labels) == sorted([*range(11), *range(11)])
    for k, label in enumerate(found.labels):
        np.testing.assert_array_equal(
            found.events(k)["t"], 1000 * random_events(label, side=128)[:, 2]
        )


def test_a_set_without_splits_gets_its_own(tmp_path, small_sets):
    root = tmp_path / "CIFAR10DVS"
    for label in ("airplane", "truck"):
        (root / label).mkdir(parents=True)
        for k in range(20):
            (root / label / f"cifar10_{label}_{k:02}.aedat4").touch()
    (root / "CIFAR10DVS.zip").touch()
    train, test = (find(CIFAR, split, [tmp_path]) for split in ("train", "test"))
    assert [path.stem[-2:] for path in test.paths] == ["00", "10", "00", "10"]
    assert test.labels == (0, 0, 9, 9)
    assert len(train.paths) == 36 and not set(train.paths) & set(test.paths)


def write_test_recording(folder, content):
    path = folder / "Test" / "3" / "00001.bin"
    if isinstance(content, bytes):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    else:
        write_recording(path, content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(12), "broken recording (12 bytes, where an event takes 5); fetch it again"),
        (b"", "a recording without events"),
        ([(0, 240, 5, 1)], "a recording without events"),  # a mark that the clock wrapped around
        ([(3, 4, 5, 1), (34, 7, 6, 0)], "an event at x = 34, y = 7; accepted: the 34 x 34 pixels"),
        ([(3, 4, 5, 1), (2, 200, 6, 0)], "an event at x = 2, y = 200; accepted"),
    ],
)
def test_a_bad_recording_is_named(tmp_path, content, message):
    path = write_test_recording(tmp_path, content)
    with pytest.raises(InputError) as error:
        find(NMNIST, "test", [tmp_path]).events(0)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_reader_that_fails_names_the_file(tmp_path, monkeypatch):
    path = write_test_recording(tmp_path, random_events(0))
    found = find(NMNIST, "test", [tmp_path])
    path.unlink()
    with pytest.raises(InputError, match=r"00001\.bin: broken recording \(.*No such file"):
        found.events(0)


def test_a_folder_that_is_no_label_is_named(tmp_path):
    write_recording(tmp_path / "Test" / "ten" / "00001.bin", random_events(0))
    with pytest.raises(InputError, match=r"ten/00001\.bin: 'ten' is no label; accepted: 0 to 9"):
        find(NMNIST, "test", [tmp_path])


def test_without_tonic(tmp_path, monkeypatch):
    write_test_recording(tmp_path, random_events(0))

    def fail(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(recordings.importlib, "import_module", fail)
    monkeypatch.setattr(recordings, "version", fail)
    with pytest.raises(InputError, match=r"through tonic: No module named 'tonic\.io'; install"):
        find(NMNIST, "test", [tmp_path]).events(0)
    with pytest.raises(InputError, match="No module named 'tonic'; install it with pip"):
        recordings.tonic_version()
