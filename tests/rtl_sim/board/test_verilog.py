"""The Verilog of a board around the core: its benches, and Verilator's lint with a core."""

import pytest

from compiler.emit.register_map import Bus
from rtl_sim.board import top
from rtl_sim.board.bitstream import VERILOG
from rtl_sim.board.boards import BOARDS
from tests.benches import run_bench
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.simulated_builds import lint, verilator
from tests.rtl_sim.board.cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_bench(tmp_path, name):
    case = CASES[name]
    run_bench(tmp_path, case.bench, case.top, case.files(), case.parameters)


PLL = """\
module pll (
  input  wire {0},
  output wire {1},
  output wire locked
);
  assign {{{1}, locked}} = {{{0}, 1'b1}};
endmodule
"""


@pytest.mark.parametrize("name", BOARDS)
def test_lint(tmp_path, name):
    if not verilator():
        pytest.skip("needs Verilator")
    board = BOARDS[name]
    around = {path.name: path.read_bytes() for path in VERILOG.glob("*.v")}
    around["board.v"] = top.generate(board, board.core_mhz, 1_000_000).encode()
    around["pll.v"] = PLL.format(*board.pll_ports).encode()
    said = lint(with_bus(CORES["binary"], Bus()), tmp_path, around, "board")
    assert said == ""
