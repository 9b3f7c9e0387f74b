"""Shows an exploration as a table for a terminal."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from compiler.explore.measures import MEASURES
from compiler.explore.space import Point


def front_table(points: Sequence[Point], title: str, marked: Point | None) -> Table:
    """A table with a point per row, the most accurate first; the marked one has a star."""
    tested = any(point.integers.test_accuracy is not None for point in points)
    # As wide as a terminal of 80 columns, with all columns.
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    table.add_column("weights", no_wrap=True)
    heads = ["T", "frac", "lanes for", *(head for _, head in MEASURES.values())]
    for head in heads + ["test %"] * tested + [""] * (marked is not None):
        table.add_column(head, justify="right", no_wrap=True)
    for point in points:
        numbers, integers, core = point.design.numbers, point.integers, point.core
        row = [
            numbers.target,
            str(numbers.timesteps),
            "auto" if numbers.frac_bits is None else str(numbers.frac_bits),
            lanes_of(point),
            f"{100 * integers.accuracy:.2f}",
            f"{core.cycles:,.0f}",
            f"{core.luts:,}",
            f"{core.brams:,}",
            f"{integers.energy_nj:,.1f}",
        ]
        if tested:
            row.append(f"{100 * (integers.test_accuracy or 0):.2f}")
        row += ["*" if point is marked else ""] * (marked is not None)
        table.add_row(*row)
    return table


def lanes_of(point: Point) -> str:
    """What a point's lanes were chosen by."""
    design = point.design
    return f"<={design.cycles:,}" if design.cycles is not None else f"{design.lanes} lanes"
