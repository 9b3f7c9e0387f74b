"""Reads CIFAR-10 and CIFAR-100 in their official binary batches."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)"


@dataclass(frozen=True)
class Batches:
    """Where a data set's images lie: records of labels and pixels, the last label the fine one."""

    name: str
    folder: str
    files: dict[str, tuple[str, ...]]  # by split
    labels: int  # bytes before the pixels
    classes: int


CIFAR10 = Batches(
    "cifar10",
    "cifar-10-batches-bin",
    {
        "train": tuple(f"data_batch_{k}.bin" for k in range(1, 6)),
        "test": ("test_batch.bin",),
    },
    labels=1,
    classes=10,
)
CIFAR100 = Batches(
    "cifar100",
    "cifar-100-binary",
    {"train": ("train.bin",), "test": ("test.bin",)},
    labels=2,
    classes=100,
)


def read_split(batches: Batches, split: str, data_dir: Path | None) -> tuple[NDArray, NDArray]:
    """Images uint8 [N, 3, 32, 32] and labels uint8 [N] of a split ("train" or "test").

    Args:
        data_dir: holds the archive's folder, or its files.

    Raises:
        InputError: a file is missing, or is no whole number of records with such labels.
    """
    dirs = [data_dir / batches.folder, data_dir / batches.name, data_dir] if data_dir else []
    names = batches.files[split]
    folder = next((d for d in dirs if all((d / name).is_file() for name in names)), None)
    if folder is None:
        where = ", ".join(map(str, dirs)) or "no folder, as none was named"
        raise InputError(
            f"data set {batches.name}: {', '.join(names)} not found; looked in: {where}; name "
            f"their folder with --data-dir or $TRISPIKE_DATA; get them from {SOURCE}"
        )
    records = np.concatenate([_records(folder / name, batches) for name in names])
    return records[:, batches.labels :].reshape(-1, *SHAPE), records[:, batches.labels - 1]


def _records(path: Path, batches: Batches) -> NDArray[np.uint8]:
    """[N, labels + pixels] of one file."""
    data, size = np.fromfile(path, np.uint8), batches.labels + PIXELS
    if not len(data) or len(data) % size:
        raise InputError(f"{path}: {len(data)} bytes, no whole number of records of {size}")
    records = data.reshape(-1, size)
    if (top := records[:, batches.labels - 1].max()) >= batches.classes:
        raise InputError(f"{path}: label {top}; accepted: 0 to {batches.classes - 1}")
    return records
