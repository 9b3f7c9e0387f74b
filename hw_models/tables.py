"""Reports as tables for a terminal."""

from typing import Any

from rich.table import Table

from hw_models.artefact import Build
from hw_models.evaluate import Report


def summary_table(report: Report) -> Table:
    """Accuracy, agreement with training, and cost per inference."""
    table = Table(title=f"{report.name} ({report.target}), {report.dataset}", show_header=False)
    ops, energy = report.operations["total"], report.energy
    rows = {
        "samples": f"{report.samples:,} x {report.timesteps} time steps",
        "accuracy, integers": f"{report.accuracy:.2%}",
        "accuracy, QAT network": f"{report.reference_accuracy:.2%}",
        "predictions equal": f"{report.predictions_equal:.2%}",
        "synaptic additions": f"{ops['synaptic_additions']:,.0f} (dense {ops['Dense']:,.0f})",
        "MACs as an int8 ANN": f"{ops['ann_macs']:,.0f}",
        "membrane updates": f"{ops['MembraneUpdates']:,.0f}",
        "memory footprint": f"{report.footprint_bytes:,} bytes",
        "energy, 45 nm estimate": f"{report.energy_pj / 1e3:,.1f} nJ",
        "  additions / memory": f"{energy['additions_pj'] / 1e3:,.1f} / "
        f"{energy['memory_pj'] / 1e3:,.1f} nJ",
        "  int8 ANN, same table": f"{energy['ann_total_pj'] / 1e3:,.1f} nJ",
    }
    for label, value in rows.items():
        table.add_row(label, value)
    return table


def layer_table(report: Report) -> Table:
    """Per layer: firing, differences from the QAT network, additions."""
    table = Table(title="per layer and inference")
    for head in ("layer", "firing rate", "spikes unequal", "events in", "additions", "effective"):
        table.add_column(head, justify="left" if head == "layer" else "right")
    for name, ops in report.operations.items():
        rate, unequal = report.firing_rate.get(name), report.spikes_unequal.get(name)
        table.add_row(
            name,
            "" if rate is None else f"{rate:.1%}",
            "" if unequal is None else f"{unequal:.4%}",
            f"{ops['events']:,.0f}",
            f"{ops['synaptic_additions']:,.0f}",
            f"{ops['Effective_ACs']:,.0f}",
        )
    return table


def evidence_table(build: Build, reports: dict[str, dict[str, Any]]) -> Table:
    """The chain from training to Verilog in one table, as far as it was run."""
    flow = build.dataflow
    table = Table(title=f"{flow.name} ({flow.target}), T = {flow.timesteps}")
    for head in ("step", "measured", "result"):
        table.add_column(head)
    if golden := reports.get("golden"):
        samples = f"on {golden['samples']:,} samples of {golden['dataset']}"
        unequal = max(golden["spikes_unequal"].values(), default=0.0)
        ops = golden["operations"]["total"]
        for step, what, result in (
            ("training", f"accuracy {samples}", f"{golden['reference_accuracy']:.2%}"),
            ("integers", f"accuracy {samples}", f"{golden['accuracy']:.2%}"),
            ("", "predictions equal to training's", f"{golden['predictions_equal']:.2%}"),
            ("", "spikes unequal, worst layer", f"{unequal:.4%}"),
            ("", "additions per inference", f"{ops['synaptic_additions']:,.0f}"),
            ("", "energy per inference, 45 nm estimate", f"{golden['energy_pj'] / 1e3:.1f} nJ"),
        ):
            table.add_row(step, what, result)
    if network := reports.get("onnx"):
        equal = "DIFFERENT" if network["differences"] else "all equal"
        what = f"spikes and logits of {network['samples']:,} samples"
        table.add_row("ONNX Runtime", what, equal)
    if simulation := reports.get("simulation"):
        equal = "all equal" if simulation["equal"] else "DIFFERENT"
        for step, what, result in (
            ("Verilog", f"{simulation['events_compared']:,} events", equal),
            ("", f"{simulation['membranes_compared']:,} membranes", equal),
            ("", "samples simulated", f"{simulation['samples']:,}"),
            ("", "cycles per inference", f"{simulation['cycles']:,.0f}"),
            ("", "additions, by the core's own counters", f"{simulation['additions']:,}"),
        ):
            table.add_row(step, what, result)
    for name, synthesis in reports.items():
        if name.startswith("synthesis-"):
            _add_synthesis(table, synthesis)
    if proof := reports.get("proof"):
        found = sum(error["refuted"] is True for error in proof["errors"])
        result = "all hold" if proof["holds"] else "NOT ALL HOLD"
        table.add_row("proofs", f"{len(proof['proofs'])} properties of the Verilog", result)
        table.add_row("", "errors put in on purpose that they find", f"{found}")
    if not reports:
        table.add_row("", "nothing yet: python -m hw_models run, python -m rtl_sim run", "")
    return table


def _add_synthesis(table: Table, report: dict[str, Any]) -> None:
    """The rows of evidence/synthesis-DEVICE.json."""
    total, placed = report["total"], report["placed"]
    counts = f"{total['lut']:,} / {total['lutram']:,} / {total['ff']:,}"
    table.add_row(f"on {report['title']}", "LUT / LUT-RAM / FF", counts)
    if total["lc"] is not None:
        table.add_row("", "logic cells, by Yosys's estimate", f"{total['lc']:,}")
    table.add_row("", f"{report['bram_unit']} / DSP", f"{total['bram']:,} / {total['dsp']:,}")
    if placed:
        fmax = f"{placed['fmax_mhz']} MHz" if placed["fits"] else f"no room: {placed['problem']}"
        table.add_row("", f"after place and route, {placed['part']}", fmax)
    for product in report["products"]:
        table.add_row("", "MULTIPLIES", product)
