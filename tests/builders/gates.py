"""Verilog on standard cells, priced by the toggles of a bench."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np

from rtl_sim.energy import cells
from rtl_sim.energy.observed import Observed
from rtl_sim.energy.price import Conditions, Priced, price
from rtl_sim.simulation import simulators
from rtl_sim.simulation.simulate import BENCH
from rtl_sim.simulation.trace import read_toggles, toggles_file
from rtl_sim.sources import Nets
from rtl_sim.synthesis import tools, yosys
from rtl_sim.synthesis.devices import NETLISTS

MAP = """\
read_verilog -defer {sources}
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
  wire count = cycle >= {first} && cycle < {first} + {cycles};
  wire last  = cycle == {first} + {cycles};
  always #1 clk = !clk;
  always @(posedge clk) begin
    cycle <= cycle + 1;
    rst_n <= cycle > 1;
    if (cycle == {first} + {cycles} + 1) $finish;
  end
{drive}
{toggles}
endmodule
"""


def price_verilog(
    folder: Path,
    sources: dict[str, str],
    top: str,
    drive: str,
    cycles: int,
    conditions: Conditions,
    first: int = 4,
) -> Priced:
    """The price of `cycles` cycles of a module, which a bench drives in the simulator Verilator.

    Args:
        folder: an empty folder to work in.
        sources: Verilog and other files, by name.
        top: the module's name.
        drive: the part of a bench with an instance `dut` of the module; the bench has `clk`,
            `rst_n` and `count`, which is 1 in the cycles that are priced.
        first: the first cycle that is priced.
    """
    technology, observed = NETLISTS["osu018"], Observed()
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
    (folder / "bench.v").write_text(
        CLOCK.format(cycles=cycles, first=first, drive=drive, toggles=toggles)
    )
    simulate(folder, ["bench.v", "netlist.v", str(BENCH / "bench_toggles.v")])
    counts = read_toggles(folder, yosys.TOP, ports)
    library = cells.read(technology.standard_cells(), conditions.transition_ns)
    module, places = observed.modules[yosys.TOP], observed.places[yosys.TOP]
    assert len(counts) == len(places) and np.any(counts)
    return price(module, places, counts, cycles, library, conditions)


def simulate(folder: Path, sources: list[str]) -> None:
    """Run module `bench` in Verilator, compiled without optimization, since it runs once."""
    root = simulators.Verilator.root()
    assert root is not None, "needs the Python package verilator"
    options = ("--timing", "-CFLAGS", "-fcoroutines", "-Wno-fatal", "-Wno-lint", "-Wno-style")
    verilate = [str(root / "bin" / "verilator_bin"), "-cc", "--exe", "--main", *options]
    verilate += ["-O3", "--top-module", "bench", "-Mdir", "made", "-o", "bench", *sources]
    make = ["make", "-C", "made", "-j", "2", "-f", "Vbench.mk", *simulators.MAKE, "OPT_FAST=-O0"]
    environment = {**os.environ, "VERILATOR_ROOT": str(root)}
    for command in (verilate, make, ["made/bench"]):
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def counter(port: Nets) -> str:
    name = toggles_file(yosys.TOP, port)
    return f"""
  bench_toggles #(.BITS({port.bits}), .HIGH({int(port.high)}), .FILE("{name}")) {port.name} (
    .clk(clk), .rst_n(rst_n), .count_i(count), .nets_i(dut.{port.name}), .end_i(last)
  );"""
