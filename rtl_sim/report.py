"""Simulates a build, compares it with the golden model, and reports in numbers and a table."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from hw_models import golden, operations
from hw_models.artefact import Build
from hw_models.semantics import Ints
from rtl_sim.compare import equal_samples, first_difference
from rtl_sim.simulate import NO_STALLS, Stalls, simulate
from rtl_sim.trace import MISSING, Simulation


class LayerReport(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one layer over all samples."""

    events_in: int  # by the core's counter
    events_out: int  # by the core's counter; 0 for the readout
    additions: int  # by the core's counter
    additions_expected: int  # by the golden model's spikes


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `python -m rtl_sim run` prints and writes."""

    name: str
    target: str
    simulator: str
    timesteps: int
    samples: int
    equal: bool  # all of them, and the counters too
    samples_equal: int
    first_difference: str | None
    events_compared: int  # spikes of all layers
    membranes_compared: int  # neurons of all layers x time steps x samples
    logits_compared: int
    cycles: float  # per inference, mean; samples back to back
    cycles_max: int
    cycles_total: int  # by the core's counter
    latency: float  # cycles from a sample's first beat in to its last word out, mean
    latency_max: int
    additions: int  # by the core's counters
    layers: dict[str, LayerReport]
    seconds: float  # of compilation and simulation
    dataflow_sha256: str | None


def run(
    build: Build,
    x: NDArray[np.int8],
    sim: str = "icarus",
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
    advance: Callable[[int], None] = lambda n: None,
) -> Report:
    """Simulate samples x int8 [T', B, *shape] and compare; arguments as of simulate()."""
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    begin = time.monotonic()
    simulation = simulate(build, x, sim=sim, stalls=stalls, waves=waves, advance=advance)
    seconds = time.monotonic() - begin
    intervals, latencies = timing(simulation)
    difference = first_difference(build, trace, counts, simulation)
    layers = {
        name: LayerReport(
            events_in=layer.events_in,
            events_out=layer.events_out,
            additions=layer.additions,
            additions_expected=counts[name].synaptic_additions,
        )
        for name, layer in simulation.layers.items()
    }
    return Report(
        name=build.dataflow.name,
        target=build.dataflow.target,
        simulator=sim,
        timesteps=build.dataflow.timesteps,
        samples=x.shape[1],
        equal=not difference,
        samples_equal=int(equal_samples(build, trace, simulation).sum()),
        first_difference=difference or None,
        events_compared=sum(int(np.count_nonzero(s)) for s in trace.spikes.values()),
        membranes_compared=sum(v.size for v in trace.membranes.values()),
        logits_compared=trace.logits.size,
        additions=sum(layer.additions for layer in layers.values()),
        layers=layers,
        seconds=round(seconds, 2),
        dataflow_sha256=build.sha256,
        cycles=float(intervals.mean()),
        cycles_max=int(intervals.max()),
        cycles_total=simulation.cycles,
        latency=float(latencies.mean()),
        latency_max=int(latencies.max()),
    )


def timing(simulation: Simulation) -> tuple[Ints, Ints]:
    """(cycles between samples, latency) of each sample that went through; 0 where none did."""
    done = (simulation.starts != MISSING) & (simulation.ends != MISSING)
    starts, ends = simulation.starts[done], simulation.ends[done]
    if not len(ends):
        return np.zeros(1, np.int64), np.zeros(1, np.int64)
    return np.diff(ends, prepend=starts[0] - 1), ends - starts + 1


def summary_table(report: Report) -> Table:
    """Equality and timing."""
    title = f"{report.name} ({report.target}) in {report.simulator}"
    table = Table(title=title, show_header=False)
    rows = {
        "samples": f"{report.samples:,} x {report.timesteps} time steps",
        "equal": f"{report.samples_equal:,}",
        "events compared": f"{report.events_compared:,}",
        "membranes compared": f"{report.membranes_compared:,}",
        "cycles per inference, mean / max": f"{report.cycles:,.0f} / {report.cycles_max:,}",
        "latency in cycles, mean / max": f"{report.latency:,.0f} / {report.latency_max:,}",
        "additions, by the core's counters": f"{report.additions:,}",
        "simulated in": f"{report.seconds:,.1f} s",
    }
    for label, value in rows.items():
        table.add_row(label, value)
    return table


def layer_table(report: Report) -> Table:
    """Per layer and inference: events and additions."""
    table = Table(title="per layer and inference")
    for head in ("layer", "events in", "events out", "additions"):
        table.add_column(head, justify="left" if head == "layer" else "right")
    for name, layer in report.layers.items():
        counts = (layer.events_in, layer.events_out, layer.additions)
        table.add_row(name, *(f"{n / report.samples:,.1f}" if n >= 0 else "?" for n in counts))
    return table
