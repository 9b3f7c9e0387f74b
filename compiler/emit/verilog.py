"""Writes the texts of a build's hardware: core, alias, library modules and fusesoc.core."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import jinja2

from compiler.emit import register_map
from hw_models import hardware
from hw_models.core import stream_words
from hw_models.core.address import Fields
from hw_models.dataflow import Dataflow
from hw_models.registers import Memory

# The Verilog library is read as data: its files are copied, and no module of rtl_sim is imported.
LIBRARY = resources.files("rtl_sim") / "verilog"
PREFIX = "trispike_"  # of the name of each library module and of the core
WAIVERS = "lint.vlt"  # the lint warnings that Verilator may ignore in these modules


class Port(NamedTuple):
    """A port of the core."""

    direction: str
    name: str
    bits: int = 0  # 0: a single wire, not a vector


PORTS = (
    Port("input", "clk"),
    Port("input", "rst_n"),
    Port("input", "s_axis_tdata", stream_words.IN_BITS),
    Port("input", "s_axis_tvalid"),
    Port("input", "s_axis_tlast"),
    Port("output", "s_axis_tready"),
    Port("output", "m_axis_tdata", stream_words.OUT_BITS),
    Port("output", "m_axis_tvalid"),
    Port("output", "m_axis_tlast"),
    Port("input", "m_axis_tready"),
)
BUS_PORTS = (
    Port("input", "s_axil_awaddr", register_map.ADDR_BITS),
    Port("input", "s_axil_awprot", 3),
    Port("input", "s_axil_awvalid"),
    Port("output", "s_axil_awready"),
    Port("input", "s_axil_wdata", 32),
    Port("input", "s_axil_wstrb", 4),
    Port("input", "s_axil_wvalid"),
    Port("output", "s_axil_wready"),
    Port("output", "s_axil_bresp", 2),
    Port("output", "s_axil_bvalid"),
    Port("input", "s_axil_bready"),
    Port("input", "s_axil_araddr", register_map.ADDR_BITS),
    Port("input", "s_axil_arprot", 3),
    Port("input", "s_axil_arvalid"),
    Port("output", "s_axil_arready"),
    Port("output", "s_axil_rdata", 32),
    Port("output", "s_axil_rresp", 2),
    Port("output", "s_axil_rvalid"),
    Port("input", "s_axil_rready"),
)


def module_name(name: str) -> str:
    """The core's module: the build's name as an identifier that no library module has."""
    module = PREFIX + re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"{module}_core" if (LIBRARY / f"{module}.v").is_file() else module


def library_files(verilog: str) -> dict[str, bytes]:
    """The library files that a text needs, by name in rising order.

    They are all modules that the text names outside of comments, the modules that those name, and
    so on.
    """
    found: dict[str, bytes] = {}
    texts = [verilog]
    while texts:
        code = re.sub(r"//.*", "", texts.pop())
        for module in set(re.findall(rf"\b{PREFIX}\w+", code)):
            file = LIBRARY / f"{module}.v"
            if file.name not in found and file.is_file():
                found[file.name] = file.read_bytes()
                texts.append(found[file.name].decode())
    return dict(sorted(found.items()))


def fusesoc_core(name: str, module: str, sources: list[str], paths: list[str]) -> str:
    """fusesoc.core; it lies in the folder's root since FuseSoC takes no files from outside it."""
    name = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII)
    memories = [path for path in paths if path.startswith("mem/")]
    return (
        templates()
        .get_template("fusesoc.core.j2")
        .render(
            name=name,
            module=module,
            sources=sources,
            memories=memories,
            waivers=f"rtl/{WAIVERS}",
            top="rtl/top.v",
        )
    )


def alias(module: str, ports: list[Port]) -> str:
    """rtl/top.v."""
    template = templates().get_template("top.v.j2")
    return template.render(module=module, ports=ports, declarations=declarations(ports))


def declarations(ports: list[Port]) -> str:
    """The ports as a module declares them, one per line."""
    vectors = [f"[{port.bits - 1}:0]" if port.bits else "" for port in ports]
    width = max(map(len, vectors))
    return ",\n".join(
        f"  {port.direction:<6} wire {vector:<{width}} {port.name}"
        for port, vector in zip(ports, vectors, strict=True)
    )


@cache
def templates() -> jinja2.Environment:
    """The compiler's templates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("compiler.emit"),
        extensions=["jinja2.ext.do"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["parameters"] = parameter_list
    environment.filters["suffix"] = str.__add__
    environment.filters["pad"] = str.ljust
    return environment


def core_level(
    flow: Dataflow,
    module: str,
    ports: list[Port],
    made: hardware.Hardware,
    digit_bits: int,
    bus: Mapping[str, hardware.Instance | None] | None,
    loads: list[Memory],
    parity: bool,
) -> str:
    """The module that connects the library's modules.

    Args:
        digit_bits: the width of the digit field in the input's events.
        bus: the instances `guard`, `registers` and `loader` of a core with a bus.
        loads: the memories that can be loaded.
        parity: whether the memories have parity bits; there is then a bus.
    """
    loader = bus["loader"] if bus else None
    sizes = loader.parameters() if loader else {}
    return (
        templates()
        .get_template("core.v.j2")
        .render(
            module=module,
            declarations=declarations(ports),
            title=re.sub(r"[^\w.-]+", " ", flow.name, flags=re.ASCII),
            layers=made.layers,
            inlets=made.inlets,
            addr_bits=Fields.of(flow.input.shape).bits,
            digit_bits=digit_bits,
            words=stream_words,
            bus=bus,
            bus_ports=BUS_PORTS,
            parity=parity,
            loads={memory.name: memory.select for memory in loads},
            load={f"LOAD_{name}": sizes[name] for name in ("ADDR_BITS", "WORD_BITS") if sizes},
        )
    )


def parameter_list(instance: hardware.Instance, *more: Mapping[str, int | str]) -> str:
    """Aligned lines `.NAME(value),` for the parameters of the instance and for `more`."""
    parameters = dict(instance.parameters())
    for others in more:
        parameters |= others
    width = max(map(len, parameters))
    return ",\n".join(f"    .{name:<{width}}({value})" for name, value in parameters.items())
