"""Verilog on standard cells, priced by the toggles of a bench."""

import json
import subprocess
from pathlib import Path

import numpy as np

from rtl_sim.energy import cells
from rtl_sim.energy.observed import Observed
from rtl_sim.energy.price import Conditions, Priced, price
from rtl_sim.simulation.simulate import BENCH
from rtl_sim.simulation.trace import read_toggles, toggles_file
from rtl_sim.sources import Nets
from rtl_sim.synthesis import tools, yosys
from rtl_sim.synthesis.devices import NETLISTS

MAP = """\
read_verilog {sources}
hierarchy -check -top {top}
proc
flatten
{synth}
select {top}
write_json -selected mapped.json
"""
EXPAND = """\
read_json mapped.json
rename {top} top
{expand}
rename top {top}
write_verilog -noattr netlist.v
"""
CLOCK = """\
module bench;
  reg clk = 0, rst_n = 0;
  integer cycle = 0;
  wire count = cycle >= 4 && cycle < {cycles} + 4;
  wire last  = cycle == {cycles} + 4;
  always #1 clk = !clk;
  always @(posedge clk) begin
    cycle <= cycle + 1;
    rst_n <= cycle > 1;
    if (cycle == {cycles} + 5) $finish;
  end
{drive}
{toggles}
endmodule
"""


def price_verilog(
    folder: Path, sources: dict[str, str], top: str, drive: str, cycles: int, conditions: Conditions
) -> Priced:
    """The price of `cycles` cycles of a module, which a bench drives in the simulator Icarus.

    Args:
        folder: an empty folder to work in.
        sources: Verilog and other files, by name.
        top: the module's name.
        drive: the part of a bench with an instance `dut` of the module; the bench has `clk`,
            `rst_n` and `count`, which is 1 in the cycles that are priced.
    """
    technology, observed = NETLISTS["osu018"], Observed()
    assert technology.liberty is not None
    for name, text in sources.items():
        (folder / name).write_text(text)
    yosys.write_cells(technology, folder)
    verilog = " ".join(name for name in sources if name.endswith(".v"))
    synth = technology.synth.format(top=top)
    tools.yosys(MAP.format(sources=verilog, top=top, synth=synth), folder, "map")
    netlist = json.loads((folder / "mapped.json").read_text())
    ports = observed.add({}, {yosys.TOP: netlist["modules"][top]})[yosys.TOP]
    (folder / "mapped.json").write_text(json.dumps(netlist))
    tools.yosys(EXPAND.format(top=top, expand=yosys.expand(technology)), folder, "expand")
    toggles = "".join(counter(port) for port in ports)
    (folder / "bench.v").write_text(CLOCK.format(cycles=cycles, drive=drive, toggles=toggles))
    files = ["bench.v", "netlist.v", str(BENCH / "bench_toggles.v")]
    compile_ = ["iverilog", "-g2012", "-o", "bench.vvp", "-s", "bench", *files]
    for command in (compile_, ["vvp", "-n", "bench.vvp"]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    counts = read_toggles(folder, yosys.TOP, ports)
    library = cells.read(technology.liberty, conditions.transition_ns)
    module, places = observed.modules[yosys.TOP], observed.places[yosys.TOP]
    assert len(counts) == len(places) and np.any(counts)
    return price(module, places, counts, cycles, library, conditions)


def counter(port: Nets) -> str:
    name = toggles_file(yosys.TOP, port)
    return f"""
  bench_toggles #(.BITS({port.bits}), .HIGH({int(port.high)}), .FILE("{name}")) {port.name} (
    .clk(clk), .rst_n(rst_n), .count_i(count), .nets_i(dut.{port.name}), .end_i(last)
  );"""
