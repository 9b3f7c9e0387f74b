"""A class of a user's own: what it may give, and one line for whatever it does wrong."""

import numpy as np
import pytest
import torch
from PIL import Image

from hw_models.errors import InputError
from qtrain.data.own import user_class
from qtrain.data.own.user_class import ClassReader, is_class

SOURCE = """
import sys
import torch
class Good:
    def __init__(self, split):
        self.n = {"train": 6, "test": 3}[split]
    def __len__(self):
        return self.n
    def __getitem__(self, k):
        return torch.full((2, 5), float(k)), torch.tensor(k % 3)
class Raises(Good):
    def __getitem__(self, k):
        raise RuntimeError("one\\ntwo")
class NoLength:
    def __init__(self, split): pass
class Uneven(Good):
    def __getitem__(self, k): return torch.zeros(k + 1), 0
class NoPair(Good):
    def __getitem__(self, k): return 3.0
class Halves(Good):
    def __getitem__(self, k): return torch.zeros(2), 0.5
class Words(Good):
    def __getitem__(self, k): return ["a"], 0
"""


@pytest.fixture
def file(tmp_path):
    (path := tmp_path / "mine.py").write_text(SOURCE)
    return path


def test_samples_and_labels_by_split(file):
    raw = ClassReader(f"{file}:Good").read("test")
    np.testing.assert_array_equal(raw.x, np.arange(3.0)[:, None, None] * np.ones((1, 2, 5)))
    assert raw.y.tolist() == [0, 1, 2]
    assert len(ClassReader(f"{file}:Good").read("train").x) == 6


def test_a_module_is_found_in_the_current_folder(file, monkeypatch):
    monkeypatch.chdir(file.parent)
    monkeypatch.setattr("sys.path", [p for p in __import__("sys").path if p])
    assert len(ClassReader("mine:Good").read("train").x) == 6


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Raises", "mine.py:Raises, train: RuntimeError: one"),
        ("NoLength", "NoLength, train: TypeError: .*accepted: a class that is called with train"),
        ("Uneven", r"Uneven, train\[1\]: a sample of \[2\], where the first has \[1\]"),
        ("NoPair", r"NoPair, train\[0\]: float; accepted: \(sample, label\)"),
        ("Halves", r"Halves, train\[0\]: label 0.5; accepted: an integer or a string"),
        ("Words", r"Words, train\[0\]: a sample of <U1; accepted: numbers"),
        ("None", "mine.py has no class None"),
    ],
)
def test_what_a_class_does_wrong_is_named(file, name, message):
    with pytest.raises(InputError, match=message):
        ClassReader(f"{file}:{name}").read("train")


def test_a_class_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none.py: no such file"):
        ClassReader(f"{tmp_path}/none.py:Good")
    with pytest.raises(InputError, match="nowhere:Good: ModuleNotFoundError"):
        ClassReader("nowhere:Good")


def test_pillow_images_get_their_channels_first():
    pixels = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    array = user_class.array_of(Image.fromarray(pixels), "")
    np.testing.assert_array_equal(array, pixels.transpose(2, 0, 1))
    assert user_class.array_of(torch.zeros(2, 3), "").shape == (2, 3)


def test_which_texts_name_a_class():
    assert all(map(is_class, ("a:B", "a.b:C", "x/a.py:B", "/x y/a.py:B_1")))
    assert not any(map(is_class, ("a", "a:", "x/a:B", "a.npz", "a:B:C.py", "a:1")))
