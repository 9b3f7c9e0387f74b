"""Draws an exploration."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compiler.explore.space import Point
from hw_models.errors import InputError
from hw_models.folder import files

FORMATS = ("svg", "png")
MARKERS = "osD^vPX*"  # by T, in turn


def check_plot(path: Path) -> None:
    """Raise InputError unless a plot can be drawn in this file."""
    if path.suffix[1:] not in FORMATS:
        raise InputError(f"--plot {path}: need a name that ends in .svg or .png")
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError("--plot: needs matplotlib; pip install 'trispike[bench]'") from error


def plot(points: Sequence[Point], on_front: Sequence[Point], title: str, path: Path) -> None:
    """Draw area against cycles and accuracy against energy; what is beaten is pale.

    A colour stands for the weights, a marker for T.
    """
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5))
    left, right = figure.subplots(1, 2)
    targets = list(dict.fromkeys(point.design.numbers.target for point in points))
    steps = sorted({point.design.numbers.timesteps for point in points})
    shown = {id(point) for point in on_front}
    for target in targets:
        for place, timesteps in enumerate(steps):
            for is_shown in (False, True):
                chosen = [
                    point
                    for point in points
                    if (point.design.numbers.target, point.design.numbers.timesteps)
                    == (target, timesteps)
                    and (id(point) in shown) == is_shown
                ]
                style = {
                    "color": f"C{targets.index(target)}",
                    "marker": MARKERS[place % len(MARKERS)],
                    "alpha": 0.9 if is_shown else 0.2,
                    "linewidths": 0,
                    "label": f"{target}, T = {timesteps}" if is_shown and chosen else None,
                }
                cores, integers = [p.core for p in chosen], [p.integers for p in chosen]
                left.scatter([c.cycles for c in cores], [c.luts for c in cores], **style)
                right.scatter(
                    [i.energy_nj for i in integers], [100 * i.accuracy for i in integers], **style
                )
    left.set(xscale="log", yscale="log", xlabel="cycles a sample", ylabel="LUTs, estimated")
    right.set(xscale="log", xlabel="energy of an inference, nJ", ylabel="accuracy, %")
    for axes in (left, right):
        axes.grid(alpha=0.3, which="both")
    left.legend(fontsize=7)
    figure.suptitle(title, fontsize=10)
    figure.tight_layout()
    # Text stays text, and the same points give the same bytes.
    fixed: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "trispike"}
    with matplotlib.rc_context(fixed), files.replaced(path) as (part,):
        figure.savefig(
            part, dpi=120, format=path.suffix[1:],
            metadata={"Date": None} if path.suffix == ".svg" else None,
        )  # fmt: skip
