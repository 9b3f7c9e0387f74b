"""Which builds are tried, and what is found of each."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from compiler.explore.folder import Folder
from compiler.explore.jobs import Core, Design, Integers, Job, Numbers, Refused, Result
from compiler.explore.spread import Run

GOALS = 6  # cycles a sample that lanes are chosen for, where they are not given
DIGITS = 2  # that such a number of cycles has


@dataclass(frozen=True, slots=True)
class Space:
    """The options to combine."""

    targets: Sequence[str]
    timesteps: Sequence[int]
    frac_bits: Sequence[int | None]
    cycles: Sequence[int] | None  # None: GOALS from the fastest core to the cheapest
    lanes: Sequence[int]  # beside the numbers of cycles

    def numbers(self) -> list[Numbers]:
        """All options of integers."""
        return [
            Numbers(target=target, timesteps=timesteps, frac_bits=frac_bits)
            for target in self.targets
            for timesteps in self.timesteps
            for frac_bits in self.frac_bits
        ]

    def designs(self, numbers: Numbers, found: Integers) -> list[Design]:
        """The designs of integers of which this was found."""
        cycles = ladder(found.fastest, found.slowest) if self.cycles is None else self.cycles
        return [
            *(Design(numbers=numbers, cycles=goal) for goal in cycles),
            *(Design(numbers=numbers, lanes=most) for most in self.lanes),
        ]


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A build and its measures."""

    design: Design
    integers: Integers
    core: Core

    @property
    def values(self) -> dict[str, float]:
        """The measures by their names."""
        return {
            "accuracy": self.integers.accuracy,
            "cycles": self.core.cycles,
            "luts": self.core.luts,
            "brams": self.core.brams,
            "energy_nj": self.integers.energy_nj,
        }


@dataclass(frozen=True, slots=True)
class Explored:
    """The outcome: points in the order of their options, and what was refused."""

    points: list[Point]
    refused: list[tuple[Job, str]]
    measured: int  # jobs that were done now
    kept: int  # jobs whose results were there


def explored(
    space: Space, folder: Folder, run: Run, advance: Callable[[int, int], None]
) -> Explored:
    """Measure all builds of a space that are not in the folder yet.

    Options that give the same integers are measured once, by the first of them, and designs that
    give the same lanes are one point.

    Args:
        advance: called with the jobs that are done and all that are known so far.
    """
    told = Told(folder, run, advance)
    found = told.results(space.numbers())
    distinct: dict[str, tuple[Numbers, Integers]] = {}
    for numbers, result in found.items():
        if isinstance(numbers, Numbers) and isinstance(result, Integers):
            distinct.setdefault(result.sha256, (numbers, result))
    designs = {
        design: result
        for numbers, result in distinct.values()
        for design in space.designs(numbers, result)
    }
    found |= told.results(list(designs))
    points: dict[tuple[str, str], Point] = {}
    for design, result in designs.items():
        if isinstance(core := found[design], Core):
            point = Point(design=design, integers=result, core=core)
            points.setdefault((result.sha256, core.lanes), point)
    refused = [(job, made.reason) for job, made in found.items() if isinstance(made, Refused)]
    return Explored(list(points.values()), refused, told.measured, told.kept)


@dataclass(slots=True)
class Told:
    """Does jobs whose results are not in the folder, keeps these, and counts."""

    folder: Folder
    run: Run
    advance: Callable[[int, int], None]
    measured: int = 0
    kept: int = 0

    def results(self, jobs: Sequence[Job]) -> dict[Job, Result]:
        """The results, in the order of the jobs."""
        known = {job: self.folder.load(job) for job in jobs}
        missing = [job for job, result in known.items() if result is None]
        self.kept += len(jobs) - len(missing)
        whole = self.measured + self.kept + len(missing)
        self.advance(self.measured + self.kept, whole)
        for job, result in self.run(missing):
            self.folder.keep(job, result)
            known[job] = result
            self.measured += 1
            self.advance(self.measured + self.kept, whole)
        return {job: result for job, result in known.items() if result is not None}


def ladder(fastest: float, slowest: float, steps: int = GOALS) -> list[int]:
    """Numbers of cycles from the fastest core to the cheapest, each as much larger as the next.

    They have DIGITS digits, rounded up, so that the fastest core meets the first and the cheapest
    meets the last.
    """
    between = fastest * (slowest / fastest) ** (np.arange(steps) / (steps - 1))
    between[-1] = slowest
    return list(dict.fromkeys(rounded_up(float(cycles)) for cycles in between))


def rounded_up(cycles: float) -> int:
    """The next larger whole number of DIGITS digits, but for what a float cannot tell."""
    whole = math.ceil(round(cycles, 6))
    unit = 10 ** max(0, len(str(whole)) - DIGITS)
    return -(-whole // unit) * unit
