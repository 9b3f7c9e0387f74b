"""The core's AXI4-Lite registers as one list, for the Verilog, for programs and for the host.

trispike_registers.v decodes the fixed registers by hand; docs/core.md describes each one.
"""

import hashlib
import json
from dataclasses import dataclass

import msgspec

from hw_models.core.address import Fields, as_map
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.hardware import Registers
from hw_models.registers import Memory, Register, RegisterMap, counters

ID = 0x5452_5350  # "TRSP"
VERSION = 0x0001_0001  # of the map: incompatible changes in the upper half, additions in the lower
ADDR_BITS = 12
COUNTERS_AT, COUNTER_BYTES = 0x100, 8
LAYERS_MAX = ((1 << ADDR_BITS) - COUNTERS_AT - COUNTER_BYTES) // (3 * COUNTER_BYTES)
TIMESTEPS_MAX = (1 << 16) - 1

ERRORS = ("range", "repeat", "early", "late", "load")  # flags, from bit 0
PARITY = "parity"  # the next flag, of a core with parity bits


@dataclass(frozen=True, slots=True)
class Bus:
    """The core's AXI4-Lite bus: its registers, and a guard in front of the input."""

    channel_bits: int = 0  # width of a loadable bias or threshold; 0: memories are fixed
    parity: bool = False  # each word of the memories has a parity bit

    @property
    def loadable(self) -> bool:
        return self.channel_bits > 0

    @property
    def errors(self) -> tuple[str, ...]:
        """The flags of the register ERRORS, from bit 0."""
        return (*ERRORS, PARITY) if self.parity else ERRORS


def fixed(bus: Bus) -> list[Register]:
    """The registers that every core with such a bus has."""
    flags = ", ".join(f"bit {bit} {name}" for bit, name in enumerate(bus.errors))
    found = [
        Register("ID", 0x00, "r", "0x54525350, 'TRSP'"),
        Register("VERSION", 0x04, "r", "of this map, major in the upper half"),
        Register("BUILD", 0x08, "r", "first 32 bits of the sha256 of rtl/parameters.json"),
        Register("SHAPE", 0x0C, "r", "time steps [31:16], layers [15:1], loadable [0]"),
        Register("CONTROL", 0x10, "w", "bit 0: reset the core, its counters and its streams"),
        Register("STATUS", 0x14, "r", "bit 0: a sample is in the core"),
        Register("ERRORS", 0x18, "rc", flags),
        Register("ERROR_SAMPLE", 0x1C, "r", "number, since reset, of the sample of the first flag"),
        Register("SAMPLES_IN", 0x20, "r", "samples that are in as a whole, since reset"),
        Register("SAMPLES_OUT", 0x24, "r", "samples whose last word has left, since reset"),
    ]
    if bus.loadable:
        found += [
            Register("LOAD_SELECT", 0x28, "w", "number of the memory to be loaded, from its start"),
            Register("LOAD_DATA", 0x2C, "w", "the next 32 bits; a word's highest piece first"),
        ]
    return found


def register_map(build: Build, bus: Bus) -> list[Register]:
    """All registers by rising address.

    Raises:
        InputError: there are more layers or time steps than the map has room for.
    """
    flow = build.dataflow
    if len(flow.layers) > LAYERS_MAX or flow.timesteps > TIMESTEPS_MAX:
        raise InputError(
            f"{flow.name}: {len(flow.layers)} layers, {flow.timesteps} time steps; the registers "
            f"have room for {LAYERS_MAX} and {TIMESTEPS_MAX}; build it without --axi-lite"
        )
    found = fixed(bus)
    for n, name in enumerate(counters(len(flow.layers))):
        at = COUNTERS_AT + n * COUNTER_BYTES
        found += [
            Register(f"{name}_LOW", at, "r", "bits 31..0; keeps the others for the next read"),
            Register(f"{name}_HIGH", at + 4, "r", "the others, of the low word read last"),
        ]
    return found


def instance(build: Build, bus: Bus, build_id: int) -> Registers:
    """The instance of the registers in the top level."""
    return Registers(
        counters=len(counters(len(build.dataflow.layers))),
        errors=len(bus.errors),
        addr_bits=ADDR_BITS,
        version=VERSION,
        build=build_id,
        shape=shape_word(build, bus),
    )


def shape_word(build: Build, bus: Bus) -> int:
    """The value of the register SHAPE."""
    flow = build.dataflow
    return flow.timesteps << 16 | len(flow.layers) << 1 | bus.loadable


def build_word(parameters: bytes) -> int:
    """The value of the register BUILD, computed from rtl/parameters.json."""
    return int.from_bytes(hashlib.sha256(parameters).digest()[:4], "big")


def as_json(build: Build, bus: Bus, build_id: int, memories: list[Memory]) -> bytes:
    """rtl/registers.json."""
    flow = build.dataflow
    described = RegisterMap(
        id=ID,
        version=VERSION,
        build=build_id,
        errors=bus.errors,
        layers=tuple(layer.name for layer in flow.layers),
        registers=tuple(register_map(build, bus)),
        memories=tuple(memories),
    )
    return json.dumps(msgspec.to_builtins(described), indent=1).encode() + b"\n"


def as_header(build: Build, bus: Bus, build_id: int) -> bytes:
    """rtl/registers.h: the registers and the streams' constants in C, for the host."""
    flow = build.dataflow
    channels, height, width = as_map(flow.input.shape)
    lines = [
        "/* SPDX-License-Identifier: Apache-2.0 */",
        "/* The core's registers and streams: generated, see docs/core.md. */",
        "#ifndef TRISPIKE_REGISTERS_H",
        "#define TRISPIKE_REGISTERS_H",
        "",
    ]
    constants = {
        "MAGIC": f"0x{ID:08x}u",
        "MAP_VERSION": f"0x{VERSION:08x}u",
        "BUILD": f"0x{build_id:08x}u",
        "TIMESTEPS": f"{flow.timesteps}u",
        "STATIC": f"{int(flow.input.encoding == 'static')}",
        "X_MAX": f"{flow.input.x_max}",
        "CHANNELS": f"{channels}u",
        "HEIGHT": f"{height}u",
        "WIDTH": f"{width}u",
        "X_SHIFT": f"{Fields.of(flow.input.shape).x_shift}u",
        "Y_SHIFT": f"{Fields.of(flow.input.shape).y_shift}u",
        "CLASSES": f"{flow.layers[-1].size}u",
        "LAYERS": f"{len(flow.layers)}u",
    }
    lines += [f"#define TRISPIKE_{name:<28} {value}" for name, value in constants.items()]
    lines.append("")
    for register in register_map(build, bus):
        lines.append(f"#define TRISPIKE_REG_{register.name:<24} 0x{register.offset:03x}u")
    lines.append("")
    for bit, name in enumerate(bus.errors):
        lines.append(f"#define TRISPIKE_ERROR_{name.upper():<22} 0x{1 << bit:02x}u")
    return "\n".join([*lines, "", "#endif", ""]).encode()
