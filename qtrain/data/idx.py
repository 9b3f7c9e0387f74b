"""Reads MNIST's IDX files, gzipped or not."""

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

STEMS = {"train": "train", "test": "t10k"}
SIDE, CLASSES = 28, 10


def read_split(name: str, split: str, dirs: list[Path], source: str) -> tuple[NDArray, NDArray]:
    """Images uint8 [N, 28, 28] and labels uint8 [N] of a split ("train" or "test").

    Args:
        name: the data set, for messages.
        dirs: folders that are searched, first to last.
        source: where the files can be had, for messages.

    Raises:
        InputError: a file is missing or is not what its header says.
    """
    images_name = f"{STEMS[split]}-images-idx3-ubyte"
    labels_name = f"{STEMS[split]}-labels-idx1-ubyte"
    for folder in dirs:
        images_path, labels_path = _find(folder / images_name), _find(folder / labels_name)
        if images_path and labels_path:
            break
    else:
        where = ", ".join(str(d) for d in dirs) or "no folder, as none was named"
        raise InputError(
            f"data set {name}: {images_name}[.gz] and {labels_name}[.gz] not found; looked in: "
            f"{where}; name their folder with --data-dir or $TRISPIKE_DATA; get them from {source}"
        )
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

    Layout: 0, 0, 8 (unsigned byte), dims; each size as a big-endian uint32; the values.

    Raises:
        InputError: not such a file.
    """
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: broken gzip file ({error}); fetch it again") from error
    header = 4 + 4 * dims
    if data[:4] != bytes((0, 0, 8, dims)) or len(data) < header:
        raise InputError(f"{path}: no IDX file of {dims}-dimensional unsigned bytes")
    shape = [int(n) for n in np.frombuffer(data, ">u4", dims, 4)]
    if len(data) - header != np.prod(shape, dtype=object):
        raise InputError(f"{path}: {len(data) - header} values where its header says {shape}")
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape).copy()


def _find(path: Path) -> Path | None:
    for candidate in (path, path.with_name(path.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None
