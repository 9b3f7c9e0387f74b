"""A histogram of integers."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hw_models.report.page.charts.plot import Axis, Plot, number

BINS = 33  # at most


@dataclass(frozen=True)
class Histogram:
    """Counts of integers in bins of equal width."""

    name: str
    low: int  # the least integer of the first bin
    width: int  # integers per bin
    counts: tuple[int, ...]
    least: int
    most: int
    zeros: int

    @property
    def total(self) -> int:
        return sum(self.counts)


def histogram(name: str, values: NDArray) -> Histogram:
    """The histogram of all values; a bin in the middle is around 0 if there are both signs."""
    flat = values.reshape(-1).astype(np.int64)
    least, most = int(flat.min()), int(flat.max())
    width = -(-(most - least + 1) // BINS)
    if least < 0 < most:
        width += 1 - width % 2  # odd, so that one bin has 0 in its middle
        half = width // 2
        low = -((-least + half) // width) * width - half
    else:
        low = least
    counts = np.bincount((flat - low) // width)
    zeros = int(np.count_nonzero(flat == 0))
    return Histogram(name, low, width, tuple(counts.tolist()), least, most, zeros)


def drawn(found: Histogram, label: str, kind: str) -> Markup:
    """The histogram; each bar says on request which integers it counts."""
    high = found.low + found.width * len(found.counts)
    top = max(found.counts)
    x = Axis(found.low - 0.5, high - 0.5, label, ends(found), compact)
    y = Axis(0, top * 1.02, "count", (0, top), compact)
    plot = Plot(x, y, f"histogram of {found.name}", height=70, left=40)
    for at, count in enumerate(found.counts):
        if count:
            first = found.low + at * found.width
            last = first + found.width - 1
            where = number(first) if first == last else f"{number(first)} to {number(last)}"
            gap = 0.1 * found.width
            plot.rect(
                (first - 0.5 + gap / 2, last + 0.5 - gap / 2), (0, count), kind,
                f"{where}: {count:,}",
            )  # fmt: skip
    return plot.svg()


def ends(found: Histogram) -> list[int]:
    marks = {found.least, found.most}
    if found.least < 0 < found.most:
        marks |= {0}
    span = found.most - found.least
    return [m for m in sorted(marks) if m != 0 or min(-found.least, found.most) > span / 6]


def compact(value: float) -> str:
    """A number in few characters: 12,345 as 12.3k."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            scaled = value / (1e3 if unit == "k" else size)
            return f"{scaled:.3g}{unit}"
    return number(value)
