"""The Verilog library as a text: a module a file, Verilog-2005 without warnings, house style."""

import re
import subprocess

import pytest

from compiler.emit.register_map import Bus
from compiler.emit.rtl import generate
from rtl_sim.proofs import solver
from rtl_sim.simulation import bench
from rtl_sim.simulation.simulate import BENCH
from tests.builders.bus_builds import with_bus
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.random_graphs import random_graph_build
from tests.builders.simulated_builds import LIBRARY, hardware, lint, verilator
from tests.mutants import FOLDERS
from tests.rtl_sim.board.cases import CORE

LICENSE = "// SPDX-License-Identifier: Apache-2.0"
HEADER = "`resetall\n`timescale 1ns / 1ps\n`default_nettype none"
FORMAL = sorted(solver.HARNESSES.glob("*.v"))
FILES = sorted([*(path for at in (*FOLDERS, BENCH) for path in at.glob("*.v")), CORE])


@pytest.mark.parametrize("path", [*FILES, *FORMAL], ids=lambda path: path.stem)
def test_one_documented_module_a_file(path):
    text = path.read_text()
    # a file that stands for a module
    double = re.fullmatch(r"(rom|leak|accumulators|serializer)_(?!events)\w+", path.stem)
    module = f"trispike_{double[1]}" if double else path.stem
    assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [module]
    assert text.startswith(f"{LICENSE}\n{HEADER}\n\n//")
    assert text.endswith("endmodule\n\n`resetall\n")
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_has_a_comment(path):
    for line in re.findall(r"^  parameter .*$", path.read_text(), re.MULTILINE):
        assert "//" in line, f"{path.name}: {line}: no comment"


def test_what_is_generated_bears_the_license_too():
    build = with_bus(random_build(1), Bus())
    verilog = [text.decode() for path, text in build.files.items() if path.endswith(".v")]
    assert all(text.startswith(f"{LICENSE}\n") for text in [*verilog, bench.generate(build)])
    header = build.files["rtl/registers.h"].decode()
    host = [path.read_text() for path in (LIBRARY.parent / "host").iterdir()]
    assert all(text.startswith(f"/*{LICENSE[2:]} */\n") for text in [header, *host])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verilog_2005_without_warnings(path):
    named = re.findall(r"^  parameter .*?(\w*FILE) ", path.read_text(), re.MULTILINE)
    options = [f'-P{path.stem}.{name}="some.mem"' for name in named]
    command = ["iverilog", "-g2005", "-Wall", "-t", "null", "-s", path.stem, *options]
    command += map(str, FILES)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_multiplies(path):
    """The factors of every product are parameters, numbers or loop indices; functions make
    parameters."""
    text = re.sub(r"`timescale.*|//.*|\(\*.*?\*\)|@\*|\".*?\"", "", path.read_text())
    for name in re.findall(r"function .*?(\w+)\(", text):
        calls = re.findall(rf".*\b{name}\((?!input)", text)
        assert calls and all(call.lstrip().startswith("localparam") for call in calls)
    text = re.sub(r"function .*?endfunction", "", text, flags=re.DOTALL)
    constant = re.compile(r"[A-Z][A-Z0-9_]*|\d+|[ln-s]")
    for left, right in re.findall(r"(\w+)\)? ?[*/%] ?\(?(\w+)", text):
        assert constant.fullmatch(left) and constant.fullmatch(right), (left, right)


@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
def test_the_core_streams_are_whole_bytes(network):
    files = generate(network(1))
    for path in ("rtl/top.v", files["rtl/files.f"].decode().split()[-1]):
        text = files[path].decode()
        ports = dict(re.findall(r"^  \w+put +wire \[(\d+):0\] (\w+_tdata)", text, re.MULTILINE))
        assert ports == {"31": "s_axis_tdata", "63": "m_axis_tdata"}


needs_verilator = pytest.mark.skipif(not verilator(), reason="needs Verilator")


@needs_verilator
@pytest.mark.parametrize("seed", range(4))  # of 4, 3, 2 and 1 time steps
@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
def test_verilator_has_nothing_to_say(network, seed, tmp_path):
    assert lint(hardware(network(seed)), tmp_path) == ""


@pytest.mark.parametrize("module", sorted(LIBRARY.glob("*.v")), ids=lambda path: path.stem)
def test_assertions_wait_for_the_first_reset(module):
    """What no reset has set yet is anything, and a simulator may start it at random."""
    lines = module.read_text().splitlines()
    for number, line in enumerate(lines):
        if '"ASSERT ' in line:
            assert "rst_n &&" in "\n".join(lines[max(0, number - 8) : number]), f"line {number + 1}"
