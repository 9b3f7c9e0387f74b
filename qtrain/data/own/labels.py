"""Labels of a user's own as numbers: integers 0..K-1 as they are, and strings by their order."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError


def classes_of(y: NDArray, where: str) -> tuple[int, tuple[str, ...]]:
    """The number of classes of training labels, and the classes' names if the labels are strings.

    Raises:
        InputError: the labels are neither; an integer from 0 to the largest has no sample; there is
            one class only.
    """
    found = np.unique(y)
    if y.dtype.kind == "U":
        names = in_order(map(str, found))
        classes = len(names)
    elif y.dtype.kind in "biu":
        names, classes = (), int(found[-1]) + 1
        missing = np.setdiff1d(np.arange(min(classes, len(found) + 1)), found)
        if found[0] < 0 or len(missing):
            what = f"label {found[0]}" if found[0] < 0 else f"no sample of label {missing[0]}"
            raise InputError(
                f"{where}: {what}, where the largest is {found[-1]}; accepted: 0 to K - 1 for K "
                "classes, each with samples, or strings"
            )
    else:
        raise InputError(f"{where}: labels of {y.dtype}; accepted: integers 0 to K - 1, or strings")
    if classes < 2:
        raise InputError(f"{where}: one class only, {found[0]}; accepted: 2 classes or more")
    return classes, names


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Names of classes in their order: numbers by their value, others as words."""
    names = list(names)
    return tuple(sorted(names, key=int if all(map(str.isdecimal, names)) else str))


def integers(y: NDArray, classes: int, names: tuple[str, ...], where: str) -> NDArray[np.int64]:
    """Labels as integers, the index of its name for a string.

    Raises:
        InputError: a label is none of the classes.
    """
    if names and y.dtype.kind == "U":
        index = {name: k for k, name in enumerate(names)}
        for label in np.unique(y):
            if str(label) not in index:
                raise InputError(f"{where}: label {label!s}; accepted: {', '.join(names)}")
        return np.array([index[str(label)] for label in y], np.int64)
    if y.dtype.kind not in "biu":
        accepted = ", ".join(names) or f"integers 0 to {classes - 1}"
        raise InputError(f"{where}: labels of {y.dtype}; accepted: {accepted}")
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= classes:
        raise InputError(f"{where}: labels {low} to {high}; accepted: 0 to {classes - 1}")
    return y.astype(np.int64)
