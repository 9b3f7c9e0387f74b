"""Recordings: where they are found, in which order, and what is said of missing or bad ones."""

import os

import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.data import datasets, recordings, tonic_process
from qtrain.data.recordings import find
from qtrain.data.tonic_process import TonicProcess
from tests.builders.nmnist_files import random_events, write_recording, write_set

NMNIST = datasets.DATASETS["nmnist"]


def test_a_folder_of_recordings(tmp_path):
    write_set(tmp_path, per_class=2)
    found = find(NMNIST, "train", [tmp_path / "nmnist", tmp_path])
    assert [path.name for path in found.paths] == [f"{k:05}.bin" for k in range(20)]
    assert found.labels == tuple(k % 10 for k in range(20))
    events = found.events(13)
    for axis, column in zip(("x", "y", "t", "p"), random_events(13).T, strict=True):
        np.testing.assert_array_equal(events[axis], column)


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

    (tmp_path / "lib/tonic").mkdir(parents=True)
    (tmp_path / "lib/tonic/__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'tonic'\", name='tonic')"
    )
    monkeypatch.syspath_prepend(tmp_path / "lib")
    monkeypatch.setattr(recordings, "TONIC", TonicProcess())
    with pytest.raises(
        InputError, match=r"through tonic: No module .*; pip install 'trispike\[tra"
    ):
        find(NMNIST, "test", [tmp_path]).events(0)

    def fail(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(tonic_process, "version", fail)
    with pytest.raises(InputError, match="No module named 'tonic'; pip install 'trispike"):
        tonic_process.tonic_version()


def test_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "Test" / "3" / "00001.bin"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"00001\.bin: is no plain file; fetch it again"):
        datasets.load("nmnist", "test", tmp_path)
