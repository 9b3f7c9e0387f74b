"""Runs a simulator's commands in an environment of their own, with a log.

If a command breaks off, its error gives one reason.
"""

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

# A simulator, a compiler or make sees only these. Other variables would steer some of them
# (COCOTB_*, VERILATOR_ROOT, MAKEFLAGS, CXXFLAGS, WAVES, ...): the caller alone decides on that.
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "TZ", "PYTHONHOME")
OWN = {
    # Messages are parsed here, and names may have any characters.
    **{"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    **dict.fromkeys(("TMPDIR", "TMP", "TEMP"), "."),  # Icarus does not accept every path for it
}
LEAST_BYTES = 1 << 20  # a folder with less free space counts as full


class Unfinished(InputError):
    """A tool broke off, so that nothing can be said about the design.

    Attributes:
        log: the tool's output.
    """

    def __init__(self, message: str, log: str) -> None:
        super().__init__(message)
        self.log = log

    def __reduce__(self):
        return type(self), (str(self), self.log)


def with_log(error: Unfinished, path: Path) -> str:
    """The error's message and the path at which its log is kept now.

    That is `path`, or a temporary file if nothing can be written at `path`.
    """
    for place in (path, Path(tempfile.gettempdir()) / path.name):
        with suppress(OSError):
            files.write({place: error.log.encode()})
            return f"{error}; its log: {place}"
    return str(error)


def environment(**own: str) -> dict[str, str]:
    """The environment of a command: the variables that are passed on, and its own."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, **OWN, **own}


def run(command: list[str], folder: Path, log: Path, env: dict[str, str]) -> int:
    """Run a command in `folder`, append its output to the log, and return its exit status.

    Raises:
        Unfinished: the command cannot be started.
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
    """The text of a log; "" if there is no log."""
    return log.read_text(errors="replace") if log.exists() else ""


def reason(folder: Path, log: str, status: int) -> str:
    """One line about why a command in `folder` broke off."""
    if full(folder):
        return f"{os.strerror(errno.ENOSPC)} in {folder}; free some or name another with $TMPDIR"
    if said := complaint(log):
        return said[:200]
    if status < 0:
        return f"it was ended by {signal.Signals(-status).name}"
    return f"it ended with exit status {status} and said nothing"


def full(folder: Path) -> bool:
    """Whether a folder has practically no free space left."""
    return shutil.disk_usage(folder).free < LEAST_BYTES


def complaint(log: str) -> str:
    """The first line of a log that names an error (make's have `***`), or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    named = (line for line in lines if re.search(r"error|\*\*\*", line, re.IGNORECASE))
    return next(named, lines[-1] if lines else "")
