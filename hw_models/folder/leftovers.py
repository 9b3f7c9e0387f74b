"""Names of incomplete files and folders, and what killed programs have left of them.

A name has the program's machine, process and the time at which that started. So what is left can be
told from what is being written, and is removed by the next program that writes there.
"""

import os
import re
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HIDDEN = ".trispike-"  # prefix of the names of incomplete files and folders
NAME = re.compile(re.escape(HIDDEN) + r"(\w+)-(\d+)(?:\.(\d+))?-[0-9a-f]+")


def name() -> str:
    """A new name for something incomplete."""
    process = os.getpid()
    return f"{HIDDEN}{machine()}-{process}.{started(process)}-{secrets.token_hex(8)}"


def machine() -> str:
    """The name of this machine as far as a file's name takes it."""
    return re.sub(r"[^A-Za-z0-9]+", "_", socket.gethostname())


def is_left(path: Path) -> bool:
    """Whether a program of this machine was writing this, and is no more."""
    found = NAME.fullmatch(path.name)
    if not found or found[1] != machine():
        return False
    now = started(int(found[2]))
    return now is None or (found[3] is not None and int(found[3]) != now)


def is_written(path: Path) -> bool:
    """Whether a program may be writing this: one that lives, or one of another machine."""
    return NAME.fullmatch(path.name) is not None and not is_left(path)


def started(process: int) -> int | None:
    """When the process of this number started, in ticks of the clock since the machine did.

    None: there is none, or it has ended and its parent has not asked for its exit status yet.
    """
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return None
    # Behind the process's name, which may have any characters: its state is field 3, this one 22.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def clear(folder: Path) -> None:
    """Remove what is left in a folder, as far as that is possible."""
    with suppress(OSError):
        for path in folder.glob(f"{HIDDEN}*"):
            if is_left(path):
                shutil.rmtree(path, ignore_errors=True)
                with suppress(OSError):
                    path.unlink()


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder in the system's folder for these ($TMPDIR), removed at the block's end."""
    around = Path(tempfile.gettempdir())
    clear(around)
    folder = around / name()
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
