"""What became of a network of another framework: the report of an import, and its table."""

import msgspec
from rich.table import Table

IMPORT = "import"  # the report's name in evidence/


class LayerImport(msgspec.Struct, frozen=True, kw_only=True):
    """What was rounded in a layer, and how its spikes differ from the graph's in real numbers."""

    layer: str
    decay: float  # of a membrane in a step, asked for
    leak: float  # got
    gain: float  # the factor on the currents that makes up for the leak
    weight_error: float  # r.m.s. error of a current by quantized weights, as a share of it
    updates_differing: float | None = None  # as in Evaluation; None: no spikes
    spikes_differing: float | None = None


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """evidence/import.json."""

    graph_sha256: str
    timesteps: int
    dt: float | None  # seconds; None where no neuron has a time constant
    decay: str  # how a decay follows from dt: euler or exp
    reset: str
    dataset: str
    samples: int
    graph_accuracy: float  # of the graph in real numbers, with the same time step
    integer_accuracy: float
    predictions_equal: float
    layers: tuple[LayerImport, ...]


HEADS = ("layer", "decay", "leak", "gain", "weights, error", "updates that differ", "of the spikes")


def import_table(report: ImportReport) -> Table:
    """A table with a row per layer: what was rounded, and what it changed."""
    table = Table(title="import: rounding, and differences from the graph in real numbers")
    for head in HEADS:
        table.add_column(head)
    for layer in report.layers:
        table.add_row(*cells(layer))
    return table


def cells(layer: LayerImport) -> tuple[str, ...]:
    """A layer's row, as text."""
    differing = (layer.updates_differing, layer.spikes_differing)
    return (
        layer.layer,
        f"{layer.decay:.6g}",
        f"{layer.leak:.6g}",
        f"{layer.gain:.4g}",
        f"{layer.weight_error:.2%}",
        *("" if share is None else f"{share:.3%}" for share in differing),
    )


def import_rows(report: ImportReport) -> list[tuple[str, str, str]]:
    """The rows of a report in the table of all evidence: step, measured, result."""
    step = "" if report.dt is None else f", dt = {report.dt:g} s ({report.decay})"
    rows = [
        ("import", f"accuracy of the graph in real numbers{step}", f"{report.graph_accuracy:.2%}"),
        ("", "accuracy of the integers on the same samples", f"{report.integer_accuracy:.2%}"),
        ("", "reset, which the graph does not say", report.reset),
    ]
    for layer in report.layers:
        _, decay, leak, gain, weights, updates, _ = cells(layer)
        rounding = (
            "" if layer.decay == layer.leak else f"decay {decay} became {leak}, gain {gain}; "
        )
        what = f"{layer.layer}: {rounding}currents {weights} off; updates that differ"
        rows.append(("", what, updates or "-"))
    return rows
