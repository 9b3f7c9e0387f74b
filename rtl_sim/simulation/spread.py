"""Spreads the samples of a run over simultaneous simulations."""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from rtl_sim.simulation.check import Part, check_samples
from rtl_sim.simulation.simulate import Model, Stalls
from rtl_sim.simulation.trace import samples_written

PARTS = 16  # the number of parts of a run
LEAST = 10  # fewest samples of a part: a simulator takes time to start, samples meet in the core
MOST = 1 << 22  # most membranes of a part over all steps and samples; bounds the memory


def cores() -> int:
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def divide(build: Build, samples: int) -> list[slice]:
    """The parts of a run.

    They depend only on the build and the samples, so that no report depends on who simulates which
    part.
    """
    flow = build.dataflow
    most = max(1, MOST // (flow.timesteps * sum(layer.size for layer in flow.layers)))
    size = min(most, max(LEAST, -(-samples // PARTS)))
    return [slice(i, min(i + size, samples)) for i in range(0, samples, size)]


def run_here(
    model: Model,
    x: NDArray[np.int8],
    parts: list[slice],
    stalls: Stalls,
    jobs: int,
    advance: Callable[[int], None],
) -> list[Part]:
    """Simulate the parts, `jobs` simulator processes at a time, each started by a thread here.

    Args:
        advance: called now and then with the number of further samples done.
    """
    pool = ThreadPoolExecutor(jobs)
    try:
        running = [
            pool.submit(check_samples, model, x[:, part], part.start, stalls) for part in parts
        ]
        open_, told = set(running), 0
        while open_:
            open_ = wait(open_, timeout=0.3, return_when=FIRST_COMPLETED).not_done
            whole = sum(
                part.stop - part.start
                for part, future in zip(parts, running, strict=True)
                if future not in open_
            )
            partly = sum(samples_written(model.build, f) for f in model.folder.glob("run*"))
            now = max(told, min(x.shape[1], whole + partly))
            advance(now - told)
            told = now
        return [future.result() for future in running]
    finally:
        pool.shutdown(cancel_futures=True)
