"""Keeps arrays that take long to make in the user's cache folder."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import archive, reading
from hw_models.folder.cache import cache_folder
from hw_models.folder.files import replaced

Arrays = dict[str, NDArray]


def cached(
    name: str,
    key: dict[str, Any],
    make: Callable[[], Arrays],
    fits: Callable[[Arrays], bool] = lambda _: True,
) -> Arrays:
    """The arrays that make() gives, from the cache if it has them for the same key.

    A file is written whole or not at all; a damaged one is replaced.

    Args:
        name: the beginning of the file's name.
        key: plain data that the arrays depend on.
        make: makes the arrays.
        fits: whether arrays are such as make() gives.

    Raises:
        InputError: the folder cannot be written.
    """
    digest = hashlib.sha256(msgspec.json.encode(key, order="deterministic")).hexdigest()
    path = cache_folder() / f"{name}-{digest[:16]}.npz"
    try:
        stored = archive.read(reading.plain(path, reading.MOST_OF_USER), reading.MOST_OF_USER)
        if fits(stored):
            return stored
    except (OSError, InputError):
        pass  # there is none, or it is damaged: another is made below
    arrays = make()
    try:
        with replaced(path) as (part,), part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}); name another folder for cached data "
            "with $TRISPIKE_CACHE"
        ) from error
    return arrays
