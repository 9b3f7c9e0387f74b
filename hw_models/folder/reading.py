"""Reads files that someone else may have written: plain files alone, of a size that fits memory."""

import os
import stat
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hw_models.errors import InputError

MOST = 1 << 29  # bytes of a file, and of what a packed one unpacks to
MOST_OF_USER = 1 << 35  # the same of samples and checkpoints, which are as large as they are
T = TypeVar("T")


def plain(path: Path, most: int = MOST) -> bytes:
    """The content of a file, which must be no device, pipe or folder.

    Args:
        most: bytes that the file may have.

    Raises:
        InputError: it is another kind of file, or larger.
        OSError: it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # which waits for no pipe's writer
    except ValueError as error:  # a name with a NUL
        raise InputError(f"{str(path)!r}: {error}") from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path}: is no plain file; name one")
        if found.st_size > most:
            raise InputError(f"{path}: {found.st_size:,} bytes; accepted: {most:,} at most")
        with os.fdopen(os.dup(descriptor), "rb") as file:
            return file.read(found.st_size)
    finally:
        os.close(descriptor)


def inside(folder: Path, name: str, most: int = MOST) -> bytes:
    """The content of a plain file within a folder, of which no part may be a link out of it.

    Raises:
        InputError: the name leads out of the folder, or as `plain` does.
        OSError: it cannot be read.
    """
    try:
        place = (folder / name).resolve()
    except (ValueError, RuntimeError) as error:  # a name with a NUL; links that lead to each other
        raise InputError(f"{folder}: {name!r}, need the name of a file ({error})") from error
    if not place.is_relative_to(folder.resolve()):
        raise InputError(f"{folder / name}: leads out of the folder; accepted: files within it")
    return plain(folder / name, most)


def text(content: bytes) -> str:
    """Content as UTF-8.

    Raises:
        InputError: it is none.
    """
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"no text: {error}") from error


def decoded(content: bytes | msgspec.Raw, kind: type[T] | Any) -> T:
    """The value of a type in JSON.

    Raises:
        InputError: it is no JSON, or of another type.
    """
    try:
        return msgspec.json.decode(content, type=kind)
    except RecursionError as error:
        raise InputError("JSON that is nested too deeply") from error
    except ValueError as error:  # msgspec's own, one of bytes that are no text, and ours of a field
        raise InputError(" ".join(str(error).split())) from error
