"""Spreads the samples of a run over simultaneous simulations."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from rtl_sim.simulation.check import Part, check_samples
from rtl_sim.simulation.simulate import Model, Stalls
from rtl_sim.simulation.trace import samples_written

PARTS = 16  # the number of parts of a run
LEAST = 10  # fewest samples of a part: a simulator takes time to start, samples meet in the core
MOST = 1 << 24  # most membranes of a part over all steps and samples; bounds the memory


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a run tells what it has done."""

    advance: Callable[[int], None] = lambda n: None  # now and then: the number of further samples
    keep: Callable[[Part], None] = lambda part: None  # each part when finished, from any thread


UNTOLD = Told()


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
    told: Told = UNTOLD,
) -> list[Part]:
    """Simulate the parts, `jobs` simulator processes at a time, each started by a thread here.

    An error in one part ends the run when the parts that are being simulated have ended.
    """

    def one(part: slice) -> Part:
        finished = check_samples(model, x[:, part], part.start, stalls)
        told.keep(finished)
        return finished

    pool = ThreadPoolExecutor(jobs)
    try:
        running = [pool.submit(one, part) for part in parts]
        samples = sum(part.stop - part.start for part in parts)
        open_, whole, so_far = set(running), 0, 0
        while open_:
            done, open_ = wait(open_, timeout=0.3, return_when=FIRST_COMPLETED)
            whole += sum(len(future.result().equal) for future in done)
            partly = sum(samples_written(model.build, f) for f in model.folder.glob("run*"))
            now = max(so_far, min(samples, whole + partly))
            told.advance(now - so_far)
            so_far = now
        return [future.result() for future in running]
    finally:
        pool.shutdown(cancel_futures=True)
