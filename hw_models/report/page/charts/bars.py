"""A bar for the cell of a table: the number stands beside it."""

from collections.abc import Sequence

from markupsafe import Markup

from hw_models.report.page.charts.plot import fixed

HEIGHT = 12  # pixels


def bar(parts: Sequence[tuple[float, str]], most: float) -> Markup:
    """Parts (value, CSS class) in a row; `most` fills the cell."""
    drawn, at = Markup(""), 0.0
    for value, kind in parts:
        width = 100 * value / most if most else 0
        drawn += Markup('<rect class="{}" x="{}%" width="{}%" height="{}"/>').format(
            kind, fixed(at), fixed(max(width, 0)), HEIGHT
        )
        at += width
    return Markup('<svg class="bar" width="100%" height="{}" aria-hidden="true">{}</svg>').format(
        HEIGHT, drawn
    )
