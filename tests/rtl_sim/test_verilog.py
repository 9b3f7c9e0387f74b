"""The Verilog library as a text: a module a file, Verilog-2005 without warnings, house style."""

import re
import subprocess

import pytest

from rtl_sim.simulate import LIBRARY

FILES = sorted(LIBRARY.glob("*.v"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_one_documented_module_a_file(path):
    text = path.read_text()
    assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [path.stem]
    header = "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n//"
    assert text.startswith(header) and text.endswith("endmodule\n\n`resetall\n")
    assert all(len(line) <= 100 for line in text.splitlines())
    for line in re.findall(r"^  parameter .*$", text, re.MULTILINE):
        assert "//" in line, f"{path.name}: {line}: no comment"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_verilog_2005_without_warnings(path):
    command = ["iverilog", "-g2005", "-Wall", "-t", "null", "-s", path.stem, *map(str, FILES)]
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
