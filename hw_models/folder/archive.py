"""Reads arrays in NumPy's formats, .npy and .npz, that someone else may have written."""

import io
import math
import sys
import tokenize
import zipfile
import zlib

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder.reading import MOST

# The errors of numpy and zipfile for bytes that are no array or archive, or one they cannot read.
DAMAGE = (
    ValueError, TypeError, OSError, EOFError, KeyError, RuntimeError, SyntaxError, OverflowError,
    NotImplementedError, tokenize.TokenError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
KINDS = "biufcSU"  # numbers and strings; others hold objects, or are of no size
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
DIMENSIONS = 16


def array(content: bytes) -> NDArray:
    """The array in an .npy file; no memory is taken for more than the file holds.

    Raises:
        InputError: the content is no such file, is damaged, or holds something other than numbers
            and strings.
    """
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise InputError(f"version {version} of the format; accepted: 1.0, 2.0")
        shape, by_columns, dtype = HEADERS[version](file)
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(" ".join(str(error).split())) from error
    if dtype.hasobject:
        raise InputError("holds Python objects; accepted: numbers and strings")
    if dtype.kind not in KINDS or not dtype.itemsize:
        raise InputError(f"type {dtype}; accepted: numbers and strings")
    bad = len(shape) > DIMENSIONS or any(type(n) is not int or not 0 <= n <= MOST for n in shape)
    found, size = len(content) - file.tell(), math.prod(shape) * dtype.itemsize
    if bad or found != size:
        raise InputError(f"{found:,} bytes of values, where its header says {shape} of {dtype}")
    values = np.frombuffer(content, dtype, math.prod(shape), file.tell()).copy()
    if dtype.kind == "U":
        check_letters(values)
    try:
        return values.reshape(shape[::-1]).T if by_columns else values.reshape(shape)
    except ValueError as error:  # no values in too many places
        raise InputError(f"shape {shape}: {error}") from error


def check_letters(values: NDArray) -> None:
    """Raise InputError if strings hold numbers that stand for no letter."""
    codes = values.view(np.dtype(np.uint32).newbyteorder(values.dtype.byteorder))
    if ((codes > sys.maxunicode) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
        raise InputError("strings of numbers that stand for no letter; accepted: Unicode")


def read(content: bytes, most: int = MOST) -> dict[str, NDArray]:
    """The arrays of an .npz archive by name.

    Args:
        most: bytes that it may unpack to.

    Raises:
        InputError: `content` is not an archive, is damaged, holds something other than numbers and
            strings, or unpacks to more than memory should hold.
    """
    arrays = {}
    try:
        if not zipfile.is_zipfile(io.BytesIO(content)):
            raise InputError("no .npz archive")
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_sizes(archive, max(most, len(content)))
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if name in arrays or name == member.filename:
                    what = "is there twice" if name in arrays else "is no array"
                    raise InputError(f"{member.filename} {what}")
                try:
                    arrays[name] = array(archive.read(member))
                except InputError as error:
                    raise InputError(f"{name}: {error}") from error
    except InputError:
        raise
    except DAMAGE as error:
        raise InputError(" ".join(str(error).split())) from error
    return arrays


def check_sizes(archive: zipfile.ZipFile, most: int) -> None:
    """Raise InputError if an archive unpacks to more than memory should hold."""
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > most:
        raise InputError(f"unpacks to {unpacked:,} bytes; accepted: {most:,} at most")
