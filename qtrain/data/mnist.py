"""Reads data sets in MNIST's format: IDX files, gzipped or not."""

import gzip
import io
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import reading
from qtrain.data.folders import not_found

STEMS = {"train": "train", "test": "t10k"}
SIDE, CLASSES = 28, 10


def read_split(name: str, split: str, dirs: list[Path], source: str) -> tuple[NDArray, NDArray]:
    """Images uint8 [N, 28, 28] and labels uint8 [N] of a split ("train" or "test").

    Args:
        name: the data set, for messages.
        split: "train" or "test".
        dirs: folders that are searched, first to last.
        source: where the files can be had, for messages.

    Raises:
        InputError: a file is missing, or does not fit its header or the other file.
    """
    images_name = f"{STEMS[split]}-images-idx3-ubyte"
    labels_name = f"{STEMS[split]}-labels-idx1-ubyte"
    for folder in dirs:
        images_path, labels_path = (
            existing_file(folder / images_name),
            existing_file(folder / labels_name),
        )
        if images_path and labels_path:
            break
    else:
        missing = f"{images_name}[.gz] and {labels_name}[.gz] not found"
        raise not_found(name, missing, dirs, source)
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if images.shape[1:] != (SIDE, SIDE):
        raise InputError(f"{images_path}: images of {images.shape[1:]}; accepted: {SIDE} x {SIDE}")
    if len(images) != len(labels):
        raise InputError(f"{labels_path}: {len(labels)} labels for {len(images)} images")
    if labels.max(initial=0) >= CLASSES:
        raise InputError(f"{labels_path}: label {labels.max()}; accepted: 0 to {CLASSES - 1}")
    return images, labels


def read_idx(path: Path, dims: int) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes with that many dimensions.

    The file holds the bytes 0, 0, 8 (for unsigned bytes) and dims, then each size as a big-endian
    uint32, then the values.

    Raises:
        InputError: the file is damaged or no such file.
    """
    content = io.BytesIO(reading.plain(path))
    file = gzip.GzipFile(fileobj=content) if path.suffix == ".gz" else content
    try:
        header = file.read(4 + 4 * dims)
        if header[:4] != bytes((0, 0, 8, dims)) or len(header) < 4 + 4 * dims:
            raise InputError(f"{path}: no IDX file of {dims}-dimensional unsigned bytes")
        shape = [int(n) for n in np.frombuffer(header, ">u4", dims, 4)]
        if (size := math.prod(shape)) > reading.MOST:
            raise InputError(f"{path}: its header says {shape}; accepted: {reading.MOST:,} values")
        data = bytearray(file.read(size))  # no more, however much a small file unpacks to
        more = len(file.read(1))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: broken gzip file ({error}); fetch it again") from error
    if len(data) < size or more:
        found = "more" if more else f"{len(data)}"
        raise InputError(f"{path}: {found} values where its header says {shape}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def existing_file(path: Path) -> Path | None:
    """The file of that name, plain or gzipped; None where there is neither."""
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None
