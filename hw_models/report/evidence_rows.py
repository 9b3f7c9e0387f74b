"""What the reports in evidence/ say, one row for each thing measured: for tables and for pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.report.evaluate import FOREIGN, Evaluation
from hw_models.report.import_report import IMPORT, import_rows

ANN_ENERGY, RATIO = "energy of the same network as an int8 ANN", "ratio, ours / ANN"
EQUAL, DIFFERENT = "all equal", "DIFFERENT"
HOLD, NOT_HOLD = "all hold", "NOT ALL HOLD"  # of proofs
MULTIPLIES = "MULTIPLIES"  # what is measured of a place where a netlist multiplies
Reports = dict[str, dict[str, Any]]  # by the names of their files


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; the rows of a step follow each other, and only the first names it."""

    evidence: str  # the report's name in evidence/
    step: str
    measured: str
    result: str


def nj(picojoules: float) -> str:
    return f"{picojoules / 1e3:,.1f} nJ"


def evidence_rows(build: Build, reports: Reports) -> Iterator[Row]:
    """The chain from training to Verilog and boards, as far as it was run.

    Raises:
        InputError: a report is of another version.
    """
    if IMPORT in reports:
        yield from (Row(IMPORT, *row) for row in import_rows(reports[IMPORT]))
    if "golden" in reports:
        yield from golden_rows(evaluation_of(build, "golden", reports["golden"]))
    for name, report in reports.items():
        if name in FOREIGN:
            what = f"spikes and logits of {report['samples']:,} samples"
            yield Row(name, FOREIGN[name], what, verdict(not report["differences"]))
    if "simulation" in reports:
        yield from simulation_rows(reports["simulation"])
    for name, report in reports.items():
        kind, _, rest = name.partition("-")
        if kind in MORE and (rest or kind == "board"):
            yield from MORE[kind](name, report)
    if spent := reports.get("energy"):
        parts = [v for part, v in spent["total"].items() if part.endswith("_pj")]
        what = f"energy per inference, {spent['voltage']} V"
        yield Row("energy", f"on {spent['technology']}", what, nj(sum(parts)))
    if proof := reports.get("proof"):
        found = sum(error["refuted"] is True for error in proof["errors"])
        result = HOLD if proof["holds"] else NOT_HOLD
        what = f"{len(proof['proofs'])} properties of the Verilog"
        yield Row("proof", "proofs", what, result)
        yield Row("proof", "", "errors put in on purpose that they find", f"{found}")


def verdict(equal: bool) -> str:
    return EQUAL if equal else DIFFERENT


def evaluation_of(build: Build, name: str, found: dict[str, Any]) -> Evaluation:
    """A report of `python -m hw_models run`.

    Raises:
        InputError: it is of another version.
    """
    try:
        return msgspec.convert(found, Evaluation)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{build.path}: evidence {name}.json is not of this version ({error}); "
            "write it again with `python -m hw_models run`"
        ) from error


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


def simulation_rows(simulation: dict[str, Any]) -> Iterator[Row]:
    equal = verdict(simulation["equal"])
    for step, what, result in (
        ("Verilog", f"{simulation['events_compared']:,} events", equal),
        ("", f"{simulation['membranes_compared']:,} membranes", equal),
        ("", "samples simulated", f"{simulation['samples']:,}"),
        ("", "cycles per inference", f"{simulation['cycles']:,.0f}"),
        ("", "additions, by the core's own counters", f"{simulation['additions']:,}"),
        *(
            ("", kind, verdict(not difference))
            for kind, difference in simulation.get("edges", {}).items()
        ),
    ):
        yield Row("simulation", step, what, result)


def netlist_rows(name: str, report: dict[str, Any]) -> Iterator[Row]:
    what = f"events and logits of {report['samples']:,} samples"
    yield Row(name, f"netlist for {report['netlist']}", what, verdict(report["equal"]))


def synthesis_rows(name: str, report: dict[str, Any]) -> Iterator[Row]:
    total = report["total"]
    counts = f"{total['lut']:,} / {total['lutram']:,} / {total['ff']:,}"
    yield Row(name, f"on {report['title']}", "LUT / LUT-RAM / FF", counts)
    if total["lc"] is not None:
        yield Row(name, "", "logic cells, by Yosys's estimate", f"{total['lc']:,}")
    blocks = f"{total['bram']:,} / {total['dsp']:,}"
    yield Row(name, "", f"{report['bram_unit']} / DSP", blocks)
    for placed in report["placed"]:
        fmax = f"{placed['fmax_mhz']} MHz" if placed["fits"] else f"no room: {placed['problem']}"
        yield Row(name, "", f"placed and routed, {placed['part']}, seed {placed['seed']}", fmax)
    for product in report["products"]:
        yield Row(name, "", MULTIPLIES, product)


def bitstream_rows(name: str, report: dict[str, Any]) -> Iterator[Row]:
    fmax, wanted = report["placed"]["fmax_mhz"], report["core_mhz"]
    what = f"placed and routed for {wanted:g} MHz, UART included"
    yield Row(name, f"bitstream for {report['title']}", what, f"{fmax:g} MHz")


def board_rows(name: str, report: dict[str, Any]) -> Iterator[Row]:
    disturbed = [one["equal"] for one in report["disturbances"]]
    where = f"on {report['where']}"
    samples = f"class, logits and counters, {report['samples']:,}"
    yield Row(name, where, samples, verdict(report["equal"] == report["samples"]))
    broken = f"samples behind broken frames, {len(disturbed):,}"
    yield Row(name, where, broken, verdict(all(disturbed)))


def netlist_proof_rows(name: str, report: dict[str, Any]) -> Iterator[Row]:
    what = f"{len(report['instances'])} instances, as their Verilog for all inputs"
    result = verdict(report["holds"])
    yield Row(name, f"netlist for {report['netlist']}, proven", what, result)


MORE = {  # reports of which there may be several, by what their names begin with
    "netlist": netlist_rows,
    "synthesis": synthesis_rows,
    "bitstream": bitstream_rows,
    "board": board_rows,
    "proof": netlist_proof_rows,
}
