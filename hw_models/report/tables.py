"""Shows reports as tables for a terminal."""

from rich.table import Table

from hw_models.dataflow import Build
from hw_models.report.evaluate import Evaluation
from hw_models.report.evidence_rows import ANN_ENERGY, RATIO, evidence_rows, nj
from hw_models.report.shown import Reports


def summary_table(report: Evaluation) -> Table:
    """A table of accuracy, agreement with training, and cost per inference."""
    table = Table(title=f"{report.name} ({report.target}), {report.dataset}", show_header=False)
    ops, energy = report.operations["total"], report.energy["total"]
    rows = {
        "samples": f"{report.samples:,} x {report.timesteps} time steps",
        "accuracy, integers": f"{report.accuracy:.2%}",
        "accuracy, QAT network": f"{report.reference_accuracy:.2%}",
        "predictions equal": f"{report.predictions_equal:.2%}",
        "synaptic additions": f"{ops['synaptic_additions']:,.0f} (dense {ops['Dense']:,.0f})",
        "MACs as an int8 ANN": f"{ops['ann_macs']:,.0f}",
        "membrane updates": f"{ops['MembraneUpdates']:,.0f}",
        "memory footprint": f"{report.neurobench.Footprint:,} bytes",
        "energy, 45 nm estimate": nj(energy["total_pj"]),
        "  additions / memory": f"{nj(energy['additions_pj'])} / {nj(energy['memory_pj'])}",
        ANN_ENERGY: nj(energy["ann_total_pj"]),
        RATIO: f"{energy['ratio']:.2f}",
    }
    for label, value in rows.items():
        table.add_row(label, value)
    return table


def spike_table(report: Evaluation) -> Table:
    """A table with a row per spiking layer: firing, entropy, differences from the QAT network."""
    table = by_layer(
        "spikes of each layer",
        "firing rate", "bits a neuron", "bits, pooled", "updates that differ",
        "as a share of spikes",
    )  # fmt: skip
    for name, rate in report.firing_rate.items():
        updates, spikes = report.updates_differing.get(name), report.spikes_differing.get(name)
        table.add_row(
            name,
            f"{rate:.1%}",
            f"{report.entropy_bits[name]:.3f}",
            f"{report.pooled_entropy_bits[name]:.3f}",
            "" if updates is None else f"{updates:.4%}",
            "" if spikes is None else f"{spikes:.4%}",
        )
    return table


def operation_table(report: Evaluation) -> Table:
    """A table with a row per layer: events and additions."""
    heads = {"events in": "events", "additions": "synaptic_additions", "effective": "Effective_ACs"}
    table = by_layer("operations of each layer, per inference", *heads)
    for name, ops in report.operations.items():
        table.add_row(name, *(f"{ops[field]:,.0f}" for field in heads.values()))
    return table


def energy_table(report: Evaluation) -> Table:
    """A table with a row per layer: the 45 nm estimate beside the int8 ANN's."""
    heads = {"additions": "additions_pj", "memory": "memory_pj", "total": "total_pj"}
    heads |= {"int8 ANN": "ann_total_pj"}
    table = by_layer(f"{report.name}: nJ per inference, 45 nm estimate", *heads, "ratio")
    for name, energy in report.energy.items():
        values = (f"{energy[field] / 1e3:,.2f}" for field in heads.values())
        table.add_row(name, *values, f"{energy['ratio']:.2f}")
    return table


def paper_table(report: Evaluation) -> Table:
    """A table with a row per layer: counts and energy by the Ternary Spike paper's accounting."""
    heads = {"FLOPs": "flops", "SOPs": "sops", "sign ops": "sign_ops"}
    title = f"{report.name}: as the Ternary Spike paper counts"
    table = by_layer(title, *heads, "uJ")
    for name, ops in report.operations.items():
        values = (f"{ops[field]:,.0f}" for field in heads.values())
        table.add_row(name, *values, f"{report.energy[name]['paper_pj'] / 1e6:,.4f}")
    return table


def by_layer(title: str, *heads: str) -> Table:
    table = Table(title=title)
    table.add_column("layer", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right")
    return table


def evidence_table(build: Build, reports: Reports) -> Table:
    """A table of the chain from training to Verilog, as far as it was run."""
    flow = build.dataflow
    table = Table(title=f"{flow.name} ({flow.target}), T = {flow.timesteps}")
    for head in ("step", "measured", "result"):
        table.add_column(head)
    for row in evidence_rows(reports):
        table.add_row(row.step, row.measured, row.result)
    if not reports:
        table.add_row("", "nothing yet: python -m hw_models run, python -m rtl_sim run", "")
    return table
