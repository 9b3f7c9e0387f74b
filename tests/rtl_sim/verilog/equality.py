"""Whole builds in Verilog, which must equal the golden model in every number."""

from hw_models.dataflow import Build
from rtl_sim.simulation.report import SimulationReport, run
from rtl_sim.simulation.simulate import Stalls
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import hardware

RATES = [(0, 0), (128, 0), (0, 128), (64, 64), (200, 30), (30, 220)]  # of 256: idle, stall
STALLS = Stalls(idle=60, stall=60)


def check(
    build: Build, seed: int = 1, stalls: Stalls = STALLS, samples: int = 2
) -> SimulationReport:
    """The report of random samples, all of them equal; a build without hardware gets its own."""
    build = build if build.files else hardware(build)
    report = run(build, random_input(build, samples, seed), stalls=stalls)
    assert report.equal, report.first_difference
    assert report.samples_equal == samples
    return report
