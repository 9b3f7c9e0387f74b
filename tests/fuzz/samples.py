"""Data sets and samples as inputs of the fuzzer."""

import gzip
import os
from pathlib import Path
from unittest.mock import patch

import msgspec
import numpy as np

from hw_models.sample.read import read_samples
from qtrain.data import cifar, datasets, recordings
from qtrain.data.own.preparation import Preparation
from qtrain.data.source import open_source
from qtrain.data.tonic_process import TonicProcess
from tests.builders.aedat4_files import write_aedat4
from tests.builders.cifar_files import write_batches
from tests.builders.event_files import (
    write_audio,
    write_dvs_gesture,
    write_n_caltech101,
    write_poker_dvs,
)
from tests.builders.nmnist_files import random_events, write_set
from tests.builders.own_files import write_image
from tests.builders.random_builds import random_build, random_conv_build
from tests.fuzz.watch import READER, SECONDS

READING = TonicProcess(READER, seconds=SECONDS // 4)  # of processor time, on a busy machine
IMAGE = msgspec.structs.replace(
    random_conv_build(0, encoding="static", x_max=127).dataflow.input, shape=(1, 8, 8)
)
STATIC = msgspec.structs.replace(
    random_conv_build(0, encoding="static", x_max=127).dataflow, input=IMAGE
)
SPIKES = random_build(6, encoding="binary", widths=[5, 9, 4]).dataflow


def make_npz(folder: Path) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3, 8)), np.arange(12) % 3
    np.savez(folder / "real.npz", x=x, y=y, test_x=x[:6], test_y=y[:6])
    names = np.array(["cat", "dog", "cow"])[y]
    np.savez(folder / "named.npz", x=(x * 50).astype(np.int16), y=names)
    spikes = (x[:, :, None] > 0).astype(np.int8)
    np.savez(folder / "spikes.npz", x=spikes, y=y, test_x=spikes, test_y=y)


def read_npz(folder: Path) -> None:
    open_source(str(folder / "real.npz")).load("test")
    open_source(str(folder / "named.npz"), Preparation(test_split=0.3)).load("train")
    open_source(str(folder / "spikes.npz"), Preparation(input="spikes")).load("train")


def make_images(folder: Path) -> None:
    for split in ("train", "test"):
        for name in ("a", "b"):
            write_image(folder / f"images/{split}/{name}/1.png", 8, 8)
            write_image(folder / f"images/{split}/{name}/2.png", 8, 8, "L")


def read_images(folder: Path) -> None:
    how = Preparation(size=(8, 8), color="grey")
    open_source(str(folder / "images"), how, workers=1).load("test")


def make_mnist(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for stem, count, pack in (("train", 4, gzip.compress), ("t10k", 3, bytes)):
        images = rng.integers(0, 256, (count, 28, 28), np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", np.arange(count, dtype="u1"))):
            sizes = b"".join(size.to_bytes(4) for size in array.shape)
            content = pack(bytes((0, 0, 8, array.ndim)) + sizes + array.tobytes())
            name = f"{stem}-{kind}-ubyte{'.gz' if stem == 'train' else ''}"
            (folder / name).write_bytes(content)


def read_mnist(folder: Path) -> None:
    for split in ("train", "test"):
        datasets.load("mnist", split, folder)


def make_cifar(folder: Path) -> None:
    write_batches(folder, cifar.CIFAR100, "train")
    write_batches(folder, cifar.CIFAR10, "test")


def read_cifar(folder: Path) -> None:
    datasets.load("cifar100", "train", folder)
    datasets.load("cifar10", "test", folder)


def read_events(folder: Path, name: str, split: str, **options) -> None:
    os.environ["TRISPIKE_CACHE"] = str(folder / "cache")
    frames = msgspec.structs.replace(datasets.default_frames(name), timesteps=3, **options)
    with patch.object(recordings, "TONIC", READING):
        datasets.load(name, split, folder, frames)


def make_nmnist(folder: Path) -> None:
    write_set(folder, classes=2)


def read_nmnist(folder: Path) -> None:
    read_events(folder, "nmnist", "test")


def make_poker(folder: Path) -> None:
    write_poker_dvs(folder, per_class=5)


def read_poker(folder: Path) -> None:
    read_events(folder, "poker-dvs", "test")


def make_shd(folder: Path) -> None:
    write_audio(folder, "SHD", samples=2, classes=2, count=20)


def read_shd(folder: Path) -> None:
    read_events(folder, "shd", "test")


def make_cache(folder: Path) -> None:
    write_set(folder, classes=1)
    read_events(folder, "nmnist", "test")


def read_cache(folder: Path) -> None:
    read_events(folder, "nmnist", "test")


def make_files(folder: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(folder / "real.npy", rng.integers(0, 99, IMAGE.shape).astype(np.float32))
    np.save(folder / "integers.npy", rng.integers(0, 99, IMAGE.shape))
    np.save(folder / "spikes.npy", rng.integers(0, 2, (SPIKES.timesteps, *SPIKES.input.shape)))
    write_image(folder / "grey.png", 8, 8, "L")
    write_image(folder / "large.png", 9, 12)


def read_files(folder: Path) -> None:
    read_samples([folder / "spikes.npy"], SPIKES)
    read_samples([folder / "integers.npy"], STATIC, integers=True)
    read_samples([folder / "real.npy"], STATIC, limit=True)
    for name in ("grey.png", "large.png"):
        read_samples([folder / name], STATIC, resize=True, limit=True)


def make_aedat4(folder: Path) -> None:
    write_aedat4(folder / "CIFAR10DVS/airplane/0.aedat4", random_events(0, side=128))


def read_aedat4(folder: Path) -> None:
    read_events(folder, "cifar10-dvs", "test")


def make_caltech(folder: Path) -> None:
    write_n_caltech101(folder)


def read_caltech(folder: Path) -> None:
    read_events(folder, "n-caltech101", "test")


def make_gesture(folder: Path) -> None:
    write_dvs_gesture(folder)


def read_gesture(folder: Path) -> None:
    read_events(folder, "dvs-gesture", "test")
