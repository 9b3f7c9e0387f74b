"""`python -m tests.random_runs`: random builds, in Verilog as in the golden and the timing model.

Of each build, drawn from its seed alone (shapes, kernels, strides, pools, joins, weight widths,
time steps, neurons, lanes, engines), under random stalls on both sides and without any: every
event, membrane, logit and counted addition of the Verilog is the golden model's, and without stalls
every sample goes in and comes out in the cycle that the timing model says.
"""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from hw_models.core import timing
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.engines.golden import Trace
from hw_models.hardware import hardware_of
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.simulate import NO_STALLS, Stalls, compile_model
from rtl_sim.simulation.trace import Simulation
from tests.builders.random_builds import random_build, random_conv_build, random_input
from tests.builders.random_graphs import random_graph_build
from tests.builders.simulated_builds import hardware

KINDS: dict[str, Callable[..., Build]] = {
    "dense": random_build, "convolutions": random_conv_build, "graph": random_graph_build,
}  # fmt: skip
SAMPLES = 4


@dataclass(frozen=True, slots=True)
class Result:
    """One build's."""

    seed: int
    kind: str
    sides: bool  # some synapse has several engines side by side
    events: int  # compared, in both simulations
    difference: str  # the first one; "" if there is none

    def __str__(self) -> str:
        again = f"again: python -m tests.random_runs --seed {self.seed} --count 1"
        return f"seed {self.seed} ({self.kind}): {self.difference}; {again}"


def check(seed: int, change: Callable[[Build], Build] = lambda build: build) -> Result:
    """Make a build from its seed, simulate it twice and compare.

    Args:
        change: what is simulated in its place, for tests of this comparison.
    """
    draw = np.random.default_rng([seed, 4])
    kind = list(KINDS)[seed % len(KINDS)]
    idle, stall = (int(rate) for rate in draw.integers(0, 230, 2))  # of 256 cycles
    build = hardware(KINDS[kind](seed))
    x = random_input(build, SAMPLES, seed)
    trace = golden.run(build, x)
    events, difference = 0, ""
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        model = compile_model(change(build), Path(scratch))
        for stalls in (Stalls(idle, stall), NO_STALLS):
            simulation = model.run(x, stalls)
            part = compared(build, x, trace, simulation, 0)
            events += part.events
            difference = difference or part.difference
    difference = difference or untimely(build, x, trace, simulation)
    synapses = [synapse for layer in hardware_of(build).layers for synapse in layer.synapses]
    sides = any(synapse.interleave for synapse in synapses)
    return Result(seed, kind, sides, events, difference)


def untimely(build: Build, x: np.ndarray, trace: Trace, simulation: Simulation) -> str:
    """The first sample that goes in or comes out in another cycle than the model says, or ""."""
    times = timing.run(build.dataflow, x, trace)
    begin = simulation.starts[0] - times.starts[0]  # the two count from different cycles
    for what, expected, got in (
        ("in", times.starts, simulation.starts - begin),
        ("out", times.ends, simulation.ends - begin),
    ):
        for sample in np.flatnonzero(expected != got):
            return f"sample {sample} {what}: expected cycle {expected[sample]}, got {got[sample]}"
    return ""


def results(seeds: range, jobs: int) -> Iterator[Result]:
    """Of all seeds in order, `jobs` simulations at a time."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(check, seeds)


@click.command()
@click.option("--count", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
def cli(count: int, seed: int, jobs: int) -> int:
    """Simulate COUNT random builds under Icarus; each has a seed, the next number its own."""
    found: list[Result] = []
    for result in results(range(seed, seed + count), jobs):
        found.append(result)
        if result.difference:
            click.echo(str(result), err=True)
    kinds = ", ".join(f"{sum(r.kind == kind for r in found)} {kind}" for kind in KINDS)
    kinds += f"; {sum(r.sides for r in found)} with engines side by side"
    wrong = sum(bool(result.difference) for result in found)
    click.echo(
        f"{count} builds ({kinds}), {sum(result.events for result in found):,} events: "
        + (f"{wrong} DIFFERENT" if wrong else "all equal, every sample in its cycle")
    )
    return EXIT_DIFFERS if wrong else EXIT_OK


if __name__ == "__main__":
    run(cli, "python -m tests.random_runs")
