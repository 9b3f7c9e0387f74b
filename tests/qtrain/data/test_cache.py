"""The cache: made once for a key, made anew where damaged, and never half-written."""

import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.data import cache


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def counted():
    made = []

    def make():
        made.append(None)
        return {"x": np.arange(6, dtype=np.int8).reshape(2, 3) * len(made), "y": np.array([1, 2])}

    return made, make


def test_made_once_for_a_key():
    made, make = counted()
    for _ in range(2):
        arrays = cache.cached("set", {"a": 1, "b": "x"}, make)
        np.testing.assert_array_equal(arrays["x"], [[0, 1, 2], [3, 4, 5]])
        assert arrays["x"].dtype == np.int8 and arrays["x"].flags.writeable
    cache.cached("set", {"b": "x", "a": 1}, make)
    assert len(made) == 1
    cache.cached("set", {"a": 2, "b": "x"}, make)
    assert len(made) == 2


@pytest.mark.parametrize(
    "damage", [lambda b: b[:50], lambda b: b"", lambda b: b[:60] + b"?" * 60 + b[120:]]
)
def test_a_damaged_file_is_made_anew(folder, damage):
    made, make = counted()
    cache.cached("set", {}, make)
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert cache.cached("set", {}, make)["x"][1, 2] == 10
    assert cache.cached("set", {}, make)["x"][1, 2] == 10
    assert len(made) == 2 and list(folder.iterdir()) == [path]


def test_nothing_is_left_of_a_write_that_fails(folder, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(InputError, match=r"No space left.*\$TRISPIKE_CACHE"):
        cache.cached("set", {}, counted()[1])
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(InputError, match="cannot be written"):
        cache.cached("set", {}, counted()[1])
