"""Reads own samples from arrays, in a .npz file or in memory."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import archive, reading
from qtrain.data.own.preparation import Preparation
from qtrain.data.own.raw import Raw, held_out, no_test_samples, sha256_of

KEYS = {"train": ("x", "y"), "test": ("test_x", "test_y")}
ACCEPTED = "x, y, test_x and test_y, or x and y with --test-split"


class ArrayReader:
    """Arrays x, y, test_x and test_y; without the last two, --test-split makes them.

    Args:
        name: of the data, for messages.
        arrays: by name; samples [N, ...] and labels [N].
        how: its test_split.
        sha256: of the file that they are from; by default of the arrays.

    Raises:
        InputError: an array is missing or unknown, holds objects, or has another length.
    """

    options: tuple[str, ...] = ("input", "scale", "zero")

    def __init__(
        self, name: str, arrays: Mapping[str, Any], how: Preparation, sha256: str | None = None
    ) -> None:
        self.has_test = any(key in arrays for key in KEYS["test"])
        wanted = (*KEYS["train"], *(KEYS["test"] if self.has_test else ()))
        for key in sorted(arrays.keys() ^ set(wanted)):
            what = "missing" if key in wanted else "not expected"
            found = ", ".join(sorted(arrays)) or "none"
            raise InputError(
                f"{name}: array {key!r} is {what}; found: {found}; accepted: {ACCEPTED}"
            )
        found = {key: np.asarray(arrays[key]) for key in wanted}
        for key, array in found.items():
            if array.dtype == object:
                raise InputError(
                    f"{name}: {key} holds Python objects; accepted: arrays of numbers, and of "
                    "strings as labels; samples of several lengths must be brought to one"
                )
        for x_key, y_key in KEYS.values():
            if x_key in found:
                check_lengths(name, (x_key, found[x_key]), (y_key, found[y_key]))
        if self.has_test:
            self.splits = {split: (found[x], found[y]) for split, (x, y) in KEYS.items()}
        elif how.test_split:
            x, y = found["x"], found["y"]
            test = held_out(y, how.test_split, name)
            self.splits = {"train": (x[~test], y[~test]), "test": (x[test], y[test])}
        else:
            raise no_test_samples(name)
        self.sha256 = sha256

    def read(self, split: str) -> Raw:
        """The samples of a split, "train" or "test"."""
        x, y = self.splits[split]
        return Raw(x, y, self.sha256 or sha256_of(x, y))


def check_lengths(name: str, x: tuple[str, NDArray], y: tuple[str, NDArray]) -> None:
    """Check that an array has one label for each sample of another one.

    Raises:
        InputError: it does not, or the labels have several columns.
    """
    if y[1].ndim != 1:
        raise InputError(
            f"{name}: {y[0]} has shape {list(y[1].shape)}; accepted: one label a sample, [N]"
        )
    if not x[1].ndim or len(x[1]) != len(y[1]):
        samples = len(x[1]) if x[1].ndim else "no"
        raise InputError(
            f"{name}: {len(y[1])} labels in {y[0]} for {samples} samples in {x[0]}; accepted: one "
            "a sample"
        )


def npz_reader(path: Path, how: Preparation) -> ArrayReader:
    """The arrays of a .npz file.

    Raises:
        InputError: the file is missing, is no .npz file, or holds objects; or as ArrayReader.
    """
    try:
        content = reading.plain(path, reading.MOST_OF_USER)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    try:
        arrays = archive.read(content, reading.MOST_OF_USER)
    except InputError as error:
        raise InputError(
            f"{path}: {error}; accepted: an archive that numpy.savez writes, of arrays of numbers, "
            "and of strings as labels"
        ) from error
    return ArrayReader(str(path), arrays, how, hashlib.sha256(content).hexdigest())
