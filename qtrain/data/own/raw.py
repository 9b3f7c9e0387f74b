"""Samples and labels as they were found, before they are prepared."""

import hashlib
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError


class Raw(NamedTuple):
    """The samples of a split and their labels, as a file or a class has them."""

    x: NDArray  # [N, ...], any kind of number
    y: NDArray  # [N], integers or strings
    sha256: str  # of what they were read from


class Reader(Protocol):
    """Reads the splits of one source."""

    options: tuple[str, ...]  # the fields of a Preparation that mean something for it
    has_test: bool  # whether it has test samples of its own; otherwise --test-split makes them

    def read(self, split: str) -> Raw:
        """The samples of a split, "train" or "test".

        Raises:
            InputError: they are missing or damaged.
        """
        ...


def sha256_of(*arrays: NDArray) -> str:
    """The sha256 of arrays: of their types, their shapes and their values."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def no_test_samples(name: str) -> InputError:
    """The error for data that have training samples alone."""
    return InputError(
        f"{name}: no test samples; add some (test_x and test_y, or the folders train and test), or "
        "hold out a share with --test-split 0.2"
    )


def held_out(y: NDArray, share: float, where: str) -> NDArray[np.bool_]:
    """Which samples are test samples: of each class that share, spread evenly over it.

    The same labels give the same samples, whatever the seed of a training run is.

    Raises:
        InputError: a class has a single sample.
    """
    test = np.zeros(len(y), bool)
    for label in np.unique(y):
        at = np.flatnonzero(y == label)
        if len(at) < 2:
            raise InputError(
                f"{where}: class {label} has 1 sample; with --test-split each class needs 2 or more"
            )
        count = min(max(1, round(share * len(at))), len(at) - 1)
        test[at[np.arange(count) * len(at) // count]] = True
    return test
