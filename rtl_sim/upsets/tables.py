"""Shows a report of upsets: as a table, as a plot, and as a list of all flips."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich import box
from rich.table import Table

from hw_models.dataflow import Build
from rtl_sim import plots
from rtl_sim.upsets.report import Upsets, flips_of

HEADS = ("flips", "samples", "accuracy", "lowest", "agree", "changed")
FIELDS = ("memory", "trial", "flips", "place", "word", "bit", "sample", "cycle")


def table(upsets: Upsets) -> Table:
    """A table with a row for each kind of memory and number of flips."""
    stuck = any(point.stuck for point in upsets.points)
    parity = any(point.flagged is not None for point in upsets.points)
    notes = [
        "; ".join(f"{kind}: {bits:,} bits" for kind, bits in upsets.bits.items()),
        "agree: classes as without flips; changed: simulated samples with another logit",
        *(["flagged: simulated samples with a parity error; silent: changed without one"] * parity),
        *(["stuck: trials in which the core stopped"] if stuck else []),
    ]
    made = Table(
        title=f"{upsets.name} ({upsets.target}) with flipped bits in {upsets.simulator}",
        caption="\n".join(notes),
        box=box.SIMPLE_HEAD,  # all columns fit a terminal of 80
        padding=0,
    )
    made.add_column("memory", no_wrap=True)
    for head in [*HEADS, *(["flagged", "silent"] * parity), *(["stuck"] * stuck)]:
        made.add_column(head, justify="right", no_wrap=True)
    for point in upsets.points:
        made.add_row(
            "" if point.flips else point.memory,
            f"{point.flips:,}",
            f"{len(point.trials)} x {point.samples:,}",
            f"{point.accuracies.mean():.2%}",
            f"{point.accuracies.min():.2%}",
            f"{point.agreements.mean():.2%}",
            f"{point.other_logits:.1%}",
            *([f"{point.flagged or 0:.1%}", f"{point.silent or 0:,}"] if parity else []),
            *([f"{point.stuck or ''}"] if stuck else []),
        )
    return made


def plot(upsets: Upsets, path: Path) -> None:
    """Draw the accuracy against the number of flips, a line for each kind of memory.

    Raises:
        InputError: as plots.check() does.
    """
    plots.check(path)
    figure, axes = plots.new(6, 4)
    for kind, bits in upsets.bits.items():
        points = [point for point in upsets.points if point.memory == kind]
        if not points:
            continue
        flips = [point.flips for point in points]
        percent = [100 * point.accuracies for point in points]
        each = "flips in all" if kind == "weights" else "flips in each sample"
        (line,) = axes.plot(
            flips, [np.mean(p) for p in percent], "o-", label=f"{kind} ({bits:,} bits): {each}"
        )
        axes.fill_between(
            flips, [p.min() for p in percent], [p.max() for p in percent],
            color=line.get_color(), alpha=0.15, linewidth=0,
        )  # fmt: skip
    axes.set_xscale("symlog", base=2, linthresh=1)
    counts = sorted({point.flips for point in upsets.points})
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.set(
        xlabel="flipped bits", ylabel="accuracy in %",
        title=f"{upsets.name} ({upsets.target}): mean, and all trials",
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend()
    plots.save(figure, path)


def lines(build: Build, upsets: Upsets) -> Iterator[str]:
    """All flips as lines of CSV; the sample of a flipped weight, which is before all, is empty."""
    yield ",".join(FIELDS)
    for point, trial, memory, flip in flips_of(build, upsets):
        when = (flip.begun - 1, flip.cycles) if flip.begun else ("", "")
        fields = (
            point.memory, trial.seed[-1], point.flips, memory.name, flip.word, flip.bit, *when,
        )  # fmt: skip
        yield ",".join(map(str, fields))
