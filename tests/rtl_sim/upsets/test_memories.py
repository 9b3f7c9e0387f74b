"""The memories in which bits flip, against those that the Verilog declares."""

import re
import subprocess

import pytest

from hw_models.folder import files
from rtl_sim import sources
from rtl_sim.upsets.memories import KINDS, memories_of
from tests.mutation import builds

SIZES = re.compile(r"(\S+) (\d+) (\d+)$", re.MULTILINE)


@pytest.mark.parametrize(
    "name", ["conv", "columns", "joined", "loadable", "spikes", "parity", "parity of maps"]
)
def test_names_and_sizes_are_those_of_the_verilog(name, tmp_path):
    build = builds.build(name)
    found = memories_of(build)
    shown = "".join(
        f'$display("{m.name} %0d %0d", $size(dut.{m.name}), $bits(dut.{m.name}[0]));\n'
        for m in found
    )
    top = f"module bench; {sources.core(build)} dut ();\ninitial begin {shown} end endmodule\n"
    made = sources.hardware_files(build) | {"bench.v": top.encode()}
    files.write({tmp_path / path: content for path, content in made.items()})
    command = ["iverilog", "-g2012", "-s", "bench", "-o", "a.vvp", *sources.paths(build), "bench.v"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    said = subprocess.run(["vvp", "-n", "a.vvp"], cwd=tmp_path, check=True, capture_output=True)
    sizes = {path: (int(n), int(bits)) for path, n, bits in SIZES.findall(said.stdout.decode())}
    assert sizes == {m.name: (m.words, m.word_bits) for m in found}
    assert {m.kind for m in found} == set(KINDS)


def test_no_memory_is_left_out():
    """Each array of the modules that keep a network's integers has its kind."""
    build = builds.build("columns")
    names = [m.name for m in memories_of(build)]
    assert len(set(names)) == len(names)
    modules = sources.modules(build)
    arrays = {
        (module, array)
        for module, text in modules.items()
        for array in re.findall(r"^ *reg .*?(\w+) +\[0:", re.sub(r"\(\*.*?\*\)", "", text), re.M)
    }
    # The others hold events, spikes and logits on their way, and constants.
    assert {("rom", "mem"), ("accumulators", "mem"), ("update", "v_mem")} <= arrays
