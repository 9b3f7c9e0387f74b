"""An ablation's rows over seeds, as JSON, Markdown, a table on the terminal, and a plot."""

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
    """Over the seeds."""

    mean: float
    std: float | None  # of a sample, n - 1 below; None: one seed


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The results that differ in the seed alone; shares are 0..1, counts per inference."""

    spikes: str
    timesteps: int
    weight_bits: int
    seeds: list[int]
    trained_accuracy: Spread
    accuracy: Spread
    predictions_equal: float  # the least
    firing_rate: Spread | None
    additions: Spread
    energy_ratio: Spread | None
    entropy_bits: Spread | None


def rows(results: list[Result]) -> list[Row]:
    """A row for each combination, in the order of the results."""

    def combination(result: Result) -> Cell:
        return msgspec.structs.replace(result.cell, seed=0)

    return [_row(cell, list(group)) for cell, group in groupby(results, combination)]


def _row(cell: Cell, results: list[Result]) -> Row:
    return Row(
        spikes=cell.spikes,
        timesteps=cell.timesteps,
        weight_bits=cell.weight_bits,
        seeds=[result.cell.seed for result in results],
        trained_accuracy=_spread([result.trained_accuracy for result in results]),
        accuracy=_spread([result.accuracy for result in results]),
        predictions_equal=min(result.predictions_equal for result in results),
        firing_rate=_known([result.firing_rate for result in results]),
        additions=_spread([result.additions for result in results]),
        energy_ratio=_known([result.energy_ratio for result in results]),
        entropy_bits=_known([result.entropy_bits for result in results]),
    )


def _spread(values: list[float]) -> Spread:
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None)


def _known(values: list[float | None]) -> Spread | None:
    """None where a run did not report it."""
    known = [value for value in values if value is not None]
    return _spread(known) if len(known) == len(values) else None


def write(ablation: Ablation, out: Path) -> None:
    """Write JSON, MARKDOWN and PLOT into the folder.

    Raises:
        InputError: matplotlib is not there.
    """
    made = rows(ablation.results)
    evidence.write_json({**msgspec.to_builtins(ablation), "rows": made}, out / JSON)
    files.write({out / MARKDOWN: markdown(ablation).encode()})
    plot(made, ablation.integers_on, out / PLOT)


def title(ablation: Ablation) -> str:
    """What the accuracies are of."""
    return (
        f"Accuracy as trained on {ablation.trained_on}, of the integers and all else on "
        f"{ablation.integers_on}; mean ± standard deviation over seeds"
    )


def markdown(ablation: Ablation) -> str:
    """The table, with its heading."""
    heads, body = _table(rows(ablation.results))
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    lines = [f"| {' | '.join(line)} |" for line in (heads, rule, *body)]
    return "\n".join([f"## {title(ablation)}", "", *lines, ""])


def table(ablation: Ablation) -> Table:
    """The same for the terminal."""
    heads, body = _table(rows(ablation.results))
    made = Table(title=title(ablation))
    for head in heads:
        made.add_column(head, overflow="fold")
    for line in body:
        made.add_row(*line)
    return made


def _table(made: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Heads and lines; a column that no row fills is left out."""
    lines = [
        {
            "spikes": row.spikes,
            "T": str(row.timesteps),
            "bits": str(row.weight_bits),
            "seeds": str(len(row.seeds)),
            "trained": _text(row.trained_accuracy, ".2%"),
            "integers": _text(row.accuracy, ".2%"),
            "equal": f"{row.predictions_equal:.2%}",
            "firing": _text(row.firing_rate, ".1%"),
            "additions": _text(row.additions, ",.0f"),
            "energy": _text(row.energy_ratio, ".3f"),
            "entropy": _text(row.entropy_bits, ".3f"),
        }
        for row in made
    ]
    heads = [head for head in lines[0] if any(line[head] for line in lines)]
    return heads, [[line[head] for head in heads] for line in lines]


def _text(spread: Spread | None, form: str) -> str:
    if spread is None:
        return ""
    mean = format(spread.mean, form)
    if spread.std is None:
        return mean
    return f"{mean.removesuffix('%')} ± {format(spread.std, form)}"


def figure_type() -> type:
    """matplotlib's Figure, which draws without a display.

    Raises:
        InputError: matplotlib is not there.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("ablate: needs matplotlib; pip install 'trispike[bench]'") from error
    return Figure


def plot(made: list[Row], split: str, path: Path) -> None:
    """Write the picture: a point for each row, a colour for each kind of spike.

    Raises:
        InputError: matplotlib is not there.
    """
    figure = figure_type()(figsize=(6, 4))
    axes = figure.subplots()
    for spikes in dict.fromkeys(row.spikes for row in made):
        own = [row for row in made if row.spikes == spikes]
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
