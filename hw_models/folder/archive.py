"""Reads the arrays of a .npz archive that someone else may have written."""

import io
import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

# The errors of numpy and zipfile for bytes that are no archive, or an archive they cannot read.
DAMAGE = (
    ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip


def read(content: bytes) -> dict[str, NDArray]:
    """The arrays of an archive by name.

    Raises:
        InputError: `content` is not an archive, is damaged, or holds something other than numbers.
    """
    try:
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise InputError("no .npz archive")
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        raise InputError(str(error)) from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):
            raise InputError(f"{name} is no array")
    return arrays
