"""Reads an input while watching for what no input may do."""

import os
import re
import resource
import signal
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hw_models.cli import message_of
from hw_models.errors import InputError

SECONDS, GROWTH = 10, 2 << 30  # that an input may take, and bytes of memory
ROOT = Path(__file__).parents[2]
OWN = tuple(f"{ROOT / package}/" for package in ("hw_models", "qtrain", "compiler", "rtl_sim"))
# What Python and the packages themselves read.
HARMLESS = (
    str(ROOT), os.path.realpath(sys.prefix), sys.prefix, sys.base_prefix,
    sysconfig.get_path("stdlib"), "/usr/lib", "/usr/share",
    "/lib", "/proc", "/dev/null", "/sys/devices",
)  # fmt: skip
HIGHEST = re.compile(r"VmHWM:\s*(\d+) kB")
READER = "tests.fuzz.reader"  # the process that reads recordings, with a watch of its own
FOUND = "FOUND: "  # how it begins what it says of a finding
STARTS = ("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "socket.connect")


class Hang(BaseException):
    """An input takes longer than it may."""


class Outcome(NamedTuple):
    """What became of an input."""

    refused: bool
    finding: str = ""  # one line that is the same for the same fault; "": none
    trace: str = ""


class Watch:
    """Watches what this process does while it reads an input in a folder."""

    def __init__(self) -> None:
        self.allowed: tuple[str, ...] = ()
        self.seen: list[str] = []
        self.reading = False
        sys.addaudithook(self.hook)
        signal.signal(signal.SIGALRM, self.late)

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.reading:
            return
        if event == "open" and isinstance(args[0], str | bytes):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not path.startswith(self.allowed):
                self.seen.append(f"opens {path}")
        elif event == "subprocess.Popen" and READER in args[1]:
            pass
        elif event in STARTS:
            self.seen.append(f"starts {event} {args[0]}")
        elif event == "exec" and not getattr(args[0], "co_filename", "").startswith(
            ("<frozen", "<string>", "<attrs", *HARMLESS)
        ):
            self.seen.append(f"runs code of {args[0]}")

    def late(self, *_: object) -> None:
        raise Hang

    @contextmanager
    def on(self, folder: Path) -> Iterator[None]:
        """Collect in `seen` what is done that a reader of this folder may not do."""
        self.allowed, self.seen = (str(folder.resolve()), *HARMLESS), []
        self.reading = True
        try:
            yield
        finally:
            self.reading = False

    def read(self, read: Callable[[Path], None], folder: Path) -> Outcome:
        """Read the input in a folder; whatever is no refusal in one line is a finding."""
        before = peak_from_now()
        refused, finding, trace = False, "", ""
        try:
            with self.on(folder), in_time():
                read(folder)
        except (InputError, OSError) as error:
            refused = True
            said = message_of(error)
            if not said.strip() or said.startswith(FOUND):
                finding = said.removeprefix(FOUND) or f"an empty message at {place(error)}"
        except Hang as error:
            finding, trace = f"more than {SECONDS} s at {place(error)}", text(error)
        except BaseException as error:
            finding, trace = f"{type(error).__name__} at {place(error)}", text(error)
        if self.seen:
            finding = self.seen[0]
        elif peak() - before > GROWTH:
            finding = f"grows by {(peak() - before) >> 20:,} MiB"
        return Outcome(refused, finding, trace)


@contextmanager
def in_time() -> Iterator[None]:
    """Have a Watch's handler raise Hang if this takes longer than it may."""
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)


def limit_memory() -> None:
    """Let allocations fail that go far beyond what an input may take."""
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + 4 * GROWTH, hard))


def peak_from_now() -> int:
    """The bytes of memory that this process has, from which its peak is counted anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    """The most bytes of memory that this process has had since peak_from_now()."""
    return int(HIGHEST.search(Path("/proc/self/status").read_text())[1]) << 10


def text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-20_000:]


def place(error: BaseException) -> str:
    """The last line of the project's own code in a traceback."""
    frames = [
        (frame.f_code.co_filename, number)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename.startswith(OWN)
    ]
    if not frames:
        return "no line of ours"
    name, number = frames[-1]
    return f"{Path(name).relative_to(ROOT)}:{number}"
