"""What the reports in evidence/ say, one row for each thing measured: for tables and for pages."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hw_models.report.evaluate import FOREIGN, Evaluation
from hw_models.report.import_report import ImportReport, import_rows
from hw_models.report.shown import (
    Bitstream,
    Board,
    Energy,
    NetlistProof,
    Proof,
    Reports,
    Simulation,
    Synthesis,
    Upsets,
)

ANN_ENERGY, RATIO = "energy of the same network as an int8 ANN", "ratio, ours / ANN"
EQUAL, DIFFERENT = "all equal", "DIFFERENT"
HOLD, NOT_HOLD = "all hold", "NOT ALL HOLD"  # of proofs
KEPT = 0.99  # share of classes that count as nearly all
MULTIPLIES = "MULTIPLIES"  # what is measured of a place where a netlist multiplies


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; the rows of a step follow each other, and only the first names it."""

    evidence: str  # the report's name in evidence/
    step: str
    measured: str
    result: str


def nj(picojoules: float) -> str:
    return f"{picojoules / 1e3:,.1f} nJ"


def evidence_rows(reports: Reports) -> Iterator[Row]:
    """The chain from training to Verilog and boards, as far as it was run."""
    for kind, rows in ROWS.items():
        for name, report in reports.items():
            if type(report) is kind:
                yield from rows(name, report)


def verdict(equal: bool) -> str:
    return EQUAL if equal else DIFFERENT


def imported_rows(name: str, report: ImportReport) -> Iterator[Row]:
    yield from (Row(name, *row) for row in import_rows(report))


def evaluation_rows(name: str, report: Evaluation) -> Iterator[Row]:
    if name in FOREIGN:
        what = f"spikes and logits of {report.samples:,} samples"
        yield Row(name, FOREIGN[name], what, verdict(not report.differences))
    else:
        yield from golden_rows(report)


def golden_rows(golden: Evaluation) -> Iterator[Row]:
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
        yield Row("golden", step, what, result)


def simulation_rows(name: str, report: Simulation) -> Iterator[Row]:
    if name != "simulation":
        what = f"events and logits of {report.samples:,} samples"
        yield Row(name, f"netlist for {report.netlist}", what, verdict(report.equal))
        return
    equal = verdict(report.equal)
    for step, what, result in (
        ("Verilog", f"{report.events_compared:,} events", equal),
        ("", f"{report.membranes_compared:,} membranes", equal),
        ("", "samples simulated", f"{report.samples:,}"),
        ("", "cycles per inference", f"{report.cycles:,.0f}"),
        ("", "additions, by the core's own counters", f"{report.additions:,}"),
        *(("", kind, verdict(not difference)) for kind, difference in report.edges.items()),
    ):
        yield Row(name, step, what, result)


def synthesis_rows(name: str, report: Synthesis) -> Iterator[Row]:
    total = report.total
    counts = f"{total.lut:,} / {total.lutram:,} / {total.ff:,}"
    yield Row(name, f"on {report.title}", "LUT / LUT-RAM / FF", counts)
    if total.lc is not None:
        yield Row(name, "", "logic cells, by Yosys's estimate", f"{total.lc:,}")
    yield Row(name, "", f"{report.bram_unit} / DSP", f"{total.bram:,} / {total.dsp:,}")
    for placed in report.placed:
        fmax = f"{placed.fmax_mhz} MHz" if placed.fits else f"no room: {placed.problem}"
        yield Row(name, "", f"placed and routed, {placed.part}, seed {placed.seed}", fmax)
    for product in report.products:
        yield Row(name, "", MULTIPLIES, product)


def bitstream_rows(name: str, report: Bitstream) -> Iterator[Row]:
    what = f"placed and routed for {report.core_mhz:g} MHz, UART included"
    fmax = f"{report.placed.fmax_mhz or 0:g} MHz"
    yield Row(name, f"bitstream for {report.title}", what, fmax)


def board_rows(name: str, report: Board) -> Iterator[Row]:
    disturbed = [one.equal for one in report.disturbances]
    where = f"on {report.where}"
    samples = f"class, logits and counters, {report.samples:,}"
    yield Row(name, where, samples, verdict(report.equal == report.samples))
    broken = f"samples behind broken frames, {len(disturbed):,}"
    yield Row(name, where, broken, verdict(all(disturbed)))


def energy_rows(name: str, report: Energy) -> Iterator[Row]:
    what = f"energy per inference, {report.voltage} V"
    yield Row(name, f"on {report.technology}", what, nj(report.total_pj))


def upsets_rows(name: str, report: Upsets) -> Iterator[Row]:
    """Of each kind of memory the most flips that left nearly all classes."""
    equal = verdict(report.first_difference is None)
    yield Row(name, "flipped bits", "Verilog and the model of flipped weights", equal)
    for memory in report.bits:
        of_it = [point for point in report.points if point.memory == memory]
        most = max((point.flips for point in of_it if point.kept >= KEPT), default=0)
        what = f"{memory}: most flips tried that leave {KEPT:.0%} of the classes"
        yield Row(name, "", what, f"{most:,}")
        silent = [point.silent for point in of_it if point.silent is not None]
        if silent:
            what = f"{memory}: samples that changed without a parity error"
            yield Row(name, "", what, f"{sum(silent):,}")


def proof_rows(name: str, report: Proof) -> Iterator[Row]:
    found = sum(error.refuted is True for error in report.errors)
    what = f"{len(report.proofs)} properties of the Verilog"
    yield Row(name, "proofs", what, HOLD if report.holds else NOT_HOLD)
    yield Row(name, "", "errors put in on purpose that they find", f"{found}")


def netlist_proof_rows(name: str, report: NetlistProof) -> Iterator[Row]:
    what = f"{len(report.instances)} instances, as their Verilog for all inputs"
    yield Row(name, f"netlist for {report.netlist}, proven", what, verdict(report.holds))


# In the order of the chain; there may be several reports of a kind.
ROWS: dict[type, Callable[[str, Any], Iterator[Row]]] = {
    ImportReport: imported_rows,
    Evaluation: evaluation_rows,
    Simulation: simulation_rows,
    Synthesis: synthesis_rows,
    Bitstream: bitstream_rows,
    Board: board_rows,
    NetlistProof: netlist_proof_rows,
    Upsets: upsets_rows,
    Energy: energy_rows,
    Proof: proof_rows,
}
