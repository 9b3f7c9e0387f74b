"""Folders of images by class: layout, colours, sizes, and one line for each thing that is wrong."""

import numpy as np
import pytest
from PIL import Image

from hw_models.errors import InputError
from qtrain.data.own.images import ImageFolder, middle
from qtrain.data.own.preparation import Preparation
from tests.builders.own_files import write_image

FLAT = Preparation(test_split=0.25)


def write_flat(folder, mode="RGB"):
    for k in range(4):
        for name in ("cat", "dog"):
            write_image(folder / name / f"{k}.png", mode=mode)
    return folder


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_a_sample_is_the_image_with_channels_first(tmp_path, mode, channels):
    raw = ImageFolder(write_flat(tmp_path, mode), FLAT, workers=2).read("train")
    assert raw.x.shape == (6, channels, 12, 16) and raw.x.dtype == np.uint8
    assert raw.y.tolist() == ["cat"] * 3 + ["dog"] * 3
    pixels = np.asarray(Image.open(tmp_path / "cat/1.png"))
    expected = pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
    np.testing.assert_array_equal(raw.x[0], expected)


def test_train_and_test_folders(tmp_path):
    for split, count in (("train", 3), ("test", 2)):
        for k in range(count):
            write_image(tmp_path / split / "cat" / f"{k}.png")
    (tmp_path / "train/.hidden").mkdir()
    reader = ImageFolder(tmp_path, Preparation())
    assert (len(reader.read("train").x), len(reader.read("test").x)) == (3, 2)
    assert reader.read("test").sha256 != reader.read("train").sha256
    (tmp_path / "val").mkdir()
    with pytest.raises(InputError, match="val: not expected; accepted: the folders train and test"):
        ImageFolder(tmp_path, Preparation())


def test_the_middle_of_the_image_scaled_to_its_shorter_side():
    image = Image.fromarray(np.repeat(np.arange(40, dtype=np.uint8), 20).reshape(40, 20))
    cut = np.asarray(middle(image, (20, 20)))
    np.testing.assert_array_equal(cut[:, 0], np.arange(10, 30))
    assert np.asarray(middle(image, (8, 16))).shape == (8, 16)
    assert np.asarray(middle(image, (50, 70))).shape == (50, 70)


def test_the_content_of_the_files_is_what_counts(tmp_path):
    before = ImageFolder(write_flat(tmp_path / "a"), FLAT).read("test").sha256
    assert ImageFolder(write_flat(tmp_path / "b"), FLAT).read("test").sha256 == before
    write_image(tmp_path / "b/cat/0.png", mode="L")
    grey = Preparation(test_split=0.25, color="grey")
    assert ImageFolder(tmp_path / "b", grey).read("test").sha256 != before


def animation(path):
    frames = [Image.new("RGB", (16, 12), color) for color in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def spoil(folder, **how):
    write_image(folder / "cat/2.png", **how)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: (d / "cat/2.png").write_text("text"), "cat/2.png: no sound image .*; remove it"),
        (
            lambda d: (d / "cat/2.png").write_bytes((d / "cat/1.png").read_bytes()[:200]),
            "cat/2.png: no sound image .*truncated",
        ),
        (lambda d: spoil(d, mode="L"), "cat/2.png: grey, where .*1.png is rgb; .*--color"),
        (lambda d: spoil(d, width=20), "cat/2.png: 12 x 20 pixels, where .* 12 x 16; .*--size"),
        (lambda d: spoil(d, mode="RGBA"), "mode RGBA; accepted: grey or RGB.*choose --color"),
        (lambda d: animation(d / "cat/2.png"), "cat/2.png: a file of 2 images; accepted: one"),
        (
            lambda d: Image.new("I;16", (16, 12)).save(d / "cat/2.png"),
            "mode I;16; accepted: grey or RGB, of 8 bits",
        ),
        (lambda d: (d / "emu").mkdir(), "emu: a class without images"),
        (lambda d: (d / "cat/more").mkdir(), "more: a folder in the folder of a class"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, message):
    change(write_flat(tmp_path))
    with pytest.raises(InputError, match=message):
        ImageFolder(tmp_path, FLAT).read("train")


def test_a_folder_without_classes_or_test_samples(tmp_path):
    with pytest.raises(InputError, match="no folders; accepted: FOLDER/train/CLASS"):
        ImageFolder(tmp_path, FLAT)
    with pytest.raises(InputError, match=r"no test samples; .*--test-split"):
        ImageFolder(write_flat(tmp_path), Preparation())


def test_mixed_images_become_one_kind_when_asked(tmp_path):
    spoil(write_flat(tmp_path), mode="RGBA", width=20)
    how = Preparation(test_split=0.25, size=(8, 8), color="grey")
    assert ImageFolder(tmp_path, how).read("train").x.shape == (6, 1, 8, 8)
