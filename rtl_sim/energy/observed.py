"""Gives each instance of a netlist ports with all of its nets, for a bench that counts toggles.

The ports have few bits each, since simulators compile wide vectors slowly. Those with the enables
of memories come first: of these the bench also counts the cycles in which they are 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rtl_sim.sources import Nets
from rtl_sim.synthesis.output_registers import Module
from rtl_sim.synthesis.yosys import TOP, module_of

Places = Mapping[int | str, int]  # where a net stands; a constant has no place
MEMORY = "$mem_v2"
WIDEST = 64  # bits of a port


@dataclass
class Observed:
    """The instances of a netlist, and where each net stands in the ports of its instance."""

    modules: dict[str, Module] = field(default_factory=dict)  # by instance
    places: dict[str, Places] = field(default_factory=dict)  # by instance

    def add(self, top: Module, modules: dict[str, Module]) -> dict[str, list[Nets]]:
        """Add the ports to the modules of the instances, and the wires to the top level.

        Returns:
            the ports by instance, for the instances that have nets.
        """
        added = {}
        used = [bit for net in top.get("netnames", {}).values() for bit in net["bits"]]
        free = 1 + max((bit for bit in used if isinstance(bit, int)), default=0)
        # The top level's own nets first: later it has those of the instances as well.
        for name in sorted(modules, key=lambda name: name != TOP):
            module = modules[name]
            found, enables = nets_of(module), enables_of(module)
            nets = [*sorted(enables), *sorted(found - enables)]
            if not cells_of(module):
                continue
            self.modules[name] = {**module, "cells": cells_of(module)}
            self.places[name] = {net: place for place, net in enumerate(nets)}
            added[name] = []
            for first in range(0, len(nets), WIDEST):
                bits = nets[first : first + WIDEST]
                port = Nets(f"nets{first // WIDEST}", len(bits), first < len(enables))
                module["ports"][port.name] = {"direction": "output", "bits": bits}
                if name != TOP:
                    connect(top, name, port, free)
                    free += port.bits
                added[name].append(port)
        return added


def cells_of(module: Module) -> dict[str, Any]:
    """The cells of a module that are neither instances of the core nor notes of Yosys."""
    cells = module["cells"].items()
    other = ("$scopeinfo", f"{TOP}.")
    return {name: cell for name, cell in cells if not cell["type"].startswith(other)}


def enables_of(module: Module) -> set[int]:
    """The nets that enable reads and writes of memories."""
    memories = [cell["connections"] for cell in module["cells"].values() if cell["type"] == MEMORY]
    bits = [bit for connections in memories for bit in connections["RD_EN"] + connections["WR_EN"]]
    return {bit for bit in bits if isinstance(bit, int)}


def nets_of(module: Module) -> set[int]:
    """The nets that something in the module drives, or that come in."""
    nets = set()
    for port in module["ports"].values():
        if port["direction"] == "input":
            nets.update(port["bits"])
    for cell in module["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                nets.update(bits)
    return {bit for bit in nets if isinstance(bit, int)}


def connect(top: Module, name: str, port: Nets, free: int) -> None:
    """Give the top level a wire INSTANCE_PORT, with bits from `free` on, at an instance's port."""
    bits = list(range(free, free + port.bits))
    top["netnames"][f"{name}_{port.name}"] = {"hide_name": 0, "bits": bits, "attributes": {}}
    for cell in top["cells"].values():
        if cell["type"] == module_of(name):
            cell["connections"][port.name] = bits
            cell["port_directions"][port.name] = "output"
