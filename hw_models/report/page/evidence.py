"""The evidence of a build as a page shows it: each report's command and date, and what lacks."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hw_models.dataflow import Build
from hw_models.folder import evidence
from hw_models.hardware import PARAMETERS
from hw_models.registers import REGISTERS
from hw_models.report.evidence_rows import (
    DIFFERENT,
    EQUAL,
    HOLD,
    MULTIPLIES,
    NOT_HOLD,
    Row,
    evidence_rows,
)
from hw_models.report.import_report import IMPORT
from hw_models.report.shown import Board, Reports, Simulation, Synthesis, Upsets

GOOD, BAD = (EQUAL, HOLD), (DIFFERENT, NOT_HOLD)
RUN, SIM = "python -m hw_models run", "python -m rtl_sim"


@dataclass(frozen=True)
class Evidence:
    """One report in evidence/."""

    name: str
    title: str
    command: str
    date: str  # when its file was written, UTC
    rows: tuple[Row, ...]

    @property
    def verdict(self) -> bool | None:
        """Whether all that was compared is equal or holds; None: nothing was compared."""
        if any(row.result in BAD or row.measured == MULTIPLIES for row in self.rows):
            return False
        return True if any(row.result in GOOD for row in self.rows) else None


@dataclass(frozen=True)
class Missing:
    """A kind of evidence that a build does not have."""

    title: str
    gives: str  # what one would know
    command: str


def kept(build: Build, reports: Reports) -> list[Evidence]:
    """All reports about the build that the table of evidence shows, in its order."""
    assert build.path is not None
    rows: dict[str, list[Row]] = {}
    for row in evidence_rows(reports):
        rows.setdefault(row.evidence, []).append(row)
    found = []
    for name, own in rows.items():
        kind, _, rest = name.partition("-")
        title, command = KINDS[kind]
        path = build.path / evidence.FOLDER / f"{name}.json"
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        found.append(
            Evidence(
                name=name,
                title=f"{title} ({rest})" if rest else title,
                command=command(folder_of(build.path), rest, reports[name]),
                date=f"{written:%Y-%m-%d %H:%M}",
                rows=tuple(own),
            )
        )
    return found


def folder_of(path: Path) -> str:
    """A folder as a command line takes it."""
    return shlex.quote(str(path))


def simulated(folder: str, netlist: str, report: Simulation) -> str:
    options = [f"--samples {report.samples}"]
    options += [f"--netlist {netlist}"] if netlist else []
    options += [] if report.simulator == "icarus" else [f"--sim {shlex.quote(report.simulator)}"]
    return f"{SIM} run {folder} {' '.join(options)}"


def synthesized(folder: str, device: str, report: Synthesis) -> str:
    seeds = len({placed.seed for placed in report.placed})
    more = f" --seeds {seeds}" if seeds > 1 else ""
    return f"{SIM} synth {folder} --device {device}{more}"


def flipped(folder: str, rest: str, report: Upsets) -> str:
    flips = ",".join(map(str, sorted({point.flips for point in report.points}))) or "0"
    memories = ",".join(report.bits) or "weights"
    options = f"--flips {flips} --memory {memories} --seed {report.seed} --sim {report.simulator}"
    return f"{SIM} upsets {folder} {options}"


def on_board(folder: str, rest: str, report: Board) -> str:
    """Of `rest`, how `rtl_sim board` calls its kinds: a simulated board, then `netlist`."""
    if not rest:
        return f"{SIM} board {folder} --port {shlex.quote(report.where)}"
    board, _, netlist = rest.partition("-")
    return f"{SIM} board {folder} --simulate {board}{' --netlist' if netlist else ''}"


Command = Callable[[str, str, Any], str]  # of a folder, the name's rest, the report
KINDS: dict[str, tuple[str, Command]] = {
    IMPORT: ("Import", lambda folder, *_: f"python -m compiler build NET.nir --out {folder}"),
    "golden": ("Integers on the reference vectors", lambda folder, *_: f"{RUN} {folder}"),
    "onnx": ("ONNX Runtime", lambda folder, *_: f"{RUN} {folder} --engine onnx"),
    "simulation": ("Simulation of the Verilog", simulated),
    "netlist": ("Simulation of the netlist", simulated),
    "synthesis": ("Synthesis", synthesized),
    "energy": (
        "Energy by the netlist's toggles",
        lambda folder, _, report: f"{SIM} energy {folder} --samples {report.samples}",
    ),
    "upsets": ("Flipped bits", flipped),
    "proof": (
        "Proofs",
        lambda folder, rest, _: f"{SIM} prove {folder}{f' --netlist {rest}' if rest else ''}",
    ),
    "bitstream": ("Bitstream", lambda folder, rest, _: f"{SIM} bitstream {folder} --board {rest}"),
    "board": ("On a board", on_board),
}  # fmt: skip


def missing(build: Build, reports: Reports, vectors: str | None) -> list[Missing]:
    """What could be known of a build and is not, with the command that measures it.

    Args:
        vectors: why there are no reference vectors; None: there are.
    """
    assert build.path is not None
    folder, kinds = folder_of(build.path), {name.partition("-")[0] for name in reports}
    hardware, bus = PARAMETERS in build.files, REGISTERS in build.files
    lacking = []
    if vectors:
        lacking.append(Missing(
            "Reference vectors", f"accuracy, firing rates, energy and cycles; now: {vectors}",
            f"python -m compiler reference {folder} CKPT",
        ))  # fmt: skip
    for kind, possible, gives, command in (
        ("golden", not vectors, "accuracy, firing rates, additions and energy over all reference "
         "samples", f"{RUN} {folder}"),
        ("onnx", not vectors, "the same spikes and logits by foreign arithmetic",
         f"python -m compiler export {folder} --format onnx && {RUN} {folder} --engine onnx"),
        ("simulation", hardware and not vectors, "each event and membrane of the Verilog beside "
         "the golden model's, and measured cycles", f"{SIM} run {folder} --samples 20"),
        ("netlist", hardware and not vectors, "the same of what synthesis makes of it",
         f"{SIM} run {folder} --netlist ecp5 --sim verilator --samples 20"),
        ("synthesis", hardware, "look-up tables, flip-flops, block RAM and clock of an FPGA",
         f"{SIM} synth {folder} --device ecp5"),
        ("proof", hardware, "what holds for all inputs, and which deliberate errors (mutants) the "
         "proofs find", f"{SIM} prove {folder}"),
        ("energy", hardware and not vectors, "energy by the toggles of standard cells",
         f"{SIM} energy {folder}"),
        ("bitstream", bus, "whether the core and its UART fit a board, and at which clock",
         f"{SIM} bitstream {folder} --board ulx3s"),
        ("board", bus and not vectors, "classes, logits and counters as a board gives them",
         f"{SIM} board {folder} --simulate ulx3s"),
    ):  # fmt: skip
        if kind not in kinds and possible:
            lacking.append(Missing(KINDS[kind][0], gives, command))
    if not hardware:
        gives = "cycles, area and all that is measured of the Verilog, which this build has not"
        lacking.append(Missing("Hardware", gives, "python -m compiler build CKPT"))
    return lacking
