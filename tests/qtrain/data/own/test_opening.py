"""Own data as they are opened: shape, scale, encoding and classes follow from training samples."""

import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.data.own.preparation import Preparation
from qtrain.data.source import open_source
from qtrain.layers import InputQuant

RNG = np.random.default_rng(0)
Y = np.arange(8) % 4


def integers(split):
    """The int8 input [N, *shape] that a network makes of the samples."""
    return InputQuant(split.spec.input_scale).integers(split.inputs(slice(None)))[0].numpy()


def expected_integers(x, zero, scale):
    """round((x - zero) / scale * 127), within -127..127, in float32 as artefact.md says."""
    reals = (x.astype(np.float32) - np.float32(zero)) * np.float32(1 / scale)
    return np.rint(reals / np.float32(1 / 127)).clip(-127, 127)


def opened(x, y=Y, test_x=None, test_y=None, **chosen):
    arrays = {"x": x, "y": y, "test_x": x if test_x is None else test_x}
    return open_source(arrays | {"test_y": y if test_y is None else test_y}, Preparation(**chosen))


@pytest.mark.parametrize(
    ("given", "shape"),
    [((5,), (5,)), ((3, 20), (3, 1, 20)), ((2, 6, 7), (2, 6, 7))],
)
def test_vectors_signals_and_maps(given, shape):
    source = opened(RNG.normal(size=(8, *given)))
    assert source.spec.shape == shape
    assert (source.spec.classes, source.spec.encoding, source.spec.timesteps) == (4, "static", 1)
    assert source.load("train").x.shape == (8, 1, *shape)


@pytest.mark.parametrize(
    "dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u2", "u4", "u8", "bool"]
)
def test_numbers_of_any_type_become_the_int8_input(dtype):
    """The scale is the largest |v| of the training samples, which stay real values until then."""
    x = np.arange(-32, 8).reshape(8, 5).clip(0 if dtype[0] in "ub" else None).astype(dtype)
    split = opened(x).load("train")
    np.testing.assert_array_equal(split.x[:, 0].numpy(), x)
    peak = np.abs(x.astype(np.float64)).max()
    np.testing.assert_array_equal(integers(split), expected_integers(x, 0, peak))
    assert split.x.dtype == torch.float32 and np.abs(integers(split)).max() == 127


def test_a_chosen_zero_and_scale():
    x = np.linspace(280, 300, 40).reshape(8, 5)
    source = opened(x, zero=290, scale=5)
    np.testing.assert_array_equal(integers(source.load("train")), expected_integers(x, 290, 5))
    assert len(source.notes) == 1 and "limited to 285 to 295" in source.notes[0]
    assert (source.spec.zero, source.spec.unit) == (290, 1 / 5)
    (note,) = opened(x).notes
    assert "280 to 300 take 8 of the input's steps; --zero 290 --scale 10" in note
    assert opened(x, zero=290).notes == ()


def test_bytes_stay_as_they_are():
    grey = RNG.integers(0, 256, (8, 1, 6, 7), np.uint8)
    split = opened(grey).load("test")
    assert torch.equal(split.x[:, 0], torch.from_numpy(grey))
    assert (split.spec.zero, split.spec.unit, split.spec.input_scale) == (0, 1 / 255, 1 / 127)
    rgb = opened(RNG.integers(0, 256, (8, 3, 6, 7), np.uint8)).load("test")
    assert rgb.spec.rgb_bytes and rgb.spec.zero == 128
    np.testing.assert_array_equal(integers(rgb), (rgb.x[:, 0].int() - 128).clamp(min=-127))
    (note,) = opened(RNG.integers(0, 17, (8, 64), np.uint8)).notes
    assert "--scale 16 spreads" in note


def test_test_samples_have_the_scale_of_the_training_samples():
    x = RNG.normal(size=(8, 5))
    peak = np.abs(x).max()
    split = opened(x, test_x=np.full((8, 5), 3 * peak)).load("test")
    assert (integers(split) == 127).all()


@pytest.mark.parametrize(
    ("given", "shape"), [((4, 5), (5,)), ((4, 2, 5), (2, 1, 5)), ((4, 2, 5, 6), (2, 5, 6))]
)
@pytest.mark.parametrize(("low", "encoding"), [(-1, "ternary"), (0, "binary")])
def test_spikes_over_time(given, shape, low, encoding):
    x = RNG.integers(low, 2, (8, *given))
    source = opened(x, input="spikes")
    assert (source.spec.timesteps, source.spec.shape) == (4, shape)
    assert source.spec.encoding == encoding
    assert torch.equal(source.load("train").x.long(), torch.from_numpy(x).reshape(8, 4, *shape))
    if low == 0:
        with pytest.raises(InputError, match="values -1 to 1; accepted: 0 to 1"):
            opened(x, test_x=RNG.integers(-1, 2, x.shape), input="spikes").load("test")


@pytest.mark.parametrize("dtype", ["bool", "i1", "i8", "f4"])
def test_what_may_be_spikes_or_static_is_asked_for(dtype):
    x = RNG.integers(0, 2, (8, 4, 5)).astype(dtype)
    with pytest.raises(InputError, match=r"say with --input spikes .* or with --input static"):
        opened(x)
    assert opened(x, input="static").spec.shape == (4, 1, 5)
    assert opened(x[:, 0]).spec.shape == (5,)  # [N, F] has no time


def test_strings_are_classes_by_their_order():
    names = np.array(["dog", "cat", "dog", "ant", "cat", "ant", "ant", "dog"])
    source = opened(RNG.normal(size=(8, 5)), names)
    assert source.spec.labels == ("ant", "cat", "dog")
    assert source.load("test").y.tolist() == [2, 1, 2, 0, 1, 0, 0, 2]
    numbers = opened(RNG.normal(size=(8, 5)), np.array(["10", "9"] * 4))
    assert numbers.spec.labels == ("9", "10")


X = RNG.normal(size=(8, 5))
HOLED = np.where(np.arange(40).reshape(8, 5) == 13, np.nan, X)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"x": HOLED}, r"training samples: sample 2 holds nan at \[3\]"),
        ({"x": X, "test_x": X + np.inf}, "test samples: sample 0 holds inf"),
        ({"x": X + 1j}, "samples of complex128; accepted: bool, integers, floats"),
        ({"x": X[:, 0]}, r"samples of \[8\]; accepted as static: \[N, F\]"),
        ({"x": np.full((8, 5), 3.0)}, "all values are 3; accepted: two different ones"),
        ({"x": X, "y": Y - 1}, "label -1, where the largest is 2"),
        ({"x": X, "y": Y + 1}, "no sample of label 0, where the largest is 4"),
        ({"x": X, "y": Y * 1.0}, "labels of float64; accepted: integers 0 to K - 1, or strings"),
        ({"x": X, "y": Y * 0}, "one class only, 0"),
        ({"x": X, "test_y": Y + 1}, "test samples: labels 1 to 4; accepted: 0 to 3"),
        ({"x": X, "test_x": X[:, :4]}, r"static samples of \[4\]; accepted: \[5\], as in training"),
        ({"x": X, "input": "spikes"}, "accepted as spikes: -1, 0, 1"),
        ({"x": X, "size": (4, 4)}, r"--size with \(arrays\), where it means nothing"),
        ({"x": X, "test_split": 0.2}, "which has test samples; leave one out"),
        ({"x": X, "scale": 0.0}, "scale = 0.0; accepted: more than 0"),
    ],
)
def test_what_a_network_cannot_take_is_one_line(case, message):
    with pytest.raises(InputError, match=message) as error:
        opened(**case)
    assert "\n" not in str(error.value)
