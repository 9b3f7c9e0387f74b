"""Runs a simulator's commands: in their own environment, with a log, and with one reason if they
do not run to their end."""

import errno
import os
import re
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from hw_models.errors import InputError
from hw_models.folder import files

# All that a simulator, a compiler or make gets to see. Whatever else is set steers some of them
# (COCOTB_*, VERILATOR_ROOT, MAKEFLAGS, CXXFLAGS, WAVES, ...): the caller alone decides on that.
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "TZ", "PYTHONHOME")
OWN = {
    **{"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},  # messages are read here; names are any
    **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "."),  # Icarus takes not every path for it
}
LEAST_BYTES = 1 << 20  # free in a folder, or it is taken for full


class Unfinished(InputError):
    """A tool did not run to its end: nothing can be said of what it was to look at.

    Attributes:
        log: what it printed.
    """

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log

    def __reduce__(self):
        return type(self), (str(self), self.log)


def with_log(error: Unfinished, path: Path) -> str:
    """The error's message and where its log is kept now: at `path`, or else among the temporary
    files."""
    for place in (path, Path(tempfile.gettempdir()) / path.name):
        with suppress(OSError):
            files.write({place: error.log.encode()})
            return f"{error}; its log: {place}"
    return str(error)


def environment(**own: str) -> dict[str, str]:
    """The variables of a command: what is passed on, and its own."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, **OWN, **own}


def run(command: list[str], folder: Path, log: Path, env: dict[str, str]) -> int:
    """Run a command in `folder`, adding to the log what it prints; its exit status.

    Raises:
        Unfinished: it cannot be started.
    """
    with log.open("ab") as out:
        try:
            return subprocess.run(
                command, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, check=False,
            ).returncode  # fmt: skip
        except OSError as error:
            raise Unfinished(f"{command[0]}: cannot be started: {error.strerror}", "") from error


def text_of(log: Path) -> str:
    """What a log says, of which there may be none."""
    return log.read_text(errors="replace") if log.exists() else ""


def reason(folder: Path, log: str, status: int) -> str:
    """Why a command in `folder` broke off, in one line."""
    if full(folder):
        return f"{os.strerror(errno.ENOSPC)} in {folder}; free some or name another with $TMPDIR"
    if said := complaint(log):
        return said[:200]
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it ended with exit status {status} and said nothing"


def full(folder: Path) -> bool:
    """Whether as good as nothing fits into a folder any more."""
    return shutil.disk_usage(folder).free < LEAST_BYTES


def complaint(log: str) -> str:
    """The first line of a log that names an error, as `***` does in make's; else its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    named = (line for line in lines if re.search(r"error|\*\*\*", line, re.IGNORECASE))
    return next(named, lines[-1] if lines else "")
