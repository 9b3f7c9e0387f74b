"""A confusion matrix: a row for each class, a column for what was predicted."""

from collections.abc import Sequence

from markupsafe import Markup

from hw_models.report.page.charts.plot import fixed, frame, tip_of
from hw_models.semantics import Ints

CELL = 28  # pixels down
NUMBERS = 20  # classes, at most, whose counts are written into the cells
LETTERS = 16  # of a label, at most


def confusion(counts: Ints, labels: Sequence[str]) -> Markup:
    """Counts [true class, predicted class]; a cell is as strong as its share of its row."""
    classes = len(counts)
    cell = CELL if classes <= NUMBERS else max(3, 420 // classes)
    written = classes <= NUMBERS
    wide = max((len(short(label)) for label in labels), default=0)
    left = (26 + 7 * wide) if written else 12
    parts = [Markup('<rect class="field" width="100%" height="{}"/>').format(classes * cell)]
    for true, row in enumerate(counts.tolist()):
        whole = sum(row) or 1
        if written:
            parts.append(
                Markup('<text class="tick" x="-8" y="{}" text-anchor="end">{}</text>').format(
                    true * cell + cell / 2 + 4, class_name(true, labels)
                )
            )
            parts.append(
                Markup('<text class="tick" x="{}%" y="{}" text-anchor="middle">{}</text>').format(
                    fixed(100 * (true + 0.5) / classes), classes * cell + 16, true
                )
            )
        for predicted, count in enumerate(row):
            if count or written:
                share = count / whole
                parts.append(cell_of(true, predicted, count, share, classes, cell, written))
    parts.append(
        Markup('<text class="label" x="50%" y="{}" text-anchor="middle">{}</text>').format(
            classes * cell + 34, "predicted class"
        )
    )
    parts.append(Markup('<text class="label" x="-{}" y="-10">{}</text>').format(left, "true class"))
    return frame(Markup("").join(parts), "confusion matrix", classes * cell, left)


def cell_of(
    true: int, predicted: int, count: int, share: float, classes: int, cell: int, written: bool
) -> Markup:
    kind = "right" if true == predicted else "wrong"
    # A single wrong sample must be seen: what is not 0 begins at 20 %.
    strength = 0.2 + 0.8 * share if count else 0
    at = 100 / classes
    part = Markup(
        '<rect class="cell {}" x="{}%" y="{}" width="{}%" height="{}" '
        'style="fill-opacity:{}">{}</rect>'
    ).format(
        kind, fixed(predicted * at), true * cell, fixed(at), cell, fixed(strength),
        tip_of(f"{count:,} of class {true} predicted as {predicted}"),
    )  # fmt: skip
    if written and count:
        part += Markup('<text class="{}" x="{}%" y="{}" text-anchor="middle">{}</text>').format(
            "count strong" if strength > 0.55 else "count",
            fixed((predicted + 0.5) * at), true * cell + cell / 2 + 4, f"{count:,}",
        )  # fmt: skip
    return part


def short(label: str) -> str:
    return label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"


def class_name(number: int, labels: Sequence[str]) -> str:
    """A class as the page names it: its number, and its label if there is one."""
    return f"{short(labels[number])} {number}" if labels else str(number)
