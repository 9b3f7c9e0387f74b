"""Drawings of boxes, arrows and text, as SVG.

A drawing has a ground of its own and two sets of colours, between which the reader's system
chooses. So it can be read on a bright page and on a dark one, whichever it stands on.
"""

from html import escape

STYLE = """\
  svg { --ground: #ffffff; --ink: #1f2933; --faint: #66727f; --line: #8794a1; --fill: #f3f6f9;
        --strong: #dcebf7; --accent: #1769aa; --plus: #c2410c; --minus: #1769aa; --edge: #d5dce3 }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #161b22; --ink: #e4e9ee; --faint: #9aa7b4; --line: #738190; --fill: #20272f;
          --strong: #1d3a55; --accent: #79b8f0; --plus: #fb923c; --minus: #79b8f0; --edge: #313b46 }
  }
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink) }
  .title { font-weight: 600; font-size: 14px }
  .faint { fill: var(--faint); font-size: 12px }
  .accent { fill: var(--accent); font-weight: 600 }
  .code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 11.5px }
  .ground { fill: var(--ground); stroke: var(--edge) }
  .box { fill: var(--fill); stroke: var(--line) }
  .strong { fill: var(--strong); stroke: var(--accent) }
  .line { fill: none; stroke: var(--line); stroke-width: 1.5 }
  .equal { fill: none; stroke: var(--accent); stroke-width: 2 }
  .head { fill: var(--line) }
  .dashed { stroke-dasharray: 5 4 }
  .plus { fill: var(--plus) }
  .minus { fill: var(--minus) }
"""
LEADING = 18  # pixels from one line of text to the next
HEAD = 7  # length of an arrow's head, pixels


class Drawing:
    """A picture that is drawn part by part; all coordinates are pixels from the upper left."""

    def __init__(self, width: int, height: int, title: str, style: str = "") -> None:
        self.width, self.height, self.title, self.style = width, height, title, style
        self.parts: list[str] = []

    def add(self, part: str) -> None:
        self.parts.append(f"  {part}")

    def rect(self, x: float, y: float, width: float, height: float, kind: str, r: int = 6) -> None:
        self.add(f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                 f'rx="{r}"/>')  # fmt: skip

    def text(self, x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> None:
        self.add(f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">'
                 f"{escape(text, quote=False)}</text>")  # fmt: skip

    def box(
        self, x: int, y: int, width: int, height: int, title: str, *lines: str, kind: str = "box"
    ) -> None:
        """A box with a title and lines of text under it; lines in backticks are code."""
        self.rect(x, y, width, height, kind)
        self.text(x + 12, y + 22, title, "title")
        for count, line in enumerate(lines, 1):
            code = line.startswith("`")
            self.text(x + 12, y + 24 + count * LEADING, line.strip("`"), "code" if code else "")

    def arrow(self, *points: tuple[float, float], kind: str = "line", both: bool = False) -> None:
        """A line along the points, with a head at its end, or at both."""
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
        self.add(f'<path class="{kind}" d="{path}"/>')
        self.head(points[-2], points[-1])
        if both:
            self.head(points[1], points[0])

    def head(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """The head of an arrow that runs level or upright."""
        (x0, y0), (x, y) = start, end
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        back = (x - HEAD * dx, y - HEAD * dy)
        left = (back[0] - 4 * dy, back[1] + 4 * dx)
        right = (back[0] + 4 * dy, back[1] - 4 * dx)
        corners = " ".join(f"{a:g},{b:g}" for a, b in ((x, y), left, right))
        self.add(f'<polygon class="head" points="{corners}"/>')

    def svg(self) -> str:
        """The whole file."""
        return "\n".join((
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img">',
            f"  <title>{escape(self.title)}</title>",
            f"  <style>\n{STYLE}{self.style}  </style>",
            f'  <rect class="ground" x="0.5" y="0.5" width="{self.width - 1}" '
            f'height="{self.height - 1}" rx="10"/>',
            *self.parts, "</svg>\n",
        ))  # fmt: skip
