"""Compares area and cycles of several builds, such as one network on different lanes."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import msgspec
from rich.table import Table

from hw_models.core import timing
from hw_models.core.layout import layout_of
from hw_models.dataflow import Build
from hw_models.engines import fast
from hw_models.errors import InputError
from hw_models.folder import evidence, reference_vectors
from rtl_sim import plots, sources
from rtl_sim.synthesis.devices import Resources
from rtl_sim.synthesis.flow import Synthesis


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The area and the cycles of one build."""

    name: str
    target: str
    lanes: list[int]  # accumulate lanes of each layer, of all its engines together
    resources: Resources
    cycles: float  # mean per inference, by the timing model
    fmax_mhz: float | None  # after place and route, if that was done
    dataflow_sha256: str | None

    @property
    def area(self) -> int:
        """The number of look-up tables, including those that hold data."""
        return self.resources.lut + self.resources.lutram

    @property
    def inferences(self) -> float | None:
        """Inferences per second at Fmax."""
        return self.fmax_mhz and self.fmax_mhz * 1e6 / self.cycles


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim sweep`."""

    device: str
    bram_unit: str
    samples: int  # the number of samples for the mean cycles
    points: list[Point]


def known(build: Build, device: str) -> Synthesis | None:
    """The synthesis of this very build for a device, if it was done before with this Verilog."""
    sources.paths(build)
    try:
        report = msgspec.convert(evidence.read(build).get(f"synthesis-{device}"), Synthesis)
    except msgspec.ValidationError:
        return None  # there is none, or it is of another version
    return report if report.verilog_sha256 == sources.sha256(build) else None


def pace(build: Build, samples: int) -> float:
    """The cycles per inference by the timing model, counted as in `rtl_sim run`.

    They are the mean from one reference sample's last word to the next one's, back to back; for a
    single sample, its latency.
    """
    x = reference_vectors.load(build).x[:, :samples]
    times = timing.run(build.dataflow, x, fast.run(build, x, keep_membranes=False))
    return float((times.intervals if x.shape[1] > 1 else times.latencies).mean())


def run(
    builds: list[Build],
    device: str,
    samples: int,
    synthesize: Callable[[Build], Synthesis],
) -> Sweep:
    """Synthesize each build, unless its evidence has the result already, and count its cycles.

    Raises:
        InputError: a build has no reference samples, or cannot be synthesized.
    """
    points, unit = [], ""
    for build in builds:
        flow, report = build.dataflow, known(build, device) or synthesize(build)
        if report.products:
            raise InputError(f"{build.path}: the core must only add: {report.products[0]}")
        unit = report.bram_unit
        points.append(
            Point(
                name=flow.name,
                target=flow.target,
                lanes=[layout_of(flow, layer).adders for layer in flow.layers],
                resources=report.total,
                cycles=round(pace(build, samples), 1),
                fmax_mhz=report.placed[0].fmax_mhz if report.placed else None,
                dataflow_sha256=build.sha256,
            )
        )
    points.sort(key=series)
    return Sweep(device=device, bram_unit=unit, samples=samples, points=points)


def series(point: Point) -> tuple[str, str, float]:
    """The sort key of a point: network and target, which share a line of the plot, then cycles."""
    return point.name, point.target, point.cycles


def table(sweep: Sweep) -> Table:
    """A table with one build per row."""
    placed = any(point.fmax_mhz for point in sweep.points)
    estimated = any(point.resources.lc is not None for point in sweep.points)
    heads = ["lanes", "cycles", "LUT", "LUT-RAM", sweep.bram_unit]
    heads += ["LC"] * estimated + ["MHz", "per s"] * placed
    made = Table(title=f"area against cycles on {sweep.device}, {sweep.samples} samples")
    made.add_column("build", overflow="fold", min_width=8)
    for head in heads:
        made.add_column(head, justify="right", no_wrap=True)
    for point in sweep.points:
        r = point.resources
        row = [lanes(point), f"{point.cycles:,.0f}"]
        row += [f"{n:,}" for n in (r.lut, r.lutram, r.bram)]
        row += [f"{r.lc:,}" if r.lc is not None else ""] * estimated
        if placed:
            rate = point.inferences
            row += [f"{point.fmax_mhz}", f"{rate:,.0f}"] if rate else ["no room", ""]
        made.add_row(label(point), *row)
    return made


def label(point: Point) -> str:
    """The build's name, with its weight type if the name does not include it."""
    target = point.target
    return point.name if target in point.name else f"{point.name} {target}"


def lanes(point: Point) -> str:
    """The lanes of each layer, or only their range if there are many layers."""
    if len(point.lanes) <= 4:
        return "/".join(map(str, point.lanes))
    return f"{min(point.lanes)}..{max(point.lanes)}"


def plot(sweep: Sweep, path: Path) -> None:
    """Draw the plot: a line for each network and target, a point for each build.

    Raises:
        InputError: as plots.check() does.
    """
    plots.check(path)
    figure, axes = plots.new(6, 4)
    for _, group in groupby(sweep.points, lambda point: series(point)[:2]):
        points = list(group)
        x, y = [p.cycles for p in points], [p.area for p in points]
        axes.plot(x, y, "o-", label=label(points[0]))
        for point in points:
            axes.annotate(
                lanes(point), (point.cycles, point.area), fontsize=7,
                xytext=(4, 4), textcoords="offset points",
            )  # fmt: skip
    axes.set(
        xscale="log", yscale="log", xlabel="cycles per inference", ylabel="LUT and LUT-RAM",
        title=f"{sweep.device}; beside a point: lanes of the layers",
    )  # fmt: skip
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    plots.save(figure, path)
