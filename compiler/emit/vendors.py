"""Scripts that take a build into Vivado, Quartus Prime and Platform Designer.

docs/vendors.md says what they do, and how far they were checked.
"""

import re
from typing import NamedTuple

from compiler.emit import register_map, verilog
from compiler.emit.verilog import Port
from hw_models.registers import Register

CLOCK, RESET = "clk", "rst_n"
LITE = "s_axil"  # the AXI4-Lite interface; the others are AXI4-Stream
FACTS = {
    "clock": CLOCK,
    "reset": RESET,
    "lite": LITE,
    "range": 1 << register_map.ADDR_BITS,
    "access": {"r": "read-only", "w": "write-only", "rc": "read-write"},
    # What the scripts take if they are told nothing else: devices of common boards that the free
    # editions of the tools know.
    "part": "xc7z020clg400-1",
    "family": "Cyclone V",
    "device": "5CSEBA6U23I7",
    "period": 10,  # ns
}


class Interface(NamedTuple):
    """An AXI interface of the core: its ports by their signals, such as `tdata`."""

    name: str
    signals: dict[str, Port]

    @property
    def lite(self) -> bool:
        return self.name == LITE

    @property
    def reads(self) -> bool:
        """Whether it is the interface's slave side, where data and commands come in."""
        return self.name.startswith("s_")


def interfaces(ports: list[Port]) -> list[Interface]:
    """The AXI interfaces of a core; a port of one is called INTERFACE_SIGNAL."""
    found: dict[str, dict[str, Port]] = {}
    for port in ports:
        if port.name not in (CLOCK, RESET):
            name, _, signal = port.name.rpartition("_")
            found.setdefault(name, {})[signal] = port
    return [Interface(name, signals) for name, signals in found.items()]


def scripts(
    name: str, module: str, ports: list[Port], sources: list[str], registers: list[Register]
) -> dict[str, bytes]:
    """The scripts by path; they lie in the build folder's root and work from there.

    - vivado.tcl: a project of the core, or an IP for block designs.
    - quartus.tcl: a project of the core.
    - MODULE_hw.tcl: the core as a component of Platform Designer.

    Args:
        name: the build's name.
        module: the core's module.
        ports: its ports.
        sources: its Verilog files, itself the last.
        registers: those behind its AXI4-Lite interface; none if it has no such interface.
    """
    facts = FACTS | {
        "title": re.sub(r"[^\w.-]+", " ", name, flags=re.ASCII),
        "module": module,
        "ports": ports,
        "interfaces": interfaces(ports),
        "sources": sources,
        "registers": registers,
    }
    templates = {
        "vivado.tcl": "vivado.tcl.j2",
        "quartus.tcl": "quartus.tcl.j2",
        f"{module}_hw.tcl": "hw.tcl.j2",
    }
    return {
        path: verilog.templates().get_template(template).render(facts).encode()
        for path, template in templates.items()
    }
