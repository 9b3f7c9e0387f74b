"""Spreads the samples of a run over simulations side by side."""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from rtl_sim.simulation.check import Part, check_samples
from rtl_sim.simulation.simulate import Model, Stalls
from rtl_sim.simulation.trace import samples_written

PARTS = 16  # that a run is divided into
LEAST = 10  # samples of a part: a simulator has to start, and samples meet in the core
MOST = 1 << 22  # membranes of a part, over all steps and samples: bounds the memory


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def divide(build: Build, samples: int) -> list[slice]:
    """The parts of a run: of the build and the samples alone, so that no report depends on who
    simulates which part."""
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
        advance: told now and then how many more samples are done.
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
