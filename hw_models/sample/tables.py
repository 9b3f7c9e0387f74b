"""Shows what a build makes of a sample as tables for a terminal."""

from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hw_models.report.tables import by_layer
from hw_models.sample.classification import Classification


def sample_tables(sample: Classification, labels: tuple[str, ...]) -> Group:
    """What a build makes of a sample; `labels` are the names of its classes, or none."""
    label = "" if sample.label is None else f", {sample.label}"
    line = Text(f"{sample.file}: class {sample.predicted}{label}", style="bold")
    return Group(line, logit_table(sample, labels), activity_table(sample))


def logit_table(sample: Classification, labels: tuple[str, ...]) -> Table:
    """A table with a row per class: its label if that is known, its logit, and its real value."""
    table = Table(title="logits")
    table.add_column("class", justify="right")
    if labels:
        table.add_column("label")
    table.add_column("logit", justify="right")
    table.add_column("real value", justify="right")
    for number, logit in enumerate(sample.logits):
        style = "bold" if number == sample.predicted else None
        real = f"{sample.real_logits[number]:.4f}"
        cells = (str(number), *map(escape, labels[number : number + 1]), f"{logit:,}", real)
        table.add_row(*cells, style=style)
    return table


def activity_table(sample: Classification) -> Table:
    """A table with a row per layer: its spikes, their share of the updates, its additions."""
    table = by_layer("spikes and additions", "spikes", "share", "additions")
    for name, layer in sample.layers.items():
        fired = "" if layer.spikes is None else f"{layer.spikes:,}"
        share = "" if layer.share is None else f"{layer.share:.1%}"
        table.add_row(name, fired, share, f"{layer.additions:,}")
    table.add_row("total", "", "", f"{sample.additions:,}")
    return table
