"""Gives the block RAMs of an ECP5 their own output registers, which Yosys leaves out.

A read port of a block RAM has a register behind it, which a parameter puts into the path
(REGMODE = "OUTREG") or leaves out ("NOREG"). With it, a word is at the port a cycle later, but soon
after the clock's edge. Where all that a port reads goes into flip-flops, and these differ in
nothing from that register, the netlist means the same with the register in their place.

The cell is that of Lattice's Memory User Guide for ECP5 (FPGA-TN-02204), as Yosys and nextpnr know
it. The register is enabled by OCE alone, and its reset is not used.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

Module = dict[str, Any]  # of the netlist that Yosys's write_json writes
Cell = dict[str, Any]
Readers = dict[int | str, list[tuple[str, str]]]  # what reads a bit: (cell, port), or ("", port)


@dataclass(frozen=True, slots=True)
class ReadPort:
    """A read port of a DP16KD, by the names of the cell's ports and parameters."""

    data: tuple[str, ...]
    clock: str
    enable: str  # of the output register
    modes: tuple[str, ...]


A = ReadPort(tuple(f"DOA{bit}" for bit in range(18)), "CLKA", "OCEA", ("REGMODE_A",))
B = ReadPort(tuple(f"DOB{bit}" for bit in range(18)), "CLKB", "OCEB", ("REGMODE_B",))
# of 36 bits, or of fewer beside a write port of 36
WIDE = ReadPort(A.data + B.data, "CLKB", "OCEB", A.modes + B.modes)

ALWAYS = "1 "  # as write_json writes a string that could be a number


def read_ports(cell: Cell) -> tuple[ReadPort, ...]:
    if cell["type"] != "DP16KD":
        return ()
    return (WIDE,) if int(cell["parameters"]["DATA_WIDTH_A"], 2) == 36 else (A, B)


def use(module: Module) -> int:
    """Put output registers in the place of flip-flops, in the mapped netlist `module`.

    Returns:
        The number of flip-flops that are gone; 0 for other devices than an ECP5.
    """
    cells: dict[str, Cell] = module["cells"]
    readers = readers_of(module)
    gone = set()
    for cell in cells.values():
        for port in read_ports(cell):
            behind = flip_flops_behind(cell, port, cells, readers)
            for output, name in behind.items():
                cell["connections"][output] = cells[name]["connections"]["Q"]
                cell["connections"][port.enable] = [enable_of(cells[name])]
                cell["parameters"].update(dict.fromkeys(port.modes, "OUTREG"))
            gone.update(behind.values())
    for name in gone:
        del cells[name]
    return len(gone)


def readers_of(module: Module) -> Readers:
    readers: Readers = defaultdict(list)
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                for bit in bits:
                    readers[bit].append((name, port))
    for name, port in module["ports"].items():
        if port["direction"] != "input":
            for bit in port["bits"]:
                readers[bit].append(("", name))
    return readers


def flip_flops_behind(
    cell: Cell, port: ReadPort, cells: dict[str, Cell], readers: Readers
) -> dict[str, str]:
    """The flip-flop behind each output of a port that is read.

    It is empty unless all of them can be replaced by the port's register.
    """
    parameters, connections = cell["parameters"], cell["connections"]
    if parameters[f"{port.clock}MUX"] != port.clock:  # the clock is inverted
        return {}
    if any(parameters[mode] != "NOREG" for mode in port.modes):
        return {}
    behind = {}
    for output in port.data:
        read_by = [reader for bit in connections.get(output, ()) for reader in readers[bit]]
        if not read_by:
            continue
        name, where = read_by[0]
        if len(read_by) > 1 or where != "DI" or not is_plain(cells[name]):
            return {}
        if cells[name]["connections"]["CLK"] != connections[port.clock]:
            return {}
        behind[output] = name
    enables = {enable_of(cells[name]) for name in behind.values()}
    return behind if len(enables) == 1 else {}


def is_plain(cell: Cell) -> bool:
    """Whether a cell is a flip-flop on a rising edge that begins at 0 and has no reset."""
    parameters = cell["parameters"]
    return (
        cell["type"] == "TRELLIS_FF"
        and parameters["CLKMUX"] == "CLK"
        and parameters["CEMUX"] in ("CE", ALWAYS)
        and parameters["REGSET"] == "RESET"
        and cell["connections"]["LSR"] == ["0"]
    )


def enable_of(flip_flop: Cell) -> int | str:
    """The bit that enables a plain flip-flop; "1" if it takes its input in each cycle."""
    return "1" if flip_flop["parameters"]["CEMUX"] == ALWAYS else flip_flop["connections"]["CE"][0]
