"""Samples in files of their own: what is read, and what is refused in one line."""

import numpy as np
import pytest
from PIL import Image

from hw_models.dataflow import Dataflow, Input
from hw_models.errors import InputError
from hw_models.sample.read import read_samples
from tests.builders.random_builds import random_build


def flow(shape, encoding="static", scale=255 / 127) -> Dataflow:
    x_max = 127 if encoding == "static" else 1
    built = random_build(0, widths=[4, 3, 2]).dataflow
    spec = Input(name="input", shape=shape, encoding=encoding, x_max=x_max, scale=scale)
    return Dataflow(
        name="net", target="int8", timesteps=4, input=spec, layers=built.layers,
        logit_scale=1.0, provenance={},
    )  # fmt: skip


GREY, RGB = flow((1, 2, 3)), flow((3, 2, 3))
SPIKES = flow((2, 2, 3), "ternary")
BYTES = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)
STEPS = np.array([[0, 25, 51], [76, 102, 127]])  # 127 / 255 of the bytes, rounded


def saved(folder, array, name="sample.npy"):
    np.save(folder / name, array)
    return folder / name


def drawn(folder, array, name="sample.png", mode=None, **options):
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(folder / name, **options)
    return folder / name


def refusal(path, described, **options) -> str:
    with pytest.raises(InputError) as error:
        read_samples([path], described, **options)
    message = str(error.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message


@pytest.mark.parametrize("shape", [(1, 2, 3), (2, 3), (1, 1, 2, 3)])
def test_raw_values(tmp_path, shape):
    x = read_samples([saved(tmp_path, BYTES.reshape(shape))], GREY)
    assert x.dtype == np.int8
    np.testing.assert_array_equal(x, STEPS[None, None, None])


def test_several_samples_in_order(tmp_path):
    paths = [saved(tmp_path, BYTES // k, f"{k}.npy") for k in (1, 255)]
    x = read_samples(paths, GREY)
    assert x.shape == (1, 2, 1, 2, 3)
    np.testing.assert_array_equal(x[0, 0, 0], STEPS)
    assert x[0, 1].max() == 0  # 1 * 127 / 255 rounds to 0


def test_integers_as_they_are(tmp_path):
    x = read_samples([saved(tmp_path, STEPS)], GREY, integers=True)
    np.testing.assert_array_equal(x, STEPS[None, None, None])
    path = saved(tmp_path, STEPS + 1)
    assert "values 1 to 128; accepted: -127 to 127" in refusal(path, GREY, integers=True)
    path = saved(tmp_path, STEPS * 1.0)
    assert "values of float64; accepted: integers" in refusal(path, GREY, integers=True)


def test_spikes_have_their_steps_first(tmp_path):
    s = np.random.default_rng(0).integers(-1, 2, (4, 2, 2, 3))
    x = read_samples([saved(tmp_path, s)], SPIKES)
    np.testing.assert_array_equal(x, s[:, None])
    path = saved(tmp_path, s[:3])
    assert "an array of [3, 2, 2, 3]; accepted: [4, 2, 2, 3]" in refusal(path, SPIKES)
    path = saved(tmp_path, s * 1.0)
    assert "values of float64; accepted: integers" in refusal(path, SPIKES)


@pytest.mark.parametrize("name", ["sample.png", "sample.PNG"])
def test_a_grey_image_is_its_bytes(tmp_path, name):
    x = read_samples([drawn(tmp_path, BYTES, name, format="PNG")], GREY)
    np.testing.assert_array_equal(x, STEPS[None, None, None])


def test_an_image_has_the_channels_of_the_input(tmp_path):
    colors = np.stack([BYTES, BYTES.T.reshape(2, 3), 255 - BYTES], axis=2)
    path = drawn(tmp_path, colors, "colors.png")
    steps = np.rint(colors / 255 * 127).transpose(2, 0, 1)
    np.testing.assert_array_equal(read_samples([path], RGB)[0, 0], steps)
    grey = np.asarray(Image.fromarray(colors).convert("L"))
    expected = np.rint(grey / 255 * 127)
    np.testing.assert_array_equal(read_samples([path], GREY)[0, 0, 0], expected)
    path = drawn(tmp_path, BYTES)
    np.testing.assert_array_equal(read_samples([path], RGB)[0, 0], np.stack([STEPS] * 3))


def test_a_jpeg_is_what_pillow_decodes(tmp_path):
    path = drawn(tmp_path, BYTES, "sample.jpg")
    expected = np.rint(np.asarray(Image.open(path)) / 255 * 127)
    np.testing.assert_array_equal(read_samples([path], GREY)[0, 0, 0], expected)


def test_another_size_is_refused_or_resized(tmp_path):
    path = drawn(tmp_path, np.full((8, 9), 255, np.uint8))
    assert "an image of 9 x 8 pixels; accepted: 3 x 2, or --resize" in refusal(path, GREY)
    x = read_samples([path], GREY, resize=True)
    np.testing.assert_array_equal(x, np.full((1, 1, 1, 2, 3), 127))
    path = drawn(tmp_path, np.concatenate([BYTES + 3, BYTES, BYTES + 5], axis=1))
    np.testing.assert_array_equal(read_samples([path], GREY, resize=True)[0, 0, 0], STEPS)


def test_bytes_that_the_input_cannot_hold_are_refused_or_limited(tmp_path):
    path, described = drawn(tmp_path, BYTES), flow((1, 2, 3), scale=1.0)
    assert "values 0 to 255, but the input holds -127 to 127" in refusal(path, described)
    x = read_samples([path], described, limit=True)
    np.testing.assert_array_equal(x[0, 0, 0], [[0, 51, 102], [127, 127, 127]])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "I;16"])
def test_images_of_other_modes_are_refused(tmp_path, mode):
    path = drawn(tmp_path, BYTES, mode=mode)
    message = refusal(path, GREY)
    assert f"of mode {mode}; accepted: grey or RGB, of 8 bits" in message


@pytest.mark.parametrize("mode", ["1", "P"])
def test_images_of_few_colours_are_what_they_show(tmp_path, mode):
    path = drawn(tmp_path, BYTES, mode=mode)
    expected = np.rint(np.asarray(Image.open(path).convert("L")) / 255 * 127)
    np.testing.assert_array_equal(read_samples([path], GREY)[0, 0, 0], expected)


def test_transparency_and_animations_are_refused(tmp_path):
    path = drawn(tmp_path, BYTES, transparency=0)
    assert "without transparency" in refusal(path, GREY)
    more = [Image.fromarray(255 - BYTES)]
    path = drawn(tmp_path, BYTES, save_all=True, append_images=more)
    assert "a file of 2 images; accepted: one image" in refusal(path, GREY)


def cut(folder):
    path = drawn(folder, np.random.default_rng(0).integers(0, 255, (50, 50), np.uint8))
    path.write_bytes(path.read_bytes()[:400])
    return path


def text(name):
    def write(folder):
        (folder / name).write_text("1 2 3\n")
        return folder / name

    return write


def objects(folder):
    return saved(folder, np.array([{"a": 1}], dtype=object))


def npz(folder):
    np.savez(folder / "a.npz", BYTES)
    return (folder / "a.npz").rename(folder / "a.npy")


@pytest.mark.parametrize(
    ("write", "part"),
    [
        (cut, "; accepted: PNG, JPEG"),
        (text("a.jpeg"), "no sound image"),
        (text("a.npy"), "no sound .npy file: "),
        (text("a.csv"), "unknown kind of file; accepted: .npy, .png, .jpg, .jpeg"),
        (objects, "holds Python objects"),
        (npz, "no sound .npy file: "),
        (lambda folder: saved(folder, BYTES.T), "an array of [3, 2]; accepted: [1, 2, 3]"),
        (lambda folder: saved(folder, np.array([b"x"] * 6).reshape(2, 3)), "values of |S1"),
        (lambda folder: saved(folder, np.full((2, 3), np.nan)), "NaN or infinite"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, write, part):
    assert part in refusal(write(tmp_path), GREY)


def test_options_that_mean_nothing_are_refused(tmp_path):
    assert "--resize with an array" in refusal(saved(tmp_path, BYTES), GREY, resize=True)
    assert "--integers with an image" in refusal(drawn(tmp_path, BYTES), GREY, integers=True)


@pytest.mark.parametrize("described", [SPIKES, flow((6,)), flow((2, 2, 3))])
def test_an_input_that_is_no_image_takes_none(tmp_path, described):
    assert "give them as an .npy file" in refusal(drawn(tmp_path, BYTES), described)
