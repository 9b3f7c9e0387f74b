"""Reads CIFAR-10 and CIFAR-100 from their official binary files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import reading
from qtrain.data.folders import not_found

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)"


@dataclass(frozen=True)
class Batches:
    """The files of a data set. Each holds records of labels and pixels; the last label counts."""

    name: str
    folder: str
    files: dict[str, tuple[str, ...]]  # by split
    labels: int  # number of labels, one byte each, before the pixels of a record
    names: tuple[str, ...]  # of the classes

    @property
    def classes(self) -> int:
        return len(self.names)


CIFAR10 = Batches(
    "cifar10",
    "cifar-10-batches-bin",
    {
        "train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)),
        "test": ("test_batch.bin",),
    },
    labels=1,
    names=(
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ),
)  # fmt: skip
CIFAR100 = Batches(
    "cifar100",
    "cifar-100-binary",
    {"train": ("train.bin",), "test": ("test.bin",)},
    labels=2,
    names=(
        "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle",
        "bottle", "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle",
        "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch",
        "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox",
        "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
        "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom",
        "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
        "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road",
        "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake",
        "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
        "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
        "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
    ),
)  # fmt: skip
NAMES = (CIFAR10.name, CIFAR100.name)


def read_split(batches: Batches, split: str, data_dir: Path | None) -> tuple[NDArray, NDArray]:
    """Images uint8 [N, 3, 32, 32] and labels uint8 [N] of a split ("train" or "test").

    Args:
        batches: the data set.
        split: "train" or "test".
        data_dir: the folder that holds the archive's folder, or its files.

    Raises:
        InputError: a file is missing, is not a whole number of records, or has other labels.
    """
    dirs = [data_dir / batches.folder, data_dir / batches.name, data_dir] if data_dir else []
    names = batches.files[split]
    folder = next((d for d in dirs if all((d / name).is_file() for name in names)), None)
    if folder is None:
        raise not_found(batches.name, f"{', '.join(names)} not found", dirs, SOURCE)
    records = np.concatenate([read_records(folder / name, batches) for name in names])
    return records[:, batches.labels :].reshape(-1, *SHAPE), records[:, batches.labels - 1]


def read_records(path: Path, batches: Batches) -> NDArray[np.uint8]:
    """The records [N, labels + pixels] of one file."""
    data = np.frombuffer(bytearray(reading.plain(path)), np.uint8)
    size = batches.labels + PIXELS
    if not len(data) or len(data) % size:
        raise InputError(f"{path}: {len(data)} bytes, not a whole number of records of {size}")
    records = data.reshape(-1, size)
    if (top := records[:, batches.labels - 1].max()) >= batches.classes:
        raise InputError(f"{path}: label {top}; accepted: 0 to {batches.classes - 1}")
    return records
