"""Shows an exploration as a table for a terminal."""

from collections.abc import Sequence

from rich.table import Table

from compiler.explore.measures import MEASURES
from compiler.explore.space import Point


def front_table(points: Sequence[Point], title: str, marked: Point | None) -> Table:
    """A table with a point per row, the most accurate first; the marked one has a star."""
    tested = any(point.integers.test_accuracy is not None for point in points)
    table = Table(title=title)
    table.add_column("weights")
    heads = ["T", "frac", "lanes for", *(head for _, head in MEASURES.values())]
    for head in heads + ["test"] * tested + ["best"] * (marked is not None):
        table.add_column(head, justify="right", no_wrap=True)
    for point in points:
        numbers, integers, core = point.design.numbers, point.integers, point.core
        row = [
            numbers.target,
            str(numbers.timesteps),
            "auto" if numbers.frac_bits is None else str(numbers.frac_bits),
            lanes_of(point),
            f"{integers.accuracy:.2%}",
            f"{core.cycles:,.0f}",
            f"{core.luts:,}",
            f"{core.brams:,}",
            f"{integers.energy_nj:,.1f}",
        ]
        row += [f"{integers.test_accuracy:.2%}"] * tested
        row += ["*" if point is marked else ""] * (marked is not None)
        table.add_row(*row)
    return table


def lanes_of(point: Point) -> str:
    """What a point's lanes were chosen by."""
    design = point.design
    return f"<={design.cycles:,}" if design.cycles is not None else f"{design.lanes} lanes"


def label(point: Point) -> str:
    """A short name of a point's integers: weights, T and fraction bits."""
    numbers = point.design.numbers
    frac = "" if numbers.frac_bits is None else f", {numbers.frac_bits} frac"
    return f"{numbers.target}, T = {numbers.timesteps}{frac}"
