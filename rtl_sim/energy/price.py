"""Prices the cells of an instance by the toggles of its nets.

For each net: half of C V^2 a toggle, where C are the input pins on it and a length of wire for
each. For each cell: the energy within it, for each toggle of an output at that net's load, or of an
input that no output follows. For each flip-flop: the clock's two edges a cycle, within it and on
its pin and wire. For each memory: its reads and writes. And leakage, for the time that it takes.

A net between two instances is charged, at each end, with the pins that are there.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.cost.energy import sram_pj_per_bit
from rtl_sim.energy.cells import Library
from rtl_sim.energy.observed import MEMORY, Module, Places

# From 45 nm and 0.9 V to 0.18 um and 1.8 V, as capacitance goes with length, and energy with
# capacitance and the square of the voltage.
SCALE = (180 / 45) * (1.8 / 0.9) ** 2


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """What an instance spends, in pJ, and what it consists of."""

    clock_pj: float  # of the flip-flops' clock pins
    registers_pj: float  # within flip-flops whose input or output toggles
    gates_pj: float  # within gates
    wires_pj: float  # charging input pins and wires
    memories_pj: float
    leakage_pj: float
    cells: int
    flip_flops: int
    memory_bits: int
    area_um2: float  # of the cells, without memories

    @property
    def total_pj(self) -> float:
        return sum(getattr(self, name) for name in PARTS)

    def __add__(self, other: "Priced") -> "Priced":
        return Priced(**{f: getattr(self, f) + getattr(other, f) for f in self.__struct_fields__})

    def per(self, samples: int) -> "Priced":
        """What a sample spends."""
        parts = {name: round(getattr(self, name) / samples, 4) for name in PARTS}
        return msgspec.structs.replace(self, **parts)


PARTS = ("clock_pj", "registers_pj", "gates_pj", "wires_pj", "memories_pj", "leakage_pj")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the prices assume beside the library."""

    clock_mhz: float
    wire_pf: float  # of the wire to one pin
    transition_ns: float  # of all inputs


def price(
    module: Module,
    places: Places,
    counts: NDArray[np.int64],
    cycles: int,
    library: Library,
    conditions: Conditions,
) -> Priced:
    """Price one instance over a number of cycles.

    Args:
        module: its netlist.
        places: where each net stands in `counts`.
        counts: (toggles, cycles at 1) of each net, [nets, 2].
        cycles: the number of cycles counted.
    """
    cells = module["cells"].values()
    plain = [(cell, library.cells[cell["type"]]) for cell in cells if cell["type"] != MEMORY]
    memories = [cell for cell in cells if cell["type"] == MEMORY]

    def toggles(bit: int | str) -> int:
        return int(counts[places[bit], 0]) if bit in places else 0  # a constant has no place

    load: dict[int | str, float] = defaultdict(float)  # pF, by net
    for cell, kind in plain:
        for pin, capacitance in kind.inputs.items():
            for bit in cell["connections"].get(pin, ()):
                load[bit] += capacitance + conditions.wire_pf
    for cell in memories:
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] != "output":
                for bit in bits:
                    load[bit] += conditions.wire_pf

    volts2 = library.voltage**2
    wires = sum(0.5 * pf * volts2 * toggles(bit) for bit, pf in load.items())
    within: dict[bool, float] = defaultdict(float)  # by whether the cell is a flip-flop
    clock = leakage = 0.0
    for cell, kind in plain:
        connections, spent = cell["connections"], 0.0
        for pin in kind.outputs:
            for bit in connections.get(pin, ()):
                spent += toggles(bit) * kind.internal_pj(pin, load[bit])
        for pin, energy in kind.passive_pj.items():
            for bit in connections.get(pin, ()):
                spent += toggles(bit) * energy
        within[bool(kind.clock)] += spent
        if kind.clock:
            clock += cycles * (kind.clock_pj + (kind.clock_pf + conditions.wire_pf) * volts2)
        leakage += kind.leakage_nw
    return Priced(
        clock_pj=clock,
        registers_pj=within[True],
        gates_pj=within[False],
        wires_pj=wires,
        memories_pj=sum(memory_pj(cell, places, counts, cycles) for cell in memories),
        leakage_pj=leakage * 1e-3 * cycles / conditions.clock_mhz,  # nW us = 1e-3 pJ
        cells=len(plain),
        flip_flops=sum(bool(kind.clock) for _, kind in plain),
        memory_bits=sum(number(cell, "SIZE") * number(cell, "WIDTH") for cell in memories),
        area_um2=sum(kind.area for _, kind in plain),
    )


def number(cell: dict[str, Any], parameter: str) -> int:
    return int(cell["parameters"][parameter], 2)


def access_pj(size: int, width: int) -> float:
    """A read or a write of a word of `width` bits, of `size` words, in 0.18 um at 1.8 V."""
    return SCALE * width * sram_pj_per_bit(size * width)


def memory_pj(
    cell: dict[str, Any], places: Places, counts: NDArray[np.int64], cycles: int
) -> float:
    """What a memory spends: a read in each cycle in which a port reads, and likewise for writes.

    A port without a clock reads where its address changes, at most once a cycle.
    """

    def high(bit: int | str) -> int:
        return int(counts[places[bit], 1]) if bit in places else cycles * (bit == "1")

    size, width, connections = number(cell, "SIZE"), number(cell, "WIDTH"), cell["connections"]
    address_bits, clocked = number(cell, "ABITS"), cell["parameters"]["RD_CLK_ENABLE"][::-1]
    accesses = 0
    for port in range(number(cell, "RD_PORTS")):
        if clocked[port] == "1":
            accesses += high(connections["RD_EN"][port])
        else:
            address = connections["RD_ADDR"][port * address_bits : (port + 1) * address_bits]
            changes = sum(int(counts[places[bit], 0]) for bit in address if bit in places)
            accesses += min(cycles, changes)
    for port in range(number(cell, "WR_PORTS")):
        enables = connections["WR_EN"][port * width : (port + 1) * width]
        accesses += max(high(bit) for bit in enables)
    return accesses * access_pj(size, width)
