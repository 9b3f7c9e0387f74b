"""`python -m qtrain.data.tonic_worker FILE SECONDS BYTES`: reads recordings for tonic_process.

A request is a line of JSON on standard input, and its answer one on standard output. Events stand
as .npy in the open file with the descriptor FILE. What fails in Python is answered. What crashes,
takes more time or memory than it may, or goes on when nobody waits for it any more, ends the
process.
"""

import fcntl
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from qtrain.data.event_sets import EVENT_SETS

SETS = {event_set.name: event_set for event_set in EVENT_SETS}
LAYOUTS = "qtrain.data.tonic_layout"  # which imports tonic
IDLE = 10  # times the processor time that a request may take, it may last
# What ends the process: of processor time, of time, of the request's other end that is closed.
ENDING = (signal.SIGPROF, signal.SIGALRM, signal.SIGIO)


class Reader:
    """Answers requests; the layout that was opened last stays open."""

    def __init__(self) -> None:
        self.key: tuple[str, ...] = ()
        self.layout: Any = None

    def answer(self, request: dict[str, Any], file: BinaryIO) -> dict[str, Any]:
        """What is said of a request; events are written into the file."""
        try:
            layouts = importlib.import_module(LAYOUTS)
            if "file" in request:
                write(layouts.events_of(Path(request["file"])), file)
                return {}
            if "k" in request:
                write(self.events(layouts, **request), file)
                return {}
            try:
                self.open(layouts, **request)
            except (layouts.NotThere, FileNotFoundError):
                return {"paths": [], "labels": []}
            paths = [str(path) for path in self.layout.paths]
            return {"paths": paths, "labels": self.layout.labels}
        except ModuleNotFoundError as error:  # tonic imports some readers only on use
            return {"missing": error.name, "message": str(error)}
        except InputError as error:
            return {"refused": str(error)}
        except BaseException as error:  # a panic in Rust is no Exception
            return {"broken": str(error) or type(error).__name__}

    def open(self, layouts: ModuleType, set: str, split: str, folder: str) -> None:
        """Open a split of a set in a folder."""
        self.key = ()
        self.layout = layouts.Layout(SETS[set], split, Path(folder))
        self.key = set, split, folder

    def events(self, layouts: ModuleType, k: int, path: str, **where: str) -> NDArray:
        """The events of recording k of a split, whose file this is."""
        if self.key != (where["set"], where["split"], where["folder"]):
            self.open(layouts, **where)  # this process is another one than the one that listed it
        if str(self.layout.paths[k]) != path:
            raise ValueError("other files than before lie in the folder")
        return self.layout.events(k)


def untitled(fields: np.dtype) -> np.dtype:
    """A type whose fields have no titles. aedat gives them some, which .npy cannot always hold."""
    names = fields.names or ()
    offered: Any = fields.fields
    found = [offered[name] for name in names]
    layout: Any = {
        "names": names,
        "formats": [field[0] for field in found],
        "offsets": [field[1] for field in found],
        "itemsize": fields.itemsize,
    }
    return np.dtype(layout)


def write(events: NDArray, file: BinaryIO) -> None:
    """Write events as .npy in the place of what a file holds.

    Raises:
        ValueError: they hold Python objects.
    """
    if events.dtype.names:
        events = events.view(untitled(events.dtype))
    file.seek(0)
    file.truncate()
    np.save(file, events, allow_pickle=False)


@contextmanager
def bounded(requests: int, seconds: float) -> Iterator[None]:
    """Have a signal end this process if what is done takes too long, or nobody waits for it.

    The kernel does so by itself: Python's own handlers wait until a reader in C comes back.
    """
    flags = fcntl.fcntl(requests, fcntl.F_GETFL)
    fcntl.fcntl(requests, fcntl.F_SETFL, flags | os.O_ASYNC)  # nothing but its end comes now
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, IDLE * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        fcntl.fcntl(requests, fcntl.F_SETFL, flags)


def limit(kind: int, most: int) -> None:
    """Lower a limit of this process."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def main(reader: Reader) -> None:
    """Answer requests until there are no more."""
    file, seconds, most = (int(argument) for argument in sys.argv[1:])
    sys.modules["torch"] = None  # type: ignore  # tonic goes without, and starts in half a second
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    events = os.fdopen(file, "r+b", buffering=0)
    fcntl.fcntl(requests, fcntl.F_SETOWN, os.getpid())
    with suppress(ModuleNotFoundError):  # then each answer says what is missing
        importlib.import_module(LAYOUTS)
    for stream in (0, 1, 2):  # what readers print would stand between the answers
        os.dup2(os.open(os.devnull, os.O_RDWR), stream)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_DATA, most)  # of what a process allocates; not of code
    answers.write(b"{}\n")
    answers.flush()
    for line in requests:
        with bounded(requests.fileno(), seconds):
            said = reader.answer(json.loads(line), events)
        answers.write(json.dumps(said).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main(Reader())
