"""Runs the cases of targets in processes of their own, so that a crash is a finding too."""

import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.runner import Cases
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import SECONDS, Watch, limit_memory

STUCK = 3 * SECONDS  # without a sign of a worker: no signal reaches it
BEGIN = 300  # the same before its first case
EVERY = 0.5  # seconds between a worker's messages
SKIPPED = 50  # cases that are left out after a crash, as it is not known which of them it was
CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class Tally:
    """What became of the cases of a target."""

    inputs: int = 0
    refused: int = 0
    findings: Counter[str] = field(default_factory=Counter)  # how often each


class Told(NamedTuple):
    """A message of a worker."""

    name: str
    number: int  # its next case
    inputs: int = 0
    refused: int = 0
    findings: tuple[str, ...] = ()


class Stretch(NamedTuple):
    """The cases of a target that a worker does."""

    name: str
    first: int
    seconds: float


@dataclass
class Worker:
    """A process at its stretches, the first of which is the one it is at."""

    process: BaseProcess
    pipe: Connection
    left: list[Stretch]
    number: int = 0
    begun: bool = False
    heard: float = field(default_factory=time.monotonic)

    def listen(self, tallies: dict[str, Tally]) -> bool:
        """Take in all messages; returns whether the process has ended."""
        while self.pipe.poll():
            try:
                told: Told = self.pipe.recv()
            except EOFError:
                return True
            self.heard, self.begun = time.monotonic(), True
            while self.left[0].name != told.name:
                self.left.pop(0)
            self.number, tally = told.number, tallies[told.name]
            tally.inputs, tally.refused = tally.inputs + told.inputs, tally.refused + told.refused
            tally.findings.update(told.findings)
        return False

    @property
    def stuck(self) -> bool:
        return time.monotonic() - self.heard > (STUCK if self.begun else BEGIN)


def run(names: Sequence[str], seed: int, seconds: float, jobs: int, out: Path) -> dict[str, Tally]:
    """Read cases of targets for some seconds, in so many processes at a time."""
    tallies = {name: Tally() for name in names}
    whole = sum(TARGETS[name].share for name in names)
    workers = [
        started([Stretch(n, first, seconds * TARGETS[n].share / whole) for n in names], seed, jobs,
                out)
        for first in range(jobs)
    ]  # fmt: skip
    while workers:
        wait([worker.pipe for worker in workers], timeout=1)
        for worker in list(workers):
            ended = worker.listen(tallies)
            if not ended and not worker.stuck:
                continue
            workers.remove(worker)
            if not ended:
                worker.process.kill()
            worker.process.join()
            if not ended or worker.process.exitcode:
                what = f"exit status {worker.process.exitcode}" if ended else "hangs"
                at, *others = worker.left
                tallies[at.name].inputs += 1
                tallies[at.name].findings[f"{what} from case {worker.number} on"] += 1
                again = [Stretch(at.name, worker.number + SKIPPED * jobs, at.seconds / 2)]
                left = again + others if worker.begun else others
                if left:
                    workers.append(started(left, seed, jobs, out))
    return tallies


def started(left: list[Stretch], seed: int, step: int, out: Path) -> Worker:
    """A process that has begun."""
    pipe, theirs = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=work, args=(left, seed, step, out, theirs))
    process.start()
    theirs.close()
    return Worker(process, pipe, list(left))


def work(left: list[Stretch], seed: int, step: int, out: Path, pipe: Connection) -> None:
    """Do every step-th case of each stretch from its first on, and tell of them."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # in memory where possible
    watch = Watch()
    with tempfile.TemporaryDirectory(prefix="trispike-fuzz-", dir=place) as scratch:
        os.chdir(scratch)
        for at, stretch in enumerate(left):
            cases = Cases(stretch.name, seed, Path(scratch) / str(at), watch)
            limit_memory()
            one_stretch(cases, stretch, step, out, pipe)
    pipe.close()


def one_stretch(cases: Cases, stretch: Stretch, step: int, out: Path, pipe: Connection) -> None:
    kept: set[str] = set()
    number, inputs, refused, findings = stretch.first, 0, 0, []
    pipe.send(Told(stretch.name, number))
    end, told = time.monotonic() + stretch.seconds, time.monotonic()
    while time.monotonic() < end:
        outcome = cases.case(number)
        inputs, refused = inputs + 1, refused + outcome.refused
        if outcome.finding:
            findings.append(outcome.finding)
            if outcome.finding not in kept:
                kept.add(outcome.finding)
                cases.keep(number, outcome.finding, outcome.trace, out)
        number += step
        if outcome.finding or time.monotonic() - told > EVERY:
            pipe.send(Told(stretch.name, number, inputs, refused, tuple(findings)))
            inputs, refused, findings, told = 0, 0, [], time.monotonic()
    pipe.send(Told(stretch.name, number, inputs, refused, tuple(findings)))
