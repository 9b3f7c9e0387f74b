"""Actions in processes of their own: to their end, several at once, or killed on the way.

A process is forked, so that what is imported is there at once. It is killed by SIGKILL, at a moment
or at the n-th call that changes files: a file opened to be written, each write to it, of which
half is done, and each rename, removal, new folder, link or flush.
"""

import builtins
import io
import itertools
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hw_models.folder.leftovers import HIDDEN

Action = Callable[[], object]
CHANGES = (
    "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink",
    "os.chmod", "os.utime",
)  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
NOT_FILES = ("/dev/", "/proc/")


@dataclass(frozen=True, slots=True)
class Process:
    """A running action."""

    number: int
    said: io.BufferedRandom  # what it prints

    def ended(self) -> bool:
        """Wait for the end; whether it was killed.

        Raises:
            AssertionError: it failed; with what it printed.
        """
        status = os.waitstatus_to_exitcode(os.waitpid(self.number, 0)[1])
        with suppress(ProcessLookupError):
            os.killpg(self.number, signal.SIGKILL)  # the commands that it has started
        self.said.seek(0)
        said = self.said.read().decode(errors="replace")
        self.said.close()
        assert status in (0, -signal.SIGKILL), f"it ended with {status}: {said}"
        return status == -signal.SIGKILL


def start(action: Action, before: Action = lambda: None) -> Process:
    """Start an action in a process; `before` is called there first."""
    said = tempfile.TemporaryFile()  # noqa: SIM115 (ended() closes it)
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings(action="ignore"):  # from 3.12 on Python warns of its threads
        child = os.fork()
    if child:
        return Process(child, said)
    status = 1
    try:
        os.setsid()
        for stream in (1, 2):
            os.dup2(said.fileno(), stream)
        sys.stdout, sys.stderr = (os.fdopen(fd, "w", closefd=False) for fd in (1, 2))
        before()
        action()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def finish(action: Action) -> None:
    """Run an action to its end.

    Raises:
        AssertionError: it failed.
    """
    assert not start(action).ended()


def finish_at_once(actions: Sequence[Action]) -> None:
    """Run actions at the same time to their ends; they begin together.

    Raises:
        AssertionError: one of them failed.
    """
    begin = time.monotonic() + 0.05 + 0.005 * len(actions)
    running = [
        start(action, lambda: time.sleep(max(0, begin - time.monotonic()))) for action in actions
    ]
    problems = []
    for process in running:
        try:
            process.ended()
        except AssertionError as error:
            problems.append(str(error))
    assert not problems, f"{len(problems)} of {len(actions)}: {problems[0]}"


def killed_after(seconds: float, action: Action) -> bool:
    """Kill an action after so many seconds; False if it ended before."""
    process = start(action)
    time.sleep(seconds)
    os.kill(process.number, signal.SIGKILL)
    return process.ended()


def killed_at(number: int, action: Action) -> bool:
    """Kill an action at its n-th call that changes files, from 1; False if it has fewer."""
    return start(action, lambda: kill_at(number)).ended()


def kill_at(number: int) -> None:
    """Have this process killed at its n-th call from now on that changes files."""
    counter = itertools.count(1)

    def counted(done_half: Action = lambda: None) -> None:
        if next(counter) == number:
            done_half()
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple) -> None:
        if event == "open":
            path, _, flags = arguments
            writes = bool(flags & WRITES) and not isinstance(path, int)
            if writes and not os.fsdecode(path).startswith(NOT_FILES):
                counted()
        elif event in CHANGES:
            counted()

    class Counted(io.FileIO):
        """A file each write to which counts."""

        def write(self, data) -> int:
            data = memoryview(data).cast("B")
            counted(lambda: super(Counted, self).write(data[: len(data) // 2]))
            return super().write(data)

    plain, fsync = io.open, os.fsync

    def opened(file, mode="r", buffering=-1, *text, **options):
        if not set(mode) & set("wax+") or isinstance(file, int):
            return plain(file, mode, buffering, *text, **options)
        own = {name: options.pop(name) for name in ("closefd", "opener") if name in options}
        raw = Counted(file, mode.replace("b", "").replace("t", ""), **own)
        if buffering == 0:
            return raw
        whole = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return whole if "b" in mode else io.TextIOWrapper(whole, *text, **options)

    def flushed(descriptor) -> None:
        counted()
        fsync(descriptor)

    io.open = builtins.open = opened
    os.fsync = flushed
    sys.addaudithook(hook)


def hidden(*folders: Path) -> list[str]:
    """Names of what is incomplete anywhere in folders."""
    return [str(path) for folder in folders for path in folder.rglob(f"{HIDDEN}*")]
