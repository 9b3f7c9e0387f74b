"""Two builds side by side: their figures, and the scales that their charts share."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from hw_models.report.page.facts import Facts


@dataclass(frozen=True)
class Compared:
    """A figure of two builds, as text; empty where a build has none."""

    key: str
    label: str
    texts: tuple[str, ...]
    change: str  # of the second against the first


@dataclass(frozen=True)
class Scales:
    """The values that fill a bar, over all layers of all builds, so that bars can be compared."""

    operations: float
    energy: float  # pJ
    bits: float
    cycles: float


def compared(builds: Sequence[Facts]) -> list[Compared]:
    """All figures that any of two builds has, in their order."""
    found = []
    for key, one in {key: one for build in builds for key, one in build.figures.items()}.items():
        figures = [build.figures.get(key) for build in builds]
        first, second = figures
        found.append(
            Compared(
                key,
                one.label,
                tuple(figure.text if figure else "" for figure in figures),
                first.change(second) if first and second else "",
            )
        )
    return found


def compared_table(builds: Sequence[Facts]) -> Table:
    """The figures of two builds for a terminal."""
    table = Table(title=" beside ".join(str(build.build.path) for build in builds))
    table.add_column("figure")
    for head in ("A", "B", "B against A"):
        table.add_column(head, justify="right")
    for each in compared(builds):
        table.add_row(each.label, *each.texts, each.change)
    return table


def scales(builds: Sequence[Facts]) -> Scales:
    """The largest values of all builds; 1 where there is none."""
    layers = [layer.name for build in builds for layer in build.flow.layers]
    reports = [build.measured.evaluation for build in builds if build.measured]
    work = [build.cycles.limit.cycles for build in builds if build.cycles]
    return Scales(
        operations=max(
            (
                ops[kind]
                for report in reports
                for name, ops in report.operations.items()
                if name in layers
                for kind in ("synaptic_additions", "ann_macs")
            ),
            default=1,
        ),
        energy=max(
            (
                energy[kind]
                for report in reports
                for name, energy in report.energy.items()
                if name in layers
                for kind in ("total_pj", "ann_total_pj")
            ),
            default=1,
        ),
        bits=max((bits for build in builds for bits in build.layer_bits.values()), default=1),
        cycles=max(work, default=1),
    )
