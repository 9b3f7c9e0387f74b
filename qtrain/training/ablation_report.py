"""Writes an ablation's results, averaged over seeds, as JSON, Markdown, a table and a plot."""

from itertools import groupby
from pathlib import Path
from statistics import fmean, stdev

import msgspec
from rich.table import Table

from hw_models.errors import InputError
from hw_models.folder import evidence, files
from qtrain.training.ablation import Ablation, Cell, Result

JSON, MARKDOWN, PLOT = "ablation.json", "ablation.md", "ablation.png"


class Spread(msgspec.Struct, frozen=True):
    """The mean and the deviation of a figure over the seeds."""

    mean: float
    std: float | None  # sample standard deviation, with n - 1; None: one seed


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The results of one combination over its seeds; shares are 0..1, counts per inference."""

    spikes: str
    timesteps: int
    weight_bits: int
    seeds: list[int]
    trained_accuracy: Spread
    accuracy: Spread
    predictions_equal: float  # the least over the seeds
    firing_rate: Spread | None
    additions: Spread
    energy_ratio: Spread | None
    entropy_bits: Spread | None


def rows_of(results: list[Result]) -> list[Row]:
    """A row for each combination, in the order of the results."""

    def combination(result: Result) -> Cell:
        return msgspec.structs.replace(result.cell, seed=0)

    return [row_of(cell, list(group)) for cell, group in groupby(results, combination)]


def row_of(cell: Cell, results: list[Result]) -> Row:
    """The row of the results that differ in the seed alone."""
    return Row(
        spikes=cell.spikes,
        timesteps=cell.timesteps,
        weight_bits=cell.weight_bits,
        seeds=[result.cell.seed for result in results],
        trained_accuracy=spread_of([result.trained_accuracy for result in results]),
        accuracy=spread_of([result.accuracy for result in results]),
        predictions_equal=min(result.predictions_equal for result in results),
        firing_rate=known_spread([result.firing_rate for result in results]),
        additions=spread_of([result.additions for result in results]),
        energy_ratio=known_spread([result.energy_ratio for result in results]),
        entropy_bits=known_spread([result.entropy_bits for result in results]),
    )


def spread_of(values: list[float]) -> Spread:
    """The spread of a figure over the seeds."""
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None)


def known_spread(values: list[float | None]) -> Spread | None:
    """The spread of a figure; None where a run does not report it."""
    known = [value for value in values if value is not None]
    return spread_of(known) if len(known) == len(values) else None


def write(ablation: Ablation, out: Path) -> None:
    """Write JSON, MARKDOWN and PLOT into the folder.

    Raises:
        InputError: matplotlib is not installed.
    """
    rows = rows_of(ablation.results)
    evidence.write_json({**msgspec.to_builtins(ablation), "rows": rows}, out / JSON)
    files.write({out / MARKDOWN: markdown(ablation).encode()})
    plot(rows, ablation.integers_on, out / PLOT)


def title(ablation: Ablation) -> str:
    """The title: on which samples the figures were measured."""
    return (
        f"Accuracy as trained on {ablation.trained_on}, of the integers and all else on "
        f"{ablation.integers_on}; mean ± standard deviation over seeds"
    )


def markdown(ablation: Ablation) -> str:
    """The table in Markdown, with its title."""
    heads, body = cells_of(rows_of(ablation.results))
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    lines = [f"| {' | '.join(line)} |" for line in (heads, rule, *body)]
    return "\n".join([f"## {title(ablation)}", "", *lines, ""])


def table(ablation: Ablation) -> Table:
    """The table for the terminal."""
    heads, body = cells_of(rows_of(ablation.results))
    made = Table(title=title(ablation))
    for head in heads:
        made.add_column(head, overflow="fold")
    for line in body:
        made.add_row(*line)
    return made


def cells_of(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """The heads of the columns, and the cells of each row; an empty column is left out."""
    lines = [
        {
            "spikes": row.spikes,
            "T": str(row.timesteps),
            "bits": str(row.weight_bits),
            "seeds": str(len(row.seeds)),
            "trained": text_of(row.trained_accuracy, ".2%"),
            "integers": text_of(row.accuracy, ".2%"),
            "equal": f"{row.predictions_equal:.2%}",
            "firing": text_of(row.firing_rate, ".1%"),
            "additions": text_of(row.additions, ",.0f"),
            "energy": text_of(row.energy_ratio, ".3f"),
            "entropy": text_of(row.entropy_bits, ".3f"),
        }
        for row in rows
    ]
    heads = [head for head in lines[0] if any(line[head] for line in lines)]
    return heads, [[line[head] for head in heads] for line in lines]


def text_of(spread: Spread | None, form: str) -> str:
    """A cell: the mean, and the deviation where there is one."""
    if spread is None:
        return ""
    mean = format(spread.mean, form)
    if spread.std is None:
        return mean
    return f"{mean.removesuffix('%')} ± {format(spread.std, form)}"


def figure_type() -> type:
    """matplotlib's class Figure, which draws without a display.

    Raises:
        InputError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("ablate: needs matplotlib; pip install 'trispike[bench]'") from error
    return Figure


def plot(rows: list[Row], split: str, path: Path) -> None:
    """Write the plot, with a point for each row and a colour for each kind of spike.

    Raises:
        InputError: matplotlib is not installed.
    """
    figure = figure_type()(figsize=(6, 4))
    axes = figure.subplots()
    for spikes in dict.fromkeys(row.spikes for row in rows):
        own = [row for row in rows if row.spikes == spikes]
        x, y = [row.additions.mean for row in own], [100 * row.accuracy.mean for row in own]
        axes.errorbar(
            x, y,
            xerr=[row.additions.std or 0 for row in own],
            yerr=[100 * (row.accuracy.std or 0) for row in own],
            fmt="o", capsize=3, label=spikes,
        )  # fmt: skip
        for row, at in zip(own, zip(x, y, strict=True), strict=True):
            axes.annotate(
                f"T{row.timesteps} w{row.weight_bits}", at, fontsize=7,
                xytext=(4, 4), textcoords="offset points",
            )  # fmt: skip
    axes.set(
        xlabel="additions per inference",
        ylabel="accuracy of the integers, %",
        title=f"{split}; bars: standard deviation over seeds",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    with files.replaced(path) as (part,):
        figure.savefig(part, dpi=120, format="png")
