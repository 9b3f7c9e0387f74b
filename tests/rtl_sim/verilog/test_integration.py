"""A build's rtl/ is all that a tool takes, and stands in a design beside another build's."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from hw_models.dataflow import Build
from hw_models.folder import artefact
from hw_models.hardware import FILES, TOP
from rtl_sim import sources
from rtl_sim.synthesis import tools
from tests.builders.random_builds import random_build
from tests.builders.simulated_builds import blocks, hardware, verilator
from tests.rtl_sim.verilog.elaborators import TOOLS, skip_without

BOARD = """\
`timescale 1ns / 1ps
`default_nettype none

module board (
  input  wire        clk,
  input  wire [31:0] data,
  output wire [63:0] first,
  output wire [63:0] second,
  output wire        third
);

  trispike_one #(.MEM_DIR("one/mem")) one (
    .clk(clk), .rst_n(1'b1), .s_axis_tdata(data), .s_axis_tvalid(1'b1), .s_axis_tlast(1'b0),
    .s_axis_tready(), .m_axis_tdata(first), .m_axis_tvalid(), .m_axis_tlast(), .m_axis_tready(1'b1)
  );

  trispike_two #(.MEM_DIR("two/mem")) two (
    .clk(clk), .rst_n(1'b1), .s_axis_tdata(data), .s_axis_tvalid(1'b1), .s_axis_tlast(1'b0),
    .s_axis_tready(), .m_axis_tdata(second), .m_axis_tvalid(), .m_axis_tlast(), .m_axis_tready(1'b1)
  );

  fifo fifo (.clk(clk), .data(third));

endmodule
"""
FIFO = """\
`timescale 1ns / 1ps
module fifo (input wire clk, output wire data);
  assign data = clk;
endmodule
"""


def elaborate(tool: str, folder: Path, top: str, files: list[str]) -> None:
    """Elaborate a design in `folder`, whose lists begin with `-f`; the tool has nothing to say."""
    if tool == "icarus":
        lists = ["-c" if word == "-f" else word for word in files]
        command = ["iverilog", "-g2005", "-Wall", "-s", top, "-o", "design.vvp", *lists]
    elif tool == "verilator":
        waivers = [str(path) for path in sorted(folder.rglob("lint.vlt"))[:1]]
        command = [
            str(verilator()),
            "--lint-only",
            "--quiet",
            "--top-module",
            top,
            *waivers,
            *files,
        ]
    else:
        names = [name for word in files for name in listed(folder, word)]
        command = [*tools.command("yosys"), "-q", "-p"]
        command += [f"read_verilog {' '.join(names)}; hierarchy -check -top {top}; check -assert"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def listed(folder: Path, word: str) -> list[str]:
    """The files of a word of a command line, of which a list is one."""
    return (folder / word).read_text().split() if word.endswith(".f") else [word] * (word != "-f")


def named(build: Build, name: str) -> Build:
    """The build with its hardware, by another name."""
    return hardware(Build(msgspec.structs.replace(build.dataflow, name=name), build.tensors))


@pytest.mark.parametrize("tool", TOOLS)
def test_a_build_is_whole(tool, tmp_path):
    """rtl/ and mem/ alone, in another place."""
    skip_without(tool)
    saved = artefact.save(hardware(blocks("ternary")), tmp_path / "b")
    (tmp_path / "b").rename(tmp_path / "moved")
    shutil.rmtree(tmp_path / "moved/evidence", ignore_errors=True)
    for file in ("dataflow.json", "tensors.npz"):
        (tmp_path / "moved" / file).unlink()
    elaborate(tool, tmp_path / "moved", sources.core(saved), ["-f", FILES])
    elaborate(tool, tmp_path / "moved", "top", ["-f", FILES, TOP])


@pytest.mark.parametrize("tool", TOOLS)
def test_two_builds_and_a_fifo_of_somebody_else(tool, tmp_path):
    """Each file of the library once, from either build: they are alike."""
    skip_without(tool)
    builds = {"one": random_build(3, encoding="static"), "two": blocks("ternary")}
    found: dict[str, str] = {}
    for name, build in builds.items():
        saved = artefact.save(named(build, name), tmp_path / name)
        for path in sources.paths(saved):
            file = Path(path).name
            other = found.setdefault(file, f"{name}/{path}")
            assert (tmp_path / other).read_bytes() == saved.files[path]
    assert len(found) < sum(len(sources.paths(named(b, n))) for n, b in builds.items()) - 10
    (tmp_path / "board.v").write_text(BOARD)
    (tmp_path / "fifo.v").write_text(FIFO)
    elaborate(tool, tmp_path, "board", [*found.values(), "fifo.v", "board.v"])
    if tool == "icarus":  # which reads the memories as it begins
        command = ["vvp", "-n", "design.vvp"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert run.stdout + run.stderr == ""
