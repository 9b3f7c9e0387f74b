"""Names of incomplete files and folders, and what killed programs have left of them.

A name has the program's machine and process. So what is left can be told from what is being
written, and is removed by the next program that writes there.
"""

import os
import re
import secrets
import shutil
import socket
from contextlib import suppress
from pathlib import Path

HIDDEN = ".trispike-"  # prefix of the names of incomplete files and folders


def name() -> str:
    """A new name for something incomplete."""
    return f"{HIDDEN}{machine()}-{os.getpid()}-{secrets.token_hex(8)}"


def machine() -> str:
    """The name of this machine as far as a file's name takes it."""
    return re.sub(r"[^A-Za-z0-9]+", "_", socket.gethostname())


def is_left(path: Path) -> bool:
    """Whether a program of this machine was writing this, and is no more."""
    found = re.fullmatch(re.escape(HIDDEN) + r"(\w+)-(\d+)-[0-9a-f]+", path.name)
    return bool(found) and found[1] == machine() and not lives(int(found[2]))


def lives(process: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # another user's
        return True
    return True


def clear(folder: Path) -> None:
    """Remove what is left in a folder, as far as that is possible."""
    with suppress(OSError):
        for path in folder.glob(f"{HIDDEN}*"):
            if is_left(path):
                shutil.rmtree(path, ignore_errors=True)
                with suppress(OSError):
                    path.unlink()
