"""Workers in the environments of several frameworks, which take turns at being timed."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[3]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ENOUGH = 0.1  # seconds that a turn takes at least; shorter work is repeated


class Contestant(NamedTuple):
    """Something that is timed."""

    worker: str  # the module of kinds/
    case: Mapping[str, Any]  # what its prepare() takes


class Worker:
    """A process that times what it is asked to, on one thread."""

    def __init__(self, python: Path, kind: str) -> None:
        self._process = subprocess.Popen(
            [str(python), "-m", "tests.benchmarks.speed.worker", kind],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def seconds(self, case: Mapping[str, Any], times: int, last: bool = False) -> float:
        """The mean over `times`; the first turn of a case also prepares it, without being timed."""
        assert self._process.stdin and self._process.stdout
        request = {"case": dict(case), "times": times, "last": last}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        reply = self._process.stdout.readline()
        if not reply:
            raise RuntimeError(f"{self._process.args}: ended while it timed {dict(case)}")
        return json.loads(reply)

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def in_turns(
    workers: Mapping[str, Worker], contestants: Mapping[str, Contestant], rounds: int
) -> dict[str, list[float]]:
    """Seconds by round, of each contestant; all have one turn in each round."""
    repeats = {}
    for name, (worker, case) in contestants.items():
        repeats[name] = max(1, round(ENOUGH / workers[worker].seconds(case, 1)))
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds):
        for name, (worker, case) in contestants.items():
            last = turn == rounds - 1
            seconds[name].append(workers[worker].seconds(case, repeats[name], last))
    return seconds


def ratio(ours: Sequence[float], other: Sequence[float]) -> float:
    """The median of the rounds' ratios: both met the same disturbances."""
    return median(a / b for a, b in zip(ours, other, strict=True))
