"""Membranes against their thresholds, step by step, and membranes of many neurons in one step."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hw_models.report.page.charts.histogram import compact
from hw_models.report.page.charts.plot import Axis, Plot, nice_ticks

KINDS = {1: "up", -1: "down", 0: "quiet"}


@dataclass(frozen=True)
class Membrane:
    """A neuron over the T steps of a sample, [T] each."""

    name: str
    p: Sequence[int]  # before its comparison
    v: Sequence[int]  # after its reset
    s: Sequence[int]
    v_threshold: int | None  # None: it never fires
    ternary: bool  # whether -v_threshold fires, too

    @property
    def levels(self) -> list[int]:
        """The thresholds."""
        if self.v_threshold is None:
            return []
        return [self.v_threshold, *([-self.v_threshold] if self.ternary else [])]


def span(values: Sequence[int]) -> tuple[float, float]:
    """An axis that holds all values, and 0."""
    low, high = min(0, *values), max(0, *values)
    room = 0.08 * ((high - low) or 1)
    return low - room * (low < 0), high + room


def over_steps(found: Membrane, beside: Sequence[Membrane] = ()) -> Markup:
    """p as dots, joined with the v before; where a neuron fires, v falls to its reset value.

    Args:
        beside: neurons that are drawn on the same axes, each in a plot of its own.
    """
    steps = len(found.p)
    values = [value for each in (found, *beside) for value in (*each.p, *each.v, *each.levels)]
    low, high = span(values)
    room = (high - low) / 8  # between numbers at the axis
    zero = [0] if all(abs(level) > room for level in found.levels) else []
    levels = found.levels if 2 * abs(found.v_threshold or 0) > room else found.levels[:1]
    ticks = zero + levels if found.levels else nice_ticks(low, high, 3)
    x = Axis(0, steps + 0.35, "time step", step_marks(steps))
    y = Axis(low, high, "membrane, integer", ticks, compact)
    plot = Plot(x, y, f"membrane of {found.name}", height=110, left=52)
    for level in found.levels:
        plot.across_line(level, "threshold")
    line = [(0.0, 0.0)]
    for t, (p, v) in enumerate(zip(found.p, found.v, strict=True), 1):
        line += [(t, p)] + ([(t, v)] if v != p else [])
    plot.path(line, "trace")
    for t, (p, s) in enumerate(zip(found.p, found.s, strict=True), 1):
        tip = f"step {t}: p = {p:,}, s = {s:+d}, v after = {found.v[t - 1]:,}"
        plot.dot(t, p, KINDS[s], tip)
    return plot.svg()


def in_one_step(found: Sequence[Membrane]) -> Markup:
    """Neurons beside each other, as stems from 0 to p; dashes are their thresholds."""
    values = [value for each in found for value in (*each.p, *each.levels)]
    low, high = span(values)
    names = [each.name.rsplit(" ", 1)[-1] for each in found]
    x = Axis(0, len(found), found[0].name.split(" ")[0], [n + 0.5 for n in range(len(found))],
             lambda at: names[int(at)], in_turns=max(map(len, names)) > 3)  # fmt: skip
    plot = Plot(x, Axis(low, high, "p, integer", None, compact), "membranes and thresholds", 130)
    for at, each in enumerate(found):
        (p,), (s,) = each.p, each.s
        for level in each.levels:
            plot.path([(at + 0.2, level), (at + 0.8, level)], "threshold")
        plot.path([(at + 0.5, 0), (at + 0.5, p)], "stem")
        plot.dot(at + 0.5, p, KINDS[s], f"{each.name}: p = {p:,}, s = {s:+d}")
    return plot.svg()


def step_marks(steps: int) -> list[int]:
    """Steps to write at an axis: all of a few, else round ones."""
    every = 1 if steps <= 10 else -(-steps // 5)
    return list(range(0, steps + 1, every))
