"""Reads recordings through tonic in a process of its own, which damaged files may bring down.

Its readers are tonic's, HDF5's and that of AEDAT 4. In a damaged file they can crash, go on for
ever or take all memory, and no check before them can exclude it.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

SECONDS = 60  # of processor time for a recording, or to list all of them
MEMORY_BYTES = 2 << 30
KEPT_BYTES = 32 << 20  # of free memory, rather than page faults for each recording


class Broken(Exception):
    """A reader fails; says how."""


class TonicProcess:
    """The process, which is started when it is needed, and started anew when it has ended.

    It ends with this process, also if that is killed: it then has no more requests.
    """

    def __init__(self, module: str = "qtrain.data.tonic_worker", seconds: int = SECONDS) -> None:
        self.module, self.seconds = module, seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.file: BinaryIO | None = None  # where it writes events
        self.lock = threading.Lock()
        atexit.register(self.end)
        os.register_at_fork(after_in_child=self.forget)

    def recordings(self, name: str, split: str, folder: str) -> tuple[list[str], list[int]]:
        """The files and the labels of a set's split in an absolute folder; none where it is not.

        Raises:
            InputError: the files are of other classes; tonic is not installed.
            Broken: a file cannot be read.
        """
        said = self.ask(set=name, split=split, folder=folder)
        return said["paths"], said["labels"]

    def events(self, **which: Any) -> NDArray:
        """The events of a recording.

        Args:
            which: `file`, an absolute path to a file in N-MNIST's format, or `set`, `split` and
                `folder` as of recordings(), `k` and `path`: a recording there, and its file.

        Raises:
            InputError: a package is not installed.
            Broken: the recording cannot be read.
        """
        return self.ask(**which)["events"]

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to a request of tonic_worker's, and as `events` those that it has written."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self.start()
            assert self.process
            try:
                said = self.exchange(self.process, request)
            except (OSError, ValueError, EOFError):
                raise Broken(f"its reader {self.ended()}") from None
            except BaseException:  # such as Ctrl-C: the next one would get this one's answer
                self.end()
                raise
        if "missing" in said:
            raise not_installed(said["message"], said["missing"])
        if "refused" in said:
            raise InputError(said["refused"])
        if "broken" in said:
            raise Broken(said["broken"])
        return said

    def exchange(self, process: subprocess.Popen[bytes], request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and take the answer.

        Raises:
            OSError, ValueError, EOFError: the process ends meanwhile.
        """
        assert process.stdin and process.stdout and self.file
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        if not said:
            self.file.seek(0)
            said["events"] = np.load(self.file, allow_pickle=False)
        return said

    def start(self) -> None:
        """Start the process, and wait until it takes requests. It imports from where this one does.

        Raises:
            InputError: it does not start.
        """
        self.end()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "RUST_BACKTRACE": "0",
            "MALLOC_MMAP_THRESHOLD_": str(KEPT_BYTES),
            "MALLOC_TRIM_THRESHOLD_": str(KEPT_BYTES),
        }
        self.file = os.fdopen(os.memfd_create("events"), "r+b", buffering=0)  # faster than a pipe
        numbers = (self.file.fileno(), self.seconds, MEMORY_BYTES)
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", self.module, *map(str, numbers)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            pass_fds=[self.file.fileno()],
            process_group=0,  # of its own, so that Ctrl-C leaves it to this process
        )
        assert self.process.stdout
        try:
            ready = self.process.stdout.readline()
        except BaseException:  # as in ask()
            self.end()
            raise
        if not ready:
            how = self.ended()
            raise InputError(f"the process that reads recordings does not start: it {how}")

    def ended(self) -> str:
        """Let go of the process, and say how it has ended."""
        assert self.process
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)
        status = self.end()
        if status == -signal.SIGPROF:
            return f"took more than {self.seconds} s"
        if status == -signal.SIGALRM:
            return "did not come back"
        return f"ended with {signal.Signals(-status).name if status < 0 else f'status {status}'}"

    def end(self) -> int:
        """End the process, if there is one; returns its status."""
        if not self.process:
            return 0
        self.process.kill()
        status = self.process.wait()
        self.let_go()
        return status

    def let_go(self) -> None:
        """Close what leads to the process."""
        assert self.process
        for pipe in (self.process.stdin, self.process.stdout, self.file):
            assert pipe
            with suppress(BrokenPipeError):  # a request that it did not take
                pipe.close()
        self.process = self.file = None

    def forget(self) -> None:
        """Leave the process to the one from which this one was forked."""
        self.lock = threading.Lock()
        if self.process:
            self.process.returncode = 0  # it is none of this process's children
            self.let_go()


def not_installed(message: str, package: str) -> InputError:
    """The error for tonic, or a package that it reads with, which is missing."""
    extra = "aedat" if package == "aedat" else "train"
    return InputError(
        f"event data is read through tonic: {message}; pip install 'trispike[{extra}]'"
    )


def tonic_version() -> str:
    """The version of tonic that is installed.

    Raises:
        InputError: tonic is not installed.
    """
    try:
        return version("tonic")
    except ModuleNotFoundError as error:
        raise not_installed(str(error), "tonic") from error


TONIC = TonicProcess()
