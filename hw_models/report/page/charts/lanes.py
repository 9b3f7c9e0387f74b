"""Cycles against the number of accumulate lanes, on logarithmic axes."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from hw_models.report.page.charts.histogram import compact
from hw_models.report.page.charts.plot import Axis, Plot


def lanes(points: Sequence[tuple[int, float]], built: int) -> Markup:
    """Points (lanes, cycles); the one with `built` lanes is marked."""
    across = [math.log2(count) for count, _ in points]
    down = [math.log10(cycles) for _, cycles in points]
    powers = range(math.floor(min(down)) - 1, math.ceil(max(down)) + 2)
    marks = [at for power in powers for at in (power, power + math.log10(3))]
    low = max(at for at in marks if at <= min(down))
    high = min(at for at in marks if at >= max(down) + 0.15)
    marks = [at for at in marks if low <= at <= high]
    x = Axis(min(across) - 0.3, max(across) + 0.3, "accumulate lanes (adders) of all layers",
             across, lambda at: f"{round(2**at):,}")  # fmt: skip
    y = Axis(low, high, "cycles per inference", marks, lambda at: compact(rounded(10**at)))
    plot = Plot(x, y, "cycles against lanes", 190)
    plot.path(zip(across, down, strict=True), "trace")
    for (count, cycles), at, height in zip(points, across, down, strict=True):
        kind = "here" if count == built else "mark"
        plot.dot(
            at, height, kind, f"{count:,} lanes: {cycles:,.0f} cycles", 6 if kind == "here" else 4
        )
        plot.text(at, height, f"{compact(rounded(cycles))}", rise=11)
    return plot.svg()


def rounded(value: float) -> float:
    """Three digits."""
    return float(f"{value:.3g}")
