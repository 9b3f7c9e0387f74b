"""Classifies samples in a simulator and compares each with the golden model."""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import leftovers
from hw_models.sample.classification import Classification, Report, classified
from rtl_sim.simulation import replay
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.simulate import NO_STALLS, compile_model


class Simulated(Classification, frozen=True, kw_only=True):
    """What the golden model makes of a sample, and whether the Verilog does the same."""

    cycles: int | None  # from the first beat in to the last word out; None: it did not come out
    first_difference: str | None  # of all spikes, membranes, logits and counters; None: all equal


class SimulatedReport(Report, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim classify`."""

    simulator: str
    failure: str | None  # the folder to replay
    samples: list[Simulated]

    @property
    def first_difference(self) -> str | None:
        """The first difference of all samples; None if all are equal."""
        return next((x.first_difference for x in self.samples if x.first_difference), None)


def classify(
    build: Build,
    paths: tuple[Path, ...],
    x: NDArray[np.int8],
    sim: str = "icarus",
    failure: Path | None = None,
) -> SimulatedReport:
    """Simulate samples x int8 [T', B, *shape], which were read from `paths`, each from a reset.

    Args:
        build: a build with its Verilog.
        paths: a file for each sample.
        x: the samples.
        sim: the simulator.
        failure: keep the first difference in this folder (replay.py).

    Raises:
        InputError: x does not fit the build, or `failure` is a folder of another kind; also as
            compile_model() does.
        Unfinished: as compile_model() and Model.run() do.
    """
    golden.check_input(build, x)
    if failure is not None:
        replay.check_folder(failure)
    samples, kept = [], None
    with leftovers.scratch() as folder:
        model = compile_model(build, folder, sim)
        for at, path in enumerate(paths):
            one = x[:, at : at + 1]
            trace = golden.run(build, one)
            part = compared(build, one, trace, model.run(one), at)
            if failure and part.difference and kept is None:
                kept = replay.keep(build, x, part, sim, NO_STALLS, failure)
            samples.append(
                Simulated(
                    **msgspec.structs.asdict(classified(build, path, one, trace)),
                    cycles=int(part.latencies[0]) if len(part.latencies) else None,
                    first_difference=part.difference or None,
                )
            )
    return SimulatedReport(
        name=build.dataflow.name,
        dataflow_sha256=build.sha256,
        samples=samples,
        simulator=sim,
        failure=kept,
    )


def verdict(sample: Simulated, sim: str) -> str:
    """One line about a sample's cycles, and whether its simulation equals the golden model."""
    cycles = "no result" if sample.cycles is None else f"{sample.cycles:,} cycles"
    equal = "DIFFERS from" if sample.first_difference else "equals"
    return f"{sim}: {cycles}; every value {equal} the golden model's"
