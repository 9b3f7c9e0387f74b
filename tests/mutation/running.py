"""Decides mutants, several at a time, each in a process of its own."""

import logging
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from tests.mutation.killers import Equivalent
from tests.mutation.mutant import Killer, Mutant


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant."""

    mutant: Mutant
    found: tuple[str, ...]  # by each of its killers; "" where one finds nothing
    broken: str  # why a check could not be made; "" if all were
    seconds: float

    @property
    def equivalent(self) -> bool:
        return isinstance(self.mutant.killers[0], Equivalent)

    @property
    def survived(self) -> bool:
        """Whether a check finds nothing; of one that is equivalent, whether one does."""
        return bool(self.broken) or any(bool(what) == self.equivalent for what in self.found)

    def __str__(self) -> str:
        killers = self.mutant.killers
        by = "; ".join(map(str, killers))
        if self.broken:
            said = f"BROKEN by {by}: {self.broken}"
        elif self.equivalent:
            said = f"NOT EQUIVALENT, though {by}" if self.survived else f"equivalent: {by}"
        elif self.survived:
            missed = (k for k, what in zip(killers, self.found, strict=True) if not what)
            said = f"SURVIVES {'; '.join(map(str, missed))}"
        else:
            said = f"killed by {by}"
        return f"{self.mutant.name}: {said} ({self.seconds:.1f} s)"


def decide(mutant: Mutant) -> Outcome:
    """Ask all killers of a mutant."""
    begin, found, broken = time.monotonic(), [], ""
    try:
        found = [killer.find(mutant.change) for killer in mutant.killers]
    except Exception as error:
        broken = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return Outcome(mutant, tuple(found), broken, time.monotonic() - begin)


def unsound(killer: Killer) -> str:
    """What a killer has to say of the library as it is; "" as it should be."""
    try:
        found = killer.find(None)
    except Exception as error:
        found = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return f"{killer}: {found}" if found else ""


def quiet() -> None:
    """Of benches only the results are of interest."""
    logging.disable(logging.WARNING)


def workers(jobs: int) -> ProcessPoolExecutor:
    """Processes that decide."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=spawn, initializer=quiet)


def outcomes(pool: ProcessPoolExecutor, mutants: Sequence[Mutant]) -> Iterator[Outcome]:
    """Of all mutants, as they are decided."""
    futures: list[Future[Outcome]] = [pool.submit(decide, mutant) for mutant in mutants]
    for future in as_completed(futures):
        yield future.result()
