"""Data sets: splits, inputs, IDX files and what is said of missing or bad ones."""

import dataclasses
import gzip
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.data import datasets, mnist
from qtrain.data.events import FrameOptions
from qtrain.data.split import Split
from qtrain.layers import InputQuant
from tests.builders.nmnist_files import write_set

SHARED = Path(__file__).parents[4] / "shared" / "data"
DATA = Path(os.environ.get("TRISPIKE_DATA", SHARED))


def write_idx(path, array):
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wb") as file:
        file.write(header + array.astype(np.uint8).tobytes())


def write_split(folder, prefix="t10k", count=6, suffix=""):
    """Random images and labels in the format of MNIST."""
    folder.mkdir(parents=True, exist_ok=True)
    images = np.random.default_rng(0).integers(0, 256, (count, 28, 28))
    labels = np.arange(count) % 10
    write_idx(folder / f"{prefix}-images-idx3-ubyte{suffix}", images)
    write_idx(folder / f"{prefix}-labels-idx1-ubyte{suffix}", labels)
    return images, labels


@pytest.fixture(autouse=True)
def no_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("TRISPIKE_DATA", raising=False)
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "cache"))


def test_digits_are_split_by_class():
    train, test = datasets.load("digits", "train"), datasets.load("digits", "test")
    assert (len(train), len(test)) == (1433, 364)
    assert train.x.shape[1:] == (1, 1, 8, 8)
    for label in range(10):
        held_out, all_of_it = (test.y == label).sum(), (train.y == label).sum()
        assert abs(int(held_out) - (int(held_out) + int(all_of_it)) / 5) < 1


def test_digits_are_the_integers_of_their_quantizer():
    test = datasets.load("digits", "test")
    x = test.inputs(slice(0, 20))
    assert x.shape == (1, 20, 1, 8, 8)
    integers = InputQuant(test.spec.input_scale).integers(x)
    assert torch.equal(integers[0], test.x[:20, 0].to(torch.int8))
    chosen = torch.tensor([3, 1])
    assert torch.equal(test.inputs(chosen)[0, 0], x[0, 3])


def test_an_input_of_fewer_bits_covers_the_same_range():
    mnist, cifar, digits = (datasets.spec(name) for name in ("mnist", "cifar10", "digits"))
    assert [mnist.scale_of(bits) for bits in (2, 8)] == [1.0, 1 / 127]
    assert mnist.scale_of(3) == pytest.approx(1 / 3)
    assert [cifar.scale_of(bits) for bits in (2, 8)] == [127 / 64, 1 / 64]
    # 0 to 16 need 5 bits and a sign; finer steps than those of the data would be of no use
    assert [digits.scale_of(bits) for bits in (2, 6, 8)] == [1.0, 1 / 16, 1 / 16]
    assert digits.scale_of(5) == pytest.approx(1 / 15)
    assert datasets.spec("nmnist").scale_of(8) is None


def test_an_image_of_2_bits_is_its_pixels_above_the_middle(tmp_path):
    images, _ = write_split(tmp_path)
    split = datasets.load("mnist", "test", tmp_path)
    quantizer = InputQuant(split.spec.scale_of(2), 2)
    x_int = quantizer.integers(split.inputs(slice(None)))
    assert np.array_equal(x_int[0, :, 0].numpy(), images >= 128)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("folder", ["", "mnist"])
def test_mnist_from_its_files(tmp_path, suffix, folder):
    images, labels = write_split(tmp_path / folder, suffix=suffix)  # no training files
    split = datasets.load("mnist", "test", tmp_path)
    assert torch.equal(split.x, torch.from_numpy(images)[:, None, None].to(torch.uint8))
    assert split.y.tolist() == labels.tolist()
    x_int = InputQuant(split.spec.input_scale).integers(split.inputs(slice(None)))
    assert np.array_equal(x_int[0, :, 0].numpy(), np.round(images / 255 * 127))


def test_data_folder_from_the_environment(tmp_path, monkeypatch):
    write_split(tmp_path / "fashion-mnist", prefix="train")
    monkeypatch.setenv("TRISPIKE_DATA", str(tmp_path))
    assert len(datasets.load("fashion-mnist", "train")) == 6


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_missing_data_set_says_where_it_was_looked_for(tmp_path, name):
    with pytest.raises(InputError) as error:
        mnist.read_split(name, "train", [tmp_path / name, tmp_path], "the place to get it")
    for part in (name, "train-images-idx3-ubyte[.gz]", "train-labels-idx1-ubyte[.gz]",
                 str(tmp_path / name), "--data-dir", "the place to get it"):  # fmt: skip
        assert part in str(error.value)
    with pytest.raises(InputError, match="no folder, as none was named"):
        mnist.read_split(name, "train", [], "")


def test_fashion_mnist_is_looked_for_where_debian_puts_it_if_no_folder_is_named(
    tmp_path, monkeypatch
):
    seen = []
    monkeypatch.setattr(mnist, "read_split", lambda *args: seen.append(args[2]) or 1 / 0)
    monkeypatch.delenv("TRISPIKE_DATA", raising=False)
    for data_dir in (None, tmp_path):
        with pytest.raises(ZeroDivisionError):
            datasets.load("fashion-mnist", "test", data_dir)
    assert seen == [
        [Path("/usr/share/datasets/fashion-mnist")],
        [tmp_path / "fashion-mnist", tmp_path],
    ]


@pytest.mark.parametrize(
    ("name", "folder", "message"),
    [
        ("digits", "", "digits comes with a package .* leave it out"),
        ("digits", "my.npz", "digits comes with a package"),
        ("mnist", "none", "none: no such folder; name the folder that has the files of mnist"),
        ("cifar10", "my.npz", "my.npz: is no folder"),
        ("nmnist", "my.npz", "my.npz: is no folder"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(tmp_path, name, folder, message):
    (tmp_path / "my.npz").touch()
    with pytest.raises(InputError, match=rf"^--data-dir {tmp_path}.*{message}"):
        datasets.load(name, "test", tmp_path / folder)


def test_digits_need_no_folder_and_mind_none_for_all_sets(tmp_path, monkeypatch):
    monkeypatch.setenv("TRISPIKE_DATA", str(tmp_path / "none"))
    assert len(datasets.load("digits", "test")) == 364


def test_a_split_is_told_by_samples_and_labels():
    split = datasets.load("digits", "test")
    again = datasets.load("digits", "test")
    assert split.sha256() == again.sha256() != datasets.load("digits", "train").sha256()
    again.y[0] += 1
    assert split.sha256() != again.sha256()


def spoil_images(folder, edit):
    path = folder / "t10k-images-idx3-ubyte"
    path.write_bytes(edit(path.read_bytes()))


@pytest.mark.parametrize(
    ("spoil", "part"),
    [
        (lambda d: spoil_images(d, lambda b: b[:-1]), "4703 values"),
        (lambda d: spoil_images(d, lambda b: b + b"\0"), "more values where its header says"),
        (lambda d: spoil_images(d, lambda b: b"\0\0\x0d" + b[3:]), "no IDX file"),
        (lambda d: spoil_images(d, lambda b: b[:9]), "no IDX file"),
        (lambda d: write_idx(d / "t10k-images-idx3-ubyte", np.zeros((6, 9, 9))), "(9, 9)"),
        (lambda d: write_idx(d / "t10k-labels-idx1-ubyte", np.zeros(5)), "5 labels for 6 images"),
        (lambda d: write_idx(d / "t10k-labels-idx1-ubyte", np.full(6, 10)), "label 10"),
    ],
)
def test_a_bad_file_is_named(tmp_path, spoil, part):
    write_split(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError) as error:
        datasets.load("mnist", "test", tmp_path)
    assert part in str(error.value)
    assert str(tmp_path) in str(error.value)


def test_a_broken_gzip_file_is_named(tmp_path):
    write_split(tmp_path, suffix=".gz")
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for broken in (whole[:-200], b"no gzip"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match="broken gzip"):
            datasets.load("mnist", "test", tmp_path)


def test_no_more_is_unpacked_than_the_header_says(tmp_path):
    write_split(tmp_path, suffix=".gz")
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes() + gzip.compress(bytes(1 << 26)))
    tracemalloc.start()
    with pytest.raises(InputError, match="more values where its header says"):
        datasets.load("mnist", "test", tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_unknown_names():
    with pytest.raises(InputError, match="unknown data set 'cifar'; accepted: digits, mnist"):
        datasets.load("cifar", "test")
    with pytest.raises(InputError, match="unknown split 'valid'; accepted: train, test"):
        datasets.load("digits", "valid")


def test_static_sets_have_one_step_and_a_quantizer():
    for name in ("digits", "mnist", "fashion-mnist"):
        spec = datasets.spec(name, FrameOptions(timesteps=7))
        assert (spec.encoding, spec.timesteps) == ("static", 1)
        assert spec.input_scale > 0


@pytest.mark.parametrize(
    ("options", "encoding", "shape"),
    [
        ({}, "ternary", (1, 34, 34)),
        ({"polarity": "split", "timesteps": 4}, "binary", (2, 34, 34)),
        ({"bins": "count", "downsample": 3}, "ternary", (1, 12, 12)),
    ],
)
@pytest.mark.parametrize("folder", ["", "nmnist"])
def test_event_data_are_spikes_of_each_step(tmp_path, options, encoding, shape, folder):
    write_set(tmp_path / folder)
    options = FrameOptions(**options)
    split = datasets.load("nmnist", "test", tmp_path, options)
    assert datasets.load("nmnist", "train", tmp_path, options).x.shape == split.x.shape
    assert (split.spec.encoding, split.spec.shape) == (encoding, shape)
    assert split.spec.timesteps == options.timesteps
    assert split.spec.input_scale is None and split.spec.classes == 10
    assert split.y.tolist() == list(range(10))
    x = split.inputs(slice(0, 4))
    assert x.shape == (options.timesteps, 4, *shape)
    assert set(x.unique().tolist()) == ({-1, 0, 1} if encoding == "ternary" else {0, 1})
    assert torch.equal(x[1, 2], split.x[2, 1].float())


def test_event_data_from_the_environment(tmp_path, monkeypatch):
    write_set(tmp_path / "nmnist")
    monkeypatch.setenv("TRISPIKE_DATA", str(tmp_path))
    assert datasets.load("nmnist", "test").x.shape == (10, 10, 1, 34, 34)


def test_missing_event_data_say_where_they_were_looked_for(tmp_path):
    with pytest.raises(InputError, match="looked in: no folder, as none was named"):
        datasets.load("nmnist", "test")
    with pytest.raises(InputError, match=r"Test/<label>/<id>[.]bin") as error:
        datasets.load("nmnist", "test", tmp_path)
    assert f"looked in: {tmp_path / 'nmnist'}, {tmp_path};" in str(error.value)


def test_frame_options_out_of_a_configuration():
    config = {"dataset": "nmnist", "epochs": 3, "timesteps": 6, "bins": "count", "tau": 0.5}
    assert datasets.frame_options(config) == FrameOptions(timesteps=6, bins="count")
    assert datasets.frame_options({}) == FrameOptions()
    for bad in ({"bins": "space"}, {"downsample": "2"}):
        with pytest.raises(InputError, match=r"options of event data: .*(bins|downsample)"):
            datasets.frame_options(bad)


def test_frame_options_that_do_not_suit_the_set():
    with pytest.raises(InputError, match="downsample = 35; accepted: 1 to 34, the sensor"):
        datasets.spec("nmnist", FrameOptions(downsample=35))
    with pytest.raises(InputError, match="bins = count; accepted: time, as mnist is no event"):
        datasets.spec("mnist", FrameOptions(bins="count"))


@pytest.mark.skipif(not (DATA / "nmnist").is_dir(), reason="N-MNIST is not here")
def test_real_nmnist():
    signed = datasets.load("nmnist", "test", DATA, FrameOptions(timesteps=8))
    assert signed.x.shape[1:] == (8, 1, 34, 34)
    assert signed.y[:5].tolist() == [7, 2, 1, 0, 4] or len(signed) != 10_000
    assert 0.1 < signed.x.abs().float().mean() < 0.3
    both = datasets.load("nmnist", "test", DATA, FrameOptions(timesteps=8, polarity="split"))
    on, off = both.x.unbind(2)
    ternary = signed.x[:, :, 0]
    alone = on != off  # where one polarity alone occurs the frames say the same
    assert torch.equal(ternary[alone], (on - off)[alone])
    assert not ternary[(on == 0) & (off == 0)].any()


@pytest.mark.skipif(not (DATA / "mnist").is_dir(), reason="MNIST is not here")
def test_real_mnist():
    test = datasets.load("mnist", "test", DATA)
    assert test.x.shape == (10_000, 1, 1, 28, 28)
    assert test.y[:5].tolist() == [7, 2, 1, 0, 4]


IMAGES = torch.zeros((6, 1, 1, 8, 8), dtype=torch.uint8)
LABELS = torch.arange(6)


@pytest.mark.parametrize(
    ("x", "y", "part"),
    [
        (IMAGES[:0], LABELS[:0], "no samples"),
        (IMAGES, LABELS[:5], r"labels of shape \[5\] for 6 samples"),
        (IMAGES, LABELS[:, None], r"labels of shape \[6, 1\]"),
        (IMAGES, LABELS.float(), "labels of torch.float32; accepted: torch.int64"),
        (IMAGES, LABELS + 5, "labels 5 to 10; accepted: 0 to 9"),
        (IMAGES, LABELS - 1, "labels -1 to 4; accepted: 0 to 9"),
        (IMAGES / 0, LABELS, "samples of torch.float32; accepted: small integers"),
        (IMAGES + 17, LABELS, "values 17 to 17; accepted: -16 to 16"),
        (IMAGES.int() - 300, LABELS, "values -300 to -300"),
        (IMAGES.expand(6, 2, 1, 8, 8), LABELS, r"samples of \[2, 1, 8, 8\]; accepted: \[1, 1, 8"),
        (IMAGES[..., :7], LABELS, r"samples of \[1, 1, 8, 7\]"),
    ],
)
def test_a_split_is_what_its_spec_says(x, y, part):
    with pytest.raises(InputError, match=f"^digits: {part}"):
        Split(datasets.spec("digits"), x, y)


@pytest.mark.parametrize(("polarity", "least", "most"), [("signed", -1, 1), ("split", 0, 1)])
def test_spikes_are_spikes(polarity, least, most):
    spec = datasets.spec("nmnist", FrameOptions(polarity=polarity))
    x = torch.zeros((2, spec.timesteps, *spec.shape), dtype=torch.int8)
    for value in range(-3, 4):
        x[1, 1, 0, 2, 2] = value
        if least <= value <= most:
            assert len(Split(spec, x, LABELS[:2])) == 2
        else:
            with pytest.raises(InputError, match=rf"nmnist: values .*accepted: {least} to {most}"):
                Split(spec, x, LABELS[:2])


def test_every_value_of_an_image_s_byte_is_accepted():
    for name in ("mnist", "fashion-mnist", "cifar10", "cifar100"):
        spec = datasets.spec(name)
        x = torch.zeros((2, 1, *spec.shape), dtype=torch.uint8)
        x[0] = 255
        assert len(Split(spec, x, LABELS[:2])) == 2


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_of_no_images_is_named(tmp_path, split):
    write_split(tmp_path, {"train": "train", "test": "t10k"}[split], count=0)
    with pytest.raises(InputError, match=f"^{split} split of mnist: no samples; accepted: 1 or"):
        datasets.load("mnist", split, tmp_path)


def test_labels_that_are_no_integers_are_not_rounded(monkeypatch):
    digits = datasets.spec("digits")
    spec = dataclasses.replace(digits, read=lambda *_: (IMAGES.numpy(), LABELS.numpy() + 0.5))
    monkeypatch.setitem(datasets.DATASETS, "digits", spec)
    with pytest.raises(InputError, match=r"test split of digits: labels of torch\.float64"):
        datasets.load("digits", "test")
