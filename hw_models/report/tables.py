"""Shows reports as tables for a terminal."""

from typing import Any

import msgspec
from rich.table import Table

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.report.evaluate import FOREIGN, Evaluation
from hw_models.report.import_report import IMPORT, import_rows

ANN_ENERGY, RATIO = "energy of the same network as an int8 ANN", "ratio, ours / ANN"


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


def nj(picojoules: float) -> str:
    return f"{picojoules / 1e3:,.1f} nJ"


def evidence_table(build: Build, reports: dict[str, dict[str, Any]]) -> Table:
    """A table of the chain from training to Verilog, as far as it was run."""
    flow = build.dataflow
    table = Table(title=f"{flow.name} ({flow.target}), T = {flow.timesteps}")
    for head in ("step", "measured", "result"):
        table.add_column(head)
    for row in import_rows(reports[IMPORT]) if IMPORT in reports else ():
        table.add_row(*row)
    if "golden" in reports:
        golden = evaluation_of(build, "golden", reports["golden"])
        samples = f"on {golden.samples:,} samples of {golden.dataset}"
        updates = max(golden.updates_differing.values(), default=0.0)
        spikes = max(golden.spikes_differing.values(), default=0.0)
        ops, energy = golden.operations["total"], golden.energy["total"]
        for step, what, result in (
            ("training", f"accuracy {samples}", f"{golden.reference_accuracy:.2%}"),
            ("integers", f"accuracy {samples}", f"{golden.accuracy:.2%}"),
            ("", "predictions equal to training's", f"{golden.predictions_equal:.2%}"),
            ("", "neuron updates that differ, worst layer", f"{updates:.4%}"),
            ("", "the same as a share of the spikes, worst layer", f"{spikes:.4%}"),
            ("", "additions per inference", f"{ops['synaptic_additions']:,.0f}"),
            ("", "energy per inference, 45 nm estimate", nj(energy["total_pj"])),
            ("", ANN_ENERGY, nj(energy["ann_total_pj"])),
            ("", RATIO, f"{energy['ratio']:.2f}"),
        ):
            table.add_row(step, what, result)
    for engine, title in FOREIGN.items():
        if compared := reports.get(engine):
            equal = "DIFFERENT" if compared["differences"] else "all equal"
            what = f"spikes and logits of {compared['samples']:,} samples"
            table.add_row(title, what, equal)
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
        for kind, difference in simulation.get("edges", {}).items():
            table.add_row("", kind, "DIFFERENT" if difference else "all equal")
    for name, report in reports.items():
        if name.startswith("netlist-"):
            equal = "all equal" if report["equal"] else "DIFFERENT"
            what = f"events and logits of {report['samples']:,} samples"
            table.add_row(f"netlist for {report['netlist']}", what, equal)
        if name.startswith("synthesis-"):
            add_synthesis(table, report)
        if name.startswith("bitstream-"):
            fmax, wanted = report["placed"]["fmax_mhz"], report["core_mhz"]
            what = f"placed and routed for {wanted:g} MHz, UART included"
            table.add_row(f"bitstream for {report['title']}", what, f"{fmax:g} MHz")
        if name == "board" or name.startswith("board-"):
            disturbed = [one["equal"] for one in report["disturbances"]]
            for what, equal, of in (
                ("class, logits and counters", report["equal"], report["samples"]),
                ("samples behind broken frames", sum(disturbed), len(disturbed)),
            ):
                result = "all equal" if equal == of else "DIFFERENT"
                table.add_row(f"on {report['where']}", f"{what}, {of:,}", result)
    if spent := reports.get("energy"):
        parts = [v for part, v in spent["total"].items() if part.endswith("_pj")]
        what = f"energy per inference, {spent['voltage']} V"
        table.add_row(f"on {spent['technology']}", what, nj(sum(parts)))
    if proof := reports.get("proof"):
        found = sum(error["refuted"] is True for error in proof["errors"])
        result = "all hold" if proof["holds"] else "NOT ALL HOLD"
        table.add_row("proofs", f"{len(proof['proofs'])} properties of the Verilog", result)
        table.add_row("", "errors put in on purpose that they find", f"{found}")
    for name, report in reports.items():
        if name.startswith("proof-"):
            result = "all equal" if report["holds"] else "NOT ALL EQUAL"
            what = f"{len(report['instances'])} instances, as their Verilog for all inputs"
            table.add_row(f"netlist for {report['netlist']}", what, result)
    if not reports:
        table.add_row("", "nothing yet: python -m hw_models run, python -m rtl_sim run", "")
    return table


def evaluation_of(build: Build, name: str, found: dict[str, Any]) -> Evaluation:
    try:
        return msgspec.convert(found, Evaluation)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{build.path}: evidence {name}.json is not of this version ({error}); "
            "write it again with `python -m hw_models run`"
        ) from error


def add_synthesis(table: Table, report: dict[str, Any]) -> None:
    """The rows of evidence/synthesis-DEVICE.json."""
    total = report["total"]
    counts = f"{total['lut']:,} / {total['lutram']:,} / {total['ff']:,}"
    table.add_row(f"on {report['title']}", "LUT / LUT-RAM / FF", counts)
    if total["lc"] is not None:
        table.add_row("", "logic cells, by Yosys's estimate", f"{total['lc']:,}")
    table.add_row("", f"{report['bram_unit']} / DSP", f"{total['bram']:,} / {total['dsp']:,}")
    for placed in report["placed"]:
        fmax = f"{placed['fmax_mhz']} MHz" if placed["fits"] else f"no room: {placed['problem']}"
        table.add_row("", f"placed and routed, {placed['part']}, seed {placed['seed']}", fmax)
    for product in report["products"]:
        table.add_row("", "MULTIPLIES", product)
