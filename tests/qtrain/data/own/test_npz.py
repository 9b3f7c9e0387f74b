"""Arrays of a user's own: which are taken, how they are split, and one line for what is not."""

import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.data.own.npz import ArrayReader, npz_reader
from qtrain.data.own.preparation import Preparation
from tests.builders.own_files import write_npz

X, Y = np.arange(40.0).reshape(10, 4), np.array([0, 1] * 5)
WHOLE = {"x": X, "y": Y, "test_x": X, "test_y": Y}


def test_splits_are_the_arrays_of_their_names(tmp_path):
    reader = npz_reader(write_npz(tmp_path / "s.npz", train=8, test=4), Preparation())
    train, test = reader.read("train"), reader.read("test")
    assert (train.x.shape, test.x.shape) == ((8, 6, 128), (4, 6, 128))
    assert train.sha256 == test.sha256  # of the file


def test_a_share_of_each_class_is_held_out_evenly_and_always_the_same():
    y = np.array([0] * 10 + [1] * 5)
    x = np.arange(15)[:, None]
    reader = ArrayReader("a", {"x": x, "y": y}, Preparation(test_split=0.2))
    train, test = reader.read("train"), reader.read("test")
    assert test.x[:, 0].tolist() == [0, 5, 10]
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == list(range(15))
    assert train.sha256 != test.sha256
    with pytest.raises(InputError, match="class 1 has 1 sample; with --test-split each class"):
        ArrayReader("a", {"x": X[:3], "y": np.array([0, 0, 1])}, Preparation(test_split=0.2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": None}, "a: array 'y' is missing; found: test_x, test_y, x; accepted: x, y, test_x"),
        ({"x_test": X}, "array 'x_test' is not expected"),
        ({"test_x": None, "test_y": None}, "no test samples; .*--test-split 0.2"),
        ({"y": Y[:9]}, "9 labels in y for 10 samples in x"),
        ({"test_y": np.eye(2)[Y]}, r"test_y has shape \[10, 2\]; accepted: one label a sample"),
        ({"x": np.array([None] * 10)}, "x holds Python objects; .*several lengths"),
    ],
)
def test_arrays_that_are_not_as_named_are_refused(change, message):
    arrays = {key: array for key, array in (WHOLE | change).items() if array is not None}
    with pytest.raises(InputError, match=message):
        ArrayReader("a", arrays, Preparation())


def test_a_file_is_never_unpickled(tmp_path):
    np.savez(tmp_path / "o.npz", **(WHOLE | {"x": np.array([print] * 10)}))
    with pytest.raises(InputError, match=r"o.npz: x: holds Python objects; .* of numbers"):
        npz_reader(tmp_path / "o.npz", Preparation())


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_another_file_is_named(tmp_path, content):
    (tmp_path / "t.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"t.npz: .*numpy.savez"):
        npz_reader(tmp_path / "t.npz", Preparation())
    with pytest.raises(InputError, match=r"none.npz: No such file"):
        npz_reader(tmp_path / "none.npz", Preparation())
