"""docs/pictures/waveform.svg: a sample on its way into the core and out of it, cycle by cycle.

`rtl_sim/examples/classify.v` drives the core of a build under Icarus, and a second top module dumps
the core's ports.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from hw_models.core.stream_words import ADDR_BITS, DIGIT, DIGIT_BITS, KIND, NEG
from hw_models.dataflow import Build
from hw_models.folder.reference_vectors import Reference
from rtl_sim.simulation.stream import input_words, words_as_text
from tests.pictures.svg import Drawing

EXAMPLE = Path(__file__).parents[2] / "rtl_sim/examples/classify.v"
DUMP = 'module dump; initial begin $dumpfile("{}"); $dumpvars(1, classify); end endmodule\n'
FILES = ("dump.v", "beats.txt", "core.vvp", "wave.vcd")
Cycle = dict[str, int]  # the value of each port, as it stands before the clock's edge
CYCLES = 11  # of each half of the picture
CELL, ROW, HIGH = 76, 34, 20  # width of a cycle, from row to row, height of a signal
LEFT = 118
STYLE = """\
  .value { font-size: 11px }
  .grid { stroke: var(--edge) }
"""


def waveform(build: Build, reference: Reference) -> str:
    """The picture of the first sample."""
    words = input_words(build.dataflow.input, reference.x[:, :1])
    assert build.path is not None
    cycles = simulated(build.path, words_as_text(words))
    first = next(k for k, ports in enumerate(cycles) if ports["s_tvalid"])
    out = next(k for k, ports in enumerate(cycles) if ports["m_tvalid"])
    d = Drawing(LEFT + CYCLES * CELL + 20, 412, "Beats into the core, and words out of it", STYLE)
    d.text(20, 28, "The first beats of a sample", "title")
    panel(d, 44, cycles, first - 1, first, "s", beat)
    d.text(20, 230, "Its logits, a word a class", "title")
    panel(d, 246, cycles, out - 1, first, "m", word)
    return d.svg()


def simulated(folder: Path, events: str) -> list[Cycle]:
    """The core's ports in each cycle of a simulation with these beats."""
    with tempfile.TemporaryDirectory() as place:
        dump, beats, model, wave = (f"{place}/{name}" for name in FILES)
        Path(dump).write_text(DUMP.format(wave))
        Path(beats).write_text(events)
        sources = ["-c", "rtl/files.f", "rtl/top.v", EXAMPLE, dump]
        tops = ["-s", "classify", "-s", "dump"]
        subprocess.run(
            ["iverilog", "-g2005", *tops, "-o", model, *sources], cwd=folder, check=True
        )  # fmt: skip
        subprocess.run(
            ["vvp", "-n", model, f"+events={beats}", "+cycles=10000"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        return sampled(Path(wave).read_text())


def sampled(text: str) -> list[Cycle]:
    """The signals of a VCD file before each rising edge of `clk`; x and z count as 0."""
    header, _, changes = text.partition("$enddefinitions $end")
    names = {
        parts[3]: parts[4] for line in header.splitlines()
        if (parts := line.split())[:1] == ["$var"]
    }  # fmt: skip
    now: Cycle = dict.fromkeys(names.values(), 0)
    cycles, before = [], dict(now)
    for line in changes.splitlines():
        if line.startswith("#"):
            before = dict(now)
            continue
        value, _, code = line[1:].partition(" ") if line[:1] == "b" else (line[:1], "", line[1:])
        if code not in names:
            continue
        name = names[code]
        now[name] = int(value.replace("x", "0").replace("z", "0"), 2)
        if name == "clk" and now[name]:
            cycles.append(before)
    return cycles


def panel(
    d: Drawing, top: int, cycles: list[Cycle], begin: int, zero: int, side: str,
    says: Callable[[int], str],
) -> None:  # fmt: skip
    """The signals of one stream in CYCLES cycles from `begin`; they are numbered from `zero`."""
    window = cycles[begin : begin + CYCLES]
    for k in range(CYCLES):
        x = LEFT + k * CELL
        d.add(f'<path class="grid" d="M{x} {top + 8}V{top + 4 * ROW + 10}"/>')
        d.text(x + CELL / 2, top + 4, str(begin + k - zero), "faint", "middle")
    valid = [bool(ports[f"{side}_tvalid"]) for ports in window]
    ready = [side == "m" or bool(ports["s_tready"]) for ports in window]
    last = [v and bool(ports[f"{side}_tlast"]) for v, ports in zip(valid, window, strict=True)]
    for row, (name, high) in enumerate((("tvalid", valid), ("tready", ready), ("tlast", last))):
        level(d, top + 14 + row * ROW, f"{side}_axis_{name}", high)
    y = top + 14 + 3 * ROW
    d.text(20, y + 15, f"{side}_axis_tdata", "code")
    start = 0
    for k, ports in enumerate(window):
        if valid[k] and not ready[k] and k + 1 < CYCLES:
            continue  # the beat stays
        x, width = LEFT + start * CELL, (k + 1 - start) * CELL
        if valid[k]:
            d.rect(x + 1.5, y, width - 3, HIGH, "strong", 4)
            d.text(x + width / 2, y + 14, says(ports[f"{side}_tdata"]), "value", "middle")
        else:
            d.add(f'<path class="line" d="M{x} {y + HIGH / 2}h{width}"/>')
        start = k + 1


def level(d: Drawing, top: int, name: str, high: list[bool]) -> None:
    """A signal of one bit."""
    d.text(20, top + 15, name, "code")
    path = f"M{LEFT} {top if high[0] else top + HIGH}"
    for k, value in enumerate(high):
        path += f"V{top if value else top + HIGH}H{LEFT + (k + 1) * CELL}"
    d.add(f'<path class="equal" d="{path}"/>')


def beat(tdata: int) -> str:
    """A beat of the input: the signed digit and its address, or the marker."""
    if tdata >> KIND & 1:
        return "marker"
    sign = "-" if tdata >> NEG & 1 else "+"
    digit = tdata >> DIGIT & ((1 << DIGIT_BITS) - 1)
    return f"{sign}2^{digit} at {tdata & ((1 << ADDR_BITS) - 1)}"


def word(tdata: int) -> str:
    """A word of the output: its logit; the class of the sample stands in every word."""
    logit = tdata & ((1 << 48) - 1)
    return f"{tdata >> 48}: {logit - (logit >> 47 << 48):,}"
