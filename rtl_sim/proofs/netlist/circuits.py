"""Turns an instance's Verilog and its netlist into gates with the same inputs, in one AIGER file.

Yosys does it. Memories become flip-flops on both sides, and tables gates: the file holds all that
the two circuits remember. Its outputs are 1 where the two differ.
"""

import json
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path

from hw_models.errors import InputError
from rtl_sim.proofs.netlist import undefined
from rtl_sim.proofs.netlist.undefined import BEYOND, UNDEFINED
from rtl_sim.synthesis import tools, yosys
from rtl_sim.synthesis.devices import Technology
from rtl_sim.synthesis.netlists import CELLS
from rtl_sim.synthesis.output_registers import Cell, Module

RTL, NETLIST, CLOCK = "rtl", "netlist", "clk"

# The second file shows which registers never change, whatever their first value is.
READ_RTL = f"""\
read_rtlil elaborated.il
{{hollow}}hierarchy -top {{module}}
rename {{module}} {RTL}
memory_collect
write_json {{name}}.rtl.json
setattr -set keep 1 w:*
opt -fast
write_json {{name}}.folded.json
"""

# What the netlist leaves undefined may be anything: it is an input of the proof.
READ_NETLIST = f"""\
read_json {{name}}.mapped.json
techmap -autoproc -map {{models}} t:*{{own}}
{{read_own}}hierarchy -top {NETLIST}
setattr -mod -unset keep_hierarchy *
proc
flatten
setundef -undriven -anyseq
opt_expr
opt_clean
memory_collect
opt_mem
opt_clean
write_json {{name}}.netlist.json
"""

JOIN = """\
read_json {name}.rtl.json
read_json {name}.netlist.json
alumacc
techmap -max_iter 1 t:$alu
techmap -map carry.v
memory_map
opt_expr -keepdc
opt_clean
simplemap
techmap
dffunmap
read_verilog {name}.both.v
hierarchy -check -top both
setattr -mod -unset keep_hierarchy *
flatten
setundef -zero -init
setundef -zero -undriven
aigmap
write_aiger -zinit -map {name}.map {name}.aig
"""


# Sums carry from bit to bit, as in the netlist: ABC then finds the carries equal one by one.
CARRY = """\
(* techmap_celltype = "$lcu" *)
module carry (P, G, CI, CO);
  parameter WIDTH = 1;
  input [WIDTH-1:0] P, G;
  input CI;
  output [WIDTH-1:0] CO;
  assign CO = G | P & {CO, CI};
endmodule
"""


@dataclass(frozen=True, slots=True)
class Circuits:
    """An instance's two circuits, in NAME.aig."""

    inputs: list[str]  # bits, in the file's order
    outputs: list[str]  # bits, in the file's order; 1 where the circuits differ
    left_open: int  # bits of outputs that nothing in the Verilog drives; they are not compared


def make(technology: Technology, name: str, folder: Path, *, wrap: bool) -> Circuits:
    """Make the circuits of an instance that was synthesized into NAME.json in `folder`.

    Args:
        wrap: whether an address beyond a memory's end counts as one within it. Then the outputs
            also show whether a word is ever written there (BEYOND).

    Raises:
        InputError: Yosys refuses the netlist, or something in it cannot be compared.
    """
    module = yosys.module_of(name)
    hollow = "blackbox top/* %M\n" if name == yosys.TOP else ""
    script = READ_RTL.format(name=name, module=module, hollow=hollow)
    tools.yosys(script, folder, f"{name}.read-rtl")
    rtl = read(folder, f"{name}.rtl", RTL)
    folded = read(folder, f"{name}.folded", RTL)
    mapped = read(folder, name, module)
    for side in (rtl, mapped):
        cut(side)
    check_modes(name, mapped)
    undefined.begin_with_0(mapped)
    write(folder, f"{name}.mapped", NETLIST, mapped)
    read_own = ""
    for cell in technology.own:
        file = f"{cell.lower()}.v"
        (folder / file).write_bytes((CELLS / file).read_bytes())
        read_own += f"read_verilog {file}\n"
    own = "".join(f" t:{cell} %d" for cell in technology.own)
    script = READ_NETLIST.format(name=name, models=technology.models, own=own, read_own=read_own)
    tools.yosys(script, folder, f"{name}.read-netlist")
    netlist = read(folder, f"{name}.netlist", NETLIST)
    if ports_of(rtl) != ports_of(netlist):
        raise InputError(f"{name}: the netlist's ports are not those of the Verilog")
    for side in (rtl, netlist):
        check_clock(name, side)
    undefined.choose_first_values(rtl, mapped, folded)
    left_open = undefined.open_outputs(rtl)
    undefined.widen_memories(rtl, wrap)
    write(folder, f"{name}.rtl", RTL, rtl)
    (folder / f"{name}.both.v").write_text(both(ports_of(rtl), left_open))
    (folder / "carry.v").write_text(CARRY)
    tools.yosys(JOIN.format(name=name), folder, f"{name}.join")
    circuits = named(folder / f"{name}.map", len(left_open))
    given = bits_of(ports_of(rtl), "input") - {f"{CLOCK}[0]"}
    expected = bits_of(ports_of(rtl), "output") - left_open
    assert given <= set(circuits.inputs), f"{name}: no inputs: {given - set(circuits.inputs)}"
    assert expected == set(circuits.outputs), f"{name}: {expected ^ set(circuits.outputs)}"
    return circuits


def read(folder: Path, name: str, module: str) -> Module:
    return json.loads((folder / f"{name}.json").read_text())["modules"][module]


def write(folder: Path, name: str, module: str, content: Module) -> None:
    (folder / f"{name}.json").write_text(json.dumps({"modules": {module: content}}))


def cut(module: Module) -> None:
    """Make the ports of the instances in a module ports of the module: it is compared without."""
    for name, cell in list(module["cells"].items()):
        if cell["type"].startswith(f"{yosys.TOP}."):
            for port, bits in cell["connections"].items():
                inner = cell["port_directions"][port]
                outer = {"input": "output", "output": "input"}[inner]
                module["ports"][f"{name}.{port}"] = {"direction": outer, "bits": bits}
            del module["cells"][name]


def check_modes(name: str, mapped: Module) -> None:
    """Refuse a block RAM in a mode that its model does not have.

    Raises:
        InputError: there is one.
    """
    for cell in mapped["cells"].values():
        if cell["type"] != "DP16KD":
            continue
        parameters, connections = cell["parameters"], cell["connections"]
        for side in "AB":
            idle = connections.get(f"CE{side}", ["0"]) == ["0"]
            reset = connections.get(f"RST{side}", ["0"]) != ["0"]
            if not idle and parameters[f"CLK{side}MUX"] != f"CLK{side}":
                raise InputError(f"{name}: a block RAM's clock is inverted")
            if reset and parameters["RESETMODE"] != "SYNC":
                raise InputError(f"{name}: a block RAM's reset is not synchronous")


def check_clock(name: str, module: Module) -> None:
    """Refuse what is not on the rising edge of the instance's clock.

    Raises:
        InputError: there is something.
    """
    clock = module["ports"].get(CLOCK, {"bits": []})["bits"]
    for cell in module["cells"].values():
        clocks = clocks_of(cell)
        if any(bit not in clock or edge != "1" for bit, edge in clocks):
            raise InputError(f"{name}: a {cell['type']} is not on the rising edge of {CLOCK}")


def clocks_of(cell: Cell) -> Iterable[tuple[int | str, str]]:
    """The clocks of a cell that Yosys knows, with "1" for the rising edge."""
    parameters, connections = cell["parameters"], cell["connections"]
    if cell["type"] == "$mem_v2":
        for side in ("RD", "WR"):
            ports = int(parameters[f"{side}_PORTS"], 2)
            enabled = parameters[f"{side}_CLK_ENABLE"][::-1]
            edges = parameters[f"{side}_CLK_POLARITY"][::-1]
            for port in range(ports):
                if enabled[port] == "1":
                    yield connections[f"{side}_CLK"][port], edges[port]
    elif "CLK" in connections:
        yield connections["CLK"][0], parameters["CLK_POLARITY"][-1]


def ports_of(module: Module) -> dict[str, tuple[str, int]]:
    """The direction and the number of bits of each port."""
    return {name: (port["direction"], len(port["bits"])) for name, port in module["ports"].items()}


def bits_of(ports: dict[str, tuple[str, int]], direction: str) -> set[str]:
    return {
        f"{name}[{bit}]"
        for name, (way, bits) in ports.items()
        if way == direction
        for bit in range(bits)
    }


def both(ports: dict[str, tuple[str, int]], left_open: Set[str]) -> str:
    """The Verilog of a module around both circuits, whose outputs are 1 where theirs differ.

    Args:
        ports: of the Verilog's circuit.
        left_open: bits that are not compared.
    """
    declared, inside = [], []
    connected: dict[str, list[str]] = {RTL: [], NETLIST: []}
    for name, (direction, bits) in ports.items():
        if direction == "input":
            declared.append(f"input [{bits - 1}:0] \\{name} ")
            for side in connected:
                connected[side].append(f".\\{name} (\\{name} )")
            continue
        own = name in (BEYOND, UNDEFINED)
        for side in [RTL] if own else connected:
            inside.append(f"wire [{bits - 1}:0] \\{side}.{name} ;")
            connected[side].append(f".\\{name} (\\{side}.{name} )")
        for bit in range(bits):
            if (output := f"{name}[{bit}]") not in left_open:
                declared.append(f"output \\{output} ")
                other = "1'b0" if own else f"\\{NETLIST}.{name} [{bit}]"
                inside.append(f"assign \\{output} = \\{RTL}.{name} [{bit}] ^ {other};")
    inside += [f"{side} {side} ({', '.join(connected[side])});" for side in connected]
    return "\n".join([f"module both({', '.join(declared)});", *inside, "endmodule\n"])


def named(path: Path, left_open: int) -> Circuits:
    """The names in a file that write_aiger wrote; each output is a port."""
    lines = [line.split() for line in path.read_text().splitlines()]
    inputs = {int(n): f"{name}[{bit}]" for kind, n, bit, name in lines if kind == "input"}
    outputs = {int(n): name for kind, n, _, name in lines if kind == "output"}
    return Circuits(
        inputs=[inputs[n] for n in sorted(inputs)],
        outputs=[outputs[n] for n in range(len(outputs))],
        left_open=left_open,
    )
