"""Simulates a board, pin by pin and bit by bit of its UART, with the host of a real one."""

import importlib.util
from pathlib import Path

import msgspec
import numpy as np
from jinja2 import StrictUndefined, Template
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, files, leftovers
from hw_models.hardware import TOP
from rtl_sim import sources
from rtl_sim.board import bitstream
from rtl_sim.board.bitstream import Setting
from rtl_sim.board.regression import Regression
from rtl_sim.simulation import process, simulators
from rtl_sim.simulation.simulate import optimization
from rtl_sim.synthesis.netlists import CELLS

SESSION = "rtl_sim.board.session"  # what cocotb runs
PATIENCE_S = 0.01  # hundreds of thousands of cycles


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the session in the simulator is to do."""

    folder: str  # of the build
    where: str
    baud: int
    patience_s: float
    loaded: str | None  # the folder of the build that is loaded before


def run(
    build: Build,
    x: NDArray[np.int8],
    setting: Setting,
    sim: str,
    *,
    netlist: bool = False,
    loaded: Path | None = None,
    patience_s: float = PATIENCE_S,
) -> Regression:
    """Simulate a board with a build, and have samples x int8 [T', B, *shape] classified.

    Args:
        netlist: simulate what Yosys makes of the board, the core included.
        loaded: the folder of a build whose network is loaded before.
        patience_s: simulated seconds for which an answer may be missing.

    Raises:
        InputError: the build has no bus, or a simulator is missing.
        Unfinished: the simulator refuses the Verilog, or breaks off.
    """
    bitstream.require_bus(build)
    simulators.require(sim)
    if importlib.util.find_spec("cocotbext.uart") is None:
        raise InputError("cocotbext-uart: not found; `pip install 'trispike[board]'`")
    assert build.path is not None
    job = Job(
        folder=str(build.path.resolve()),
        where=f"{setting.board.title}, simulated{' as a netlist' if netlist else ''} in {sim}",
        baud=setting.baud,
        patience_s=patience_s,
        loaded=str(loaded.resolve()) if loaded else None,
    )
    with leftovers.scratch() as folder:
        made, paths = netlist_files(build, setting) if netlist else verilog_files(build, setting)
        made |= {"bench/bench.v": bench(setting).encode()}
        files.write({folder / name: content for name, content in made.items()})
        simulators.compile_bench(
            sim, folder, [*paths, "bench/bench.v"], False, "-O1" if netlist else optimization(build)
        )
        inside = folder / "run"
        inside.mkdir()
        (inside / "mem").symlink_to(Path("..") / "mem")
        np.save(inside / "x.npy", x)
        files.write({inside / "job.json": msgspec.json.encode(job)})
        problem = simulators.run_bench(sim, inside, [], None, SESSION)
        if problem:
            raise process.Unfinished(f"{sim}: {problem}", process.text_of(inside / simulators.LOG))
        return msgspec.json.decode((inside / "report.json").read_bytes(), type=Regression)


def verilog_files(build: Build, setting: Setting) -> tuple[dict[str, bytes], list[str]]:
    """The files of a board with a build, by path, and those that a simulator compiles."""
    with leftovers.scratch() as folder:
        around = bitstream.sources(setting, folder)
    board = {f"board/{name}": content for name, content in around.items()}
    board |= cell(setting.board.pll_cell)
    return (
        {**sources.hardware_files(build), **board},
        [*sources.paths(build), TOP, *board],
    )


def cell(name: str) -> dict[str, bytes]:
    """The model of a cell, by its path."""
    return {f"cells/{name.lower()}.v": (CELLS / f"{name.lower()}.v").read_bytes()}


def netlist_files(build: Build, setting: Setting) -> tuple[dict[str, bytes], list[str]]:
    """The same of the netlist that Yosys makes of a board with a build."""
    made = {"board/netlist.v": bitstream.netlist(build, setting)}
    for name in (setting.board.pll_cell, *setting.board.device.own):
        made |= cell(name)
    return {"mem/none": b"", **made}, list(made)


def bench(setting: Setting) -> str:
    """The Verilog of the bench: the board with a clock, and its line for cocotb."""
    return TEMPLATE.render(
        half_ns=f"{500 / setting.core_mhz:.3f}",
        idle="1'b0" if setting.board.pin("button_i").high else "1'b1",
        leds=len(setting.board.pin("led_o").sites),
        ones=setting.board.ones,
    )


# The models of the PLLs pass their clock on, so the board is given the core's.
TEMPLATE = Template(
    """\
`timescale 1ns / 1ps
`default_nettype none

module bench;
  reg  clk;
  reg  rx /* verilator public_flat_rw */;
  wire tx /* verilator public_flat_rd */;
  wire [{{ leds - 1 }}:0] led /* verilator public_flat_rd */;
  reg  done /* verilator public_flat_rw */;

  initial begin
    clk  = 1'b0;
    rx   = 1'b1;
    done = 1'b0;
  end
  always #({{ half_ns }}) clk = ~clk;

  board dut (
    .clk_i(clk), .rx_i(rx), .tx_o(tx), .button_i({{ idle }}),
{% for name in ones %}
    .{{ name }}(),
{% endfor %}
    .led_o(led)
  );
endmodule
""",
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)


def load_job(folder: Path) -> tuple[Job, Build, NDArray[np.int8]]:
    """What run() left for the session, in the folder in which it simulates."""
    job = msgspec.json.decode((folder / "job.json").read_bytes(), type=Job)
    return job, artefact.load(Path(job.folder)), np.load(folder / "x.npy")
