"""Simulates a build, compares it with the golden model, and reports in numbers and a table."""

import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import reduce
from operator import add
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import leftovers
from rtl_sim import sources
from rtl_sim.simulation import cluster, edges, replay, simulators, spread
from rtl_sim.simulation.check import UNKNOWN, LayerReport, Part, check_samples, total
from rtl_sim.simulation.parts_folder import kept_in, subject
from rtl_sim.simulation.simulate import NO_STALLS, Stalls, compile_model
from rtl_sim.synthesis.devices import NETLISTS


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim run`."""

    name: str
    target: str
    simulator: str
    netlist: str | None = None  # the technology whose netlist was simulated; None: the Verilog
    verilog_sha256: str | None = None  # of the netlist, or of the Verilog files, concatenated
    timesteps: int
    samples: int
    equal: bool  # all samples and all counters
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
    dataflow_sha256: str | None
    jobs: int = 1
    scheduler: str | None = None  # address of the cluster that simulated
    compile_seconds: float = 0.0  # 0 on a cluster, whose workers compile within `seconds`
    seconds: float = 0.0  # simulation and comparison
    resumed: int = 0  # samples of an interrupted run's parts; their seconds are not in `seconds`
    images_per_second: float = 0.0
    failure: str | None = None  # the folder to replay
    edges: dict[str, str | None] = {}  # edges.py: each edge's difference; empty after one


def run(
    build: Build,
    x: NDArray[np.int8],
    sim: str = "icarus",
    *,
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    failure: Path | None = None,
    parts_kept: Path | None = None,
    resume: bool = False,
    with_edges: bool = False,
    advance: Callable[[int], None] = lambda n: None,
    ended: Callable[[SimulationReport], None] = lambda report: None,
) -> SimulationReport:
    """Simulate the Verilog of a build and compare it with the golden model, value for value.

        from pathlib import Path

        from hw_models.folder import artefact, reference_vectors
        from rtl_sim import simulation

        build = artefact.load(Path("build/digits"))
        report = simulation.run(build, reference_vectors.load(build).x[:, :20])
        report.equal  # every spike, membrane, logit and counter
        report.cycles  # per inference, mean

    Args:
        build: a build with its Verilog.
        x: samples, int8 [T', B, *shape], T' = 1 if static; they enter the core back to back.
        sim: the simulator, "icarus" or "verilator".
        stalls: the conditions under which the core runs, which change no value.
        waves: write a waveform to this file; all samples are then simulated as one part.
        jobs: the number of simulations at a time; it changes no number but the seconds.
        scheduler: the address of a Dask cluster that simulates instead of this machine.
        failure: keep the first difference in this folder (replay.py), if the simulator is here.
        parts_kept: keep finished parts in this folder (parts_folder.py) until the run has ended.
        resume: go on from the finished parts in `parts_kept`, if there are any.
        with_edges: also simulate a few samples for the core's edges (edges.py), if all of `x` are
            equal.
        advance: called now and then with the number of further samples done.
        ended: called with the report before the finished parts are removed.

    Raises:
        InputError: x does not fit the build, `failure` or `parts_kept` is a folder of another
            kind, or the parts to go on from are those of another run; also as compile_model() and
            run_on_cluster() do.
        Unfinished: as compile_model() and Model.run() do.
    """
    golden.check_input(build, x)
    if failure is not None:
        replay.check_folder(failure)

    def edges_after(
        parts: list[Part], simulate: Callable[[NDArray[np.int8], Stalls], Part], jobs: int
    ) -> list[tuple[edges.Edge, Part]]:
        if not with_edges or any(part.difference for part in parts):
            return []
        return edges.simulate_edges(build, x, simulate, jobs)

    begin = compiled = time.monotonic()
    divided, kept = spread.divide(build, x.shape[1]), nullcontext()
    if parts_kept is not None and waves is None and len(divided) > 1:
        version = cluster.version(scheduler, sim) if scheduler else simulators.version(sim)
        kept = kept_in(parts_kept, subject(build, x, stalls, version), resume)
    with kept as store:
        old = store.load(divided) if store else []
        resumed = sum(len(part.equal) for part in old)
        if resumed:
            advance(resumed)
        left = [part for part in divided if part.start not in {part.first for part in old}]
        told = spread.Told(advance, store.keep if store else lambda part: None)
        if scheduler is not None:
            kit = cluster.Kit(build, sim)
            parts = old + cluster.run_on_cluster(scheduler, kit, x, left, stalls, told)
            seconds = time.monotonic() - compiled

            def there(few: NDArray[np.int8], stalls: Stalls) -> Part:
                return cluster.run_on_cluster(
                    scheduler, kit, few, [slice(0, few.shape[1])], stalls
                )[0]

            tried = edges_after(parts, there, 1)
        else:
            with leftovers.scratch() as folder:
                model = compile_model(build, folder, sim, waves is not None)
                compiled = time.monotonic()
                if waves is None:
                    parts = old + spread.run_here(model, x, left, stalls, jobs, told)
                else:
                    parts = [check_samples(model, x, 0, stalls, waves)]
                seconds = time.monotonic() - compiled

                def here(few: NDArray[np.int8], stalls: Stalls) -> Part:
                    return check_samples(model, few, 0, stalls)

                tried = edges_after(parts, here, jobs)
        parts.sort(key=lambda part: part.first)
        treated = [
            *((part, stalls) for part in parts),
            *((part, edge.replayed) for edge, part in tried),
        ]
        part, how = next(((part, how) for part, how in treated if part.difference), (None, None))
        difference = part.difference if part else None
        replayed = (
            replay.keep(build, x, part, sim, how, failure) if failure and part and how else None
        )
        report = msgspec.structs.replace(
            summarize(build, sim, parts, difference),
            edges={edge.kind: part.difference or None for edge, part in tried},
            jobs=jobs,
            scheduler=scheduler,
            compile_seconds=round(compiled - begin, 2),
            seconds=round(seconds, 2),
            resumed=resumed,
            images_per_second=round((x.shape[1] - resumed) / seconds, 2),
            failure=replayed,
        )
        ended(report)
        if store:
            store.remove()
        return report


def summarize(
    build: Build, sim: str, parts: list[Part], difference: str | None
) -> SimulationReport:
    """One report of all parts, in the order of their samples.

    Args:
        difference: the first one of the run; None if there is none.
    """
    equal = np.concatenate([part.equal for part in parts])
    latencies = np.concatenate([part.latencies for part in parts])
    intervals = np.concatenate([part.intervals for part in parts])
    if not len(intervals):  # there was only one sample
        intervals = latencies
    layers = {name: reduce(add, (part.layers[name] for part in parts)) for name in parts[0].layers}
    return SimulationReport(
        name=build.dataflow.name,
        target=build.dataflow.target,
        simulator=sim,
        netlist=sources.netlist(build),
        verilog_sha256=sources.sha256(build),
        timesteps=build.dataflow.timesteps,
        samples=len(equal),
        equal=difference is None,
        samples_equal=int(equal.sum()),
        first_difference=difference,
        events_compared=sum(part.events for part in parts),
        membranes_compared=sum(part.membranes for part in parts),
        logits_compared=sum(part.logits for part in parts),
        cycles=float(intervals.mean()) if len(intervals) else 0.0,
        cycles_max=int(intervals.max(initial=0)),
        cycles_total=total(part.cycles for part in parts),
        latency=float(latencies.mean()) if len(latencies) else 0.0,
        latency_max=int(latencies.max(initial=0)),
        additions=total(layer.additions for layer in layers.values()),
        layers=layers,
        dataflow_sha256=build.sha256,
    )


def summary_table(report: SimulationReport) -> Table:
    """A table of equality and timing."""
    what = f", netlist of {NETLISTS[report.netlist].title}," if report.netlist else ""
    title = f"{report.name} ({report.target}){what} in {report.simulator}"
    table = Table(title=title, show_header=False)
    compiled, where = f"{report.compile_seconds:,.1f} s", f"{report.jobs} at a time"
    if report.scheduler:
        compiled, where = "by each worker, included below", f"on {report.scheduler}"
    if report.resumed:
        where += f", but {report.resumed:,} samples before it was resumed"
    rows = {
        "samples": f"{report.samples:,} x {report.timesteps} time steps",
        "equal": f"{report.samples_equal:,}",
        "events compared": f"{report.events_compared:,}",
        "membranes compared": f"{report.membranes_compared:,}",
        "logits compared": f"{report.logits_compared:,}",
        "cycles per inference, mean / max": f"{report.cycles:,.0f} / {report.cycles_max:,}",
        "latency in cycles, mean / max": f"{report.latency:,.0f} / {report.latency_max:,}",
        "additions, by the core's counters": f"{report.additions:,}",
        "compiled in": compiled,
        "simulated and compared in": f"{report.seconds:,.1f} s, {where}",
        "images/s": f"{report.images_per_second:,.1f}",
    }
    for kind, difference in report.edges.items():
        rows[kind] = "differs" if difference else "equal"
    if report.additions == UNKNOWN:
        del rows["additions, by the core's counters"]
    if report.netlist:
        del rows["membranes compared"]
    for label, value in rows.items():
        table.add_row(label, value)
    return table


def activity_table(report: SimulationReport) -> Table:
    """A table of events and additions per layer and inference."""
    table = Table(title="per layer and inference")
    for head in ("layer", "events in", "events out", "additions"):
        table.add_column(head, justify="left" if head == "layer" else "right")
    for name, layer in report.layers.items():
        counts = (layer.events_in, layer.events_out, layer.additions)
        table.add_row(name, *(f"{n / report.samples:,.1f}" if n >= 0 else "?" for n in counts))
    return table
