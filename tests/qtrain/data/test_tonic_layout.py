"""Recordings as tonic lays them out: each set in its own file format, its splits and labels."""

import shutil
from collections import Counter

import h5py
import numpy as np
import pytest
import tonic

from hw_models.errors import InputError
from qtrain.data import datasets, recordings
from qtrain.data.recordings import find
from qtrain.data.tonic_process import TonicProcess
from tests.builders import event_files
from tests.builders.nmnist_files import random_events, write_set

READING = TonicProcess("tests.builders.small_tonic")


@pytest.fixture(autouse=True)
def small_sets(monkeypatch):
    """tonic takes a set for whole from any number of files on."""
    monkeypatch.setattr(recordings, "TONIC", READING)


def set_of(name):
    return datasets.DATASETS[name]


def check_events(found, k, wanted):
    events = found.events(k)
    for axis, column in zip(("x", "y", "t", "p"), wanted.T, strict=True):
        np.testing.assert_array_equal(events[axis], column)


def check_all(found, folder, written):
    """Every recording has the events that were written into its file."""
    for k, path in enumerate(found.paths):
        check_events(found, k, written[path.relative_to(folder).as_posix()])


def test_nmnist(tmp_path):
    write_set(tmp_path / "NMNIST", per_class=2)
    write_set(tmp_path)  # the full set goes before
    for split, seed in (("train", 13), ("test", 1013)):
        found = find(set_of("nmnist"), split, [tmp_path / "nmnist", tmp_path])
        assert [path.name for path in found.paths] == [f"{k:05}.bin" for k in range(20)]
        assert found.paths[0].is_relative_to(tmp_path / "NMNIST")
        assert found.labels == tuple(k % 10 for k in range(20))
        check_events(found, 13, random_events(seed))
    broken = found.paths[4]
    broken.write_bytes(broken.read_bytes() + b"\0")  # which tonic would pass over
    with pytest.raises(InputError, match="1001 bytes, where an event takes 5"):
        found.events(4)


def test_dvs_gesture(tmp_path):
    written = event_files.write_dvs_gesture(tmp_path, users=3)
    for split, folder, users in (("train", "ibmGestureTrain", 0), ("test", "ibmGestureTest", 50)):
        found = find(set_of("dvs-gesture"), split, [tmp_path])
        assert Counter(found.labels) == dict.fromkeys(range(11), 3)
        assert [path.stem for path in found.paths] == [str(label) for label in found.labels]
        names = {path.parent.name for path in found.paths}
        assert names == {f"user{users + k:02}_led" for k in range(3)}
        assert all(path.parents[1].name == folder for path in found.paths)
        check_all(found, tmp_path, written)


def test_cifar10_dvs(tmp_path):
    written = event_files.write_cifar10_dvs(tmp_path, per_class=11)
    train, test = (find(set_of("cifar10-dvs"), split, [tmp_path]) for split in ("train", "test"))
    assert Counter(test.labels) == dict.fromkeys(range(10), 2)  # the 1st and the 11th
    assert Counter(train.labels) == dict.fromkeys(range(10), 9)
    assert not set(train.paths) & set(test.paths)
    names = list(tonic.datasets.CIFAR10DVS.classes)
    for found in (train, test):
        assert [path.parent.name for path in found.paths] == [names[k] for k in found.labels]
        check_all(found, tmp_path, written)


@pytest.mark.parametrize(("name", "classes"), [("SHD", 20), ("SSC", 35)])
def test_audio(tmp_path, name, classes):
    written = event_files.write_audio(tmp_path, name, samples=40, classes=classes)
    for split in ("train", "test"):
        found = find(set_of(name.lower()), split, [tmp_path])
        assert set(found.paths) == {tmp_path / name / f"{name.lower()}_{split}.h5"}
        assert found.labels == tuple(k % classes for k in range(40))  # in the order of the file
        for k in (0, 17, 39):
            check_events(found, k, written[split, k])


def test_audio_with_one_split_alone(tmp_path):
    event_files.write_audio(tmp_path, "SHD")
    (tmp_path / "SHD" / "shd_test.h5").unlink()
    assert len(find(set_of("shd"), "train", [tmp_path]).found) == 20
    with pytest.raises(InputError, match=r"SHD/shd_train\.h5 and shd_test\.h5; looked in"):
        find(set_of("shd"), "test", [tmp_path])


def test_a_bad_recording_among_others_in_a_file_is_numbered(tmp_path):
    event_files.write_audio(tmp_path, "SHD")
    path = tmp_path / "SHD" / "shd_test.h5"
    with h5py.File(path, "a") as file:
        file["spikes/units"][3] = np.full(200, 700)
    with pytest.raises(InputError, match="accepted: the 700 x 1 pixels of shd") as error:
        find(set_of("shd"), "test", [tmp_path]).events(3)
    assert str(error.value).startswith(f"{path}: recording 3: an event at x = 700, y = 0")


def test_n_caltech101(tmp_path):
    written = event_files.write_n_caltech101(tmp_path, per_class=3)
    train, test = (find(set_of("n-caltech101"), split, [tmp_path]) for split in ("train", "test"))
    assert Counter(test.labels) == dict.fromkeys(range(101), 1)
    assert Counter(train.labels) == dict.fromkeys(range(101), 2)
    for found in (train, test):
        names = [f"class{label:03}" for label in found.labels]
        assert [path.parent.name for path in found.paths] == names
    check_all(test, tmp_path, written)


def test_n_caltech101_with_a_class_too_few(tmp_path):
    event_files.write_n_caltech101(tmp_path, classes=100)
    with pytest.raises(InputError) as error:
        find(set_of("n-caltech101"), "train", [tmp_path])
    assert str(error.value) == (
        f"{tmp_path}/NCALTECH101/Caltech101: 100 folders with recordings; accepted: the 101 of "
        "n-caltech101; fetch it again"
    )


def test_annotations_beside_n_caltech101_are_no_recordings(tmp_path):
    event_files.write_n_caltech101(tmp_path)
    path = tmp_path / "NCALTECH101" / "Caltech101_annotations" / "class007" / "annotation_0001.bin"
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(20))
    with pytest.raises(
        InputError, match=r"annotation_0001\.bin: no recording; accepted: .*move it"
    ):
        find(set_of("n-caltech101"), "train", [tmp_path])


def test_poker_dvs(tmp_path):
    written = event_files.write_poker_dvs(tmp_path, per_class=4)
    for split in ("train", "test"):
        found = find(set_of("poker-dvs"), split, [tmp_path])
        suits = [("cl", "he", "di", "sp")[label] for label in found.labels]
        assert [path.parent.name for path in found.paths] == suits
        assert {path.parents[1].name for path in found.paths} == {f"pips_{split}"}
        assert len(found.paths) == 16
        check_all(found, tmp_path, written)


def test_files_that_tonic_opens_by_itself_can_be_broken(tmp_path):
    event_files.write_poker_dvs(tmp_path)
    path = tmp_path / "POKERDVS" / "pips_train" / "he" / "0.npy"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"POKERDVS: broken recordings \(.*fetch them again"):
        find(set_of("poker-dvs"), "train", [tmp_path])
    (tmp_path / "SHD").mkdir()
    (tmp_path / "SHD" / "shd_train.h5").write_bytes(b"no HDF5")
    with pytest.raises(InputError, match=r"SHD: broken recordings \(.*fetch them again"):
        find(set_of("shd"), "train", [tmp_path])


def test_any_part_of_a_split_mixes_the_classes(tmp_path):
    """Names that go with classes would put all recordings of a class side by side."""
    event_files.write_dvs_gesture(tmp_path, users=9, count=1)
    labels = find(set_of("dvs-gesture"), "train", [tmp_path]).labels
    for part in (labels[:33], labels[-33:]):
        assert len(set(part)) >= 9


def test_the_order_does_not_depend_on_where_the_set_lies(tmp_path):
    event_files.write_dvs_gesture(tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "elsewhere" / "b")
    first, second = (
        find(set_of("dvs-gesture"), "train", [folder])
        for folder in (tmp_path / "a", tmp_path / "elsewhere" / "b")
    )
    assert first.labels == second.labels


@pytest.mark.parametrize(
    "name", ["dvs-gesture", "cifar10-dvs", "shd", "ssc", "n-caltech101", "poker-dvs"]
)
def test_an_empty_folder_says_what_goes_where_and_is_not_filled(tmp_path, name):
    entry = set_of(name)
    for _ in range(2):
        with pytest.raises(InputError) as error:
            find(entry, "train", [tmp_path])
        (tmp_path / entry.tonic).mkdir(exist_ok=True)
    assert not list((tmp_path / entry.tonic).iterdir())
    for part in (f"{entry.tonic}/{entry.files}", str(tmp_path), "--data-dir", entry.source):
        assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_tonic_s_own_measure_of_a_whole_set_holds(tmp_path, monkeypatch):
    monkeypatch.undo()
    write_set(tmp_path / "NMNIST")
    with pytest.raises(InputError, match="data set nmnist: neither Train/"):
        find(set_of("nmnist"), "train", [tmp_path])
    assert len(find(set_of("nmnist"), "train", [tmp_path / "NMNIST"]).paths) == 10
