"""A plot with axes as SVG that is as wide as its place on the page, with text of one size.

Horizontal places are percentages and vertical ones pixels, so that the plot stretches and its text
does not. Colours are CSS classes, since the page has a light and a dark scheme.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

ACROSS = 1000  # units across the plot in paths, which are stretched to its width


def number(value: float) -> str:
    """A number of an axis, with separators and without needless digits."""
    return f"{value:,.10g}"


def fixed(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` + 1 round numbers within low..high, with steps of 1, 2 or 5 times 10^n."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor * most >= span)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


@dataclass(frozen=True)
class Axis:
    """The numbers low..high along a side of a plot."""

    low: float
    high: float
    label: str  # with its unit
    ticks: Sequence[float] | None = None  # None: round numbers
    text: Callable[[float], str] = number
    in_turns: bool = False  # every other number below stands a line lower, as they are long

    @property
    def marks(self) -> Sequence[float]:
        return nice_ticks(self.low, self.high) if self.ticks is None else self.ticks

    def share(self, value: float) -> float:
        """Where a value lies between low (0) and high (1)."""
        return (value - self.low) / ((self.high - self.low) or 1)


class Plot:
    """Marks on two axes; those drawn first lie lowest.

    Args:
        x: the axis below.
        y: the axis on the left, whose label stands above.
        title: what is seen, for those who do not see it.
        height: of the plot without its labels, in pixels.
        left: room for the numbers of the y axis, in pixels.
    """

    def __init__(self, x: Axis, y: Axis, title: str, height: int = 160, left: int = 52) -> None:
        self.x, self.y, self.title, self.height, self.left = x, y, title, height, left
        self.parts: list[Markup] = []

    def across(self, value: float) -> str:
        return f"{fixed(100 * self.x.share(value))}%"

    def down(self, value: float) -> float:
        return self.height * (1 - self.y.share(value))

    def rect(
        self, x: tuple[float, float], y: tuple[float, float], kind: str, tip: str = ""
    ) -> None:
        """A bar over x and y; `tip` is shown where a pointer rests on it."""
        top, bottom = sorted(self.down(value) for value in y)
        left, right = (100 * self.x.share(value) for value in x)
        self.parts.append(
            Markup('<rect class="{}" x="{}%" y="{}" width="{}%" height="{}">{}</rect>').format(
                kind, fixed(left), fixed(top), fixed(right - left), fixed(bottom - top), tip_of(tip)
            )
        )

    def path(self, points: Iterable[tuple[float, float]], kind: str) -> None:
        """A line through points."""
        places = (f"{fixed(ACROSS * self.x.share(x))} {fixed(self.down(y))}" for x, y in points)
        self.shape("M" + "L".join(places), kind, (ACROSS, self.height))

    def shape(self, path: str, kind: str, size: tuple[float, float]) -> None:
        """A path in units of its own: (width, height) is the whole plot."""
        self.parts.append(
            Markup(
                '<svg viewBox="0 0 {} {}" width="100%" height="{}" preserveAspectRatio="none">'
                '<path class="{}" d="{}"/></svg>'
            ).format(fixed(size[0]), fixed(size[1]), self.height, kind, path)
        )

    def dot(self, x: float, y: float, kind: str, tip: str = "", radius: float = 3.5) -> None:
        self.parts.append(
            Markup('<circle class="{}" cx="{}" cy="{}" r="{}">{}</circle>').format(
                kind, self.across(x), fixed(self.down(y)), fixed(radius), tip_of(tip)
            )
        )

    def text(self, x: float, y: float, text: str, anchor: str = "middle", rise: float = 6) -> None:
        """Text above a place."""
        self.parts.append(
            Markup('<text class="note" x="{}" y="{}" text-anchor="{}">{}</text>').format(
                self.across(x), fixed(self.down(y) - rise), anchor, text
            )
        )

    def across_line(self, y: float, kind: str) -> None:
        """A level line from side to side."""
        at = fixed(self.down(y))
        self.parts.append(
            Markup('<line class="{}" x1="0" x2="100%" y1="{}" y2="{}"/>').format(kind, at, at)
        )

    def svg(self) -> Markup:
        """The plot with its axes."""
        return frame(
            Markup("").join([*self._grid(), *self.parts, *self._labels()]),
            self.title, self.height, self.left, "plot turns" if self.x.in_turns else "plot",
        )  # fmt: skip

    def _grid(self) -> Iterable[Markup]:
        for value in self.y.marks:
            at = fixed(self.down(value))
            yield Markup('<line class="grid" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(at)

    def _labels(self) -> Iterable[Markup]:
        mark = '<text class="tick" x="{}" y="{}" text-anchor="{}">{}</text>'
        for value in self.y.marks:
            at = fixed(self.down(value) + 4)
            yield Markup(mark).format("-6", at, "end", self.y.text(value))
        yield Markup('<line class="axis" x1="0" x2="100%" y1="{0}" y2="{0}"/>').format(self.height)
        for at, value in enumerate(self.x.marks):
            line = self.height + 15 + 14 * (self.x.in_turns and at % 2)
            yield Markup(mark).format(self.across(value), line, "middle", self.x.text(value))
        yield Markup('<text class="label" x="-{}" y="-10">{}</text>').format(
            self.left, self.y.label
        )
        yield Markup('<text class="label" x="50%" y="{}" text-anchor="middle">{}</text>').format(
            self.height + (32 if self.x.marks else 17) + 12 * self.x.in_turns, self.x.label
        )


def frame(content: Markup, title: str, height: float, left: int, kind: str = "plot") -> Markup:
    """An SVG with room on its left side, `left` pixels, for what has negative places."""
    return Markup(
        '<svg class="{}" style="--left:{}px" height="{}" role="img" aria-label="{}">{}</svg>'
    ).format(kind, left, fixed(height), title, content)


def tip_of(text: str) -> Markup:
    return Markup("<title>{}</title>").format(text) if text else Markup("")


def escaped(text: str) -> str:
    return str(escape(text))
