"""Locks on folders, by which programs that write into the same one take turns.

A lock ends with the program that holds it, however that ends. A file system without locks locks
nothing, nor does a folder that cannot be read.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """A context that only one program or thread at a time is in, for each folder; others wait.

    Args:
        shared: any number of programs may be in it that share the lock.
    """
    descriptor = taken(folder, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def at_once(folder: Path) -> Iterator[bool]:
    """A context that is given whether the folder is this one's alone, without waiting for that."""
    try:
        descriptor = taken(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
        return
    try:
        yield True
    finally:
        if descriptor is not None:
            os.close(descriptor)


def taken(folder: Path, how: int) -> int | None:
    """The descriptor that holds a folder's lock until it is closed; None: there is no lock.

    Raises:
        BlockingIOError: another one holds it, and `how` is not to wait.
    """
    while True:
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, how)
            if os.path.samestat(os.fstat(descriptor), folder.stat()):
                return descriptor
        except FileNotFoundError:  # its holder removed it
            pass
        except OSError as error:
            if error.errno == errno.EWOULDBLOCK:
                os.close(descriptor)
                raise
            return descriptor
        os.close(descriptor)
