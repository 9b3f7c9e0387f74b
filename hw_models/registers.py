"""The registers of a core with a bus: the structs of `rtl/registers.json`.

docs/core.md describes each register; compiler/emit/register_map.py lists them for a build.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import reading

REGISTERS = "rtl/registers.json"  # of a build with an AXI4-Lite bus
# Those that programs use by their names, beside the counters.
FIXED = ("ID", "VERSION", "BUILD", "SHAPE", "CONTROL", "STATUS", "ERRORS", "ERROR_SAMPLE")
SAMPLES, LOADS = ("SAMPLES_IN", "SAMPLES_OUT"), ("LOAD_SELECT", "LOAD_DATA")
COUNTED = ("EVENTS_IN", "EVENTS_OUT", "ADDITIONS")  # of each layer

Word = Annotated[int, Meta(ge=0, lt=1 << 32)]
Count = Annotated[int, Meta(ge=1, lt=1 << 32)]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A register of 32 bits at a byte offset.

    `access` combines r (read), w (write) and c (writing a 1 clears a bit).
    """

    name: str
    offset: Annotated[int, Meta(ge=0, lt=1 << 12, multiple_of=4)]
    access: Literal["r", "w", "rc"]
    meaning: str


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A memory of the core that can be loaded at run time; it has `words` words of `bits` bits."""

    name: str
    select: Annotated[int, Meta(ge=0, lt=1 << 32)]  # its number
    words: Count
    bits: Count
    pieces: Count  # of 32 bits, of a word


class RegisterMap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a program needs to know of a core's bus."""

    id: Word
    version: Word
    build: Word
    errors: tuple[str, ...]  # the flags of ERRORS, from bit 0
    layers: tuple[str, ...]
    registers: tuple[Register, ...]
    memories: tuple[Memory, ...]  # none if they are fixed

    @property
    def offsets(self) -> dict[str, int]:
        """The byte offset of each register, by its name."""
        return {register.name: register.offset for register in self.registers}


def counters(layers: int) -> list[str]:
    """The names of the counters, in the order of their registers."""
    return ["CYCLES", *(f"LAYER{n}_{kind}" for n in range(layers) for kind in COUNTED)]


def register_map_of(build: Build) -> RegisterMap:
    """The registers of a build with a bus.

    Raises:
        InputError: the file is none of this version, or does not fit the build.
    """
    where = f"{build.path or build.dataflow.name}/{REGISTERS}"
    try:
        found = reading.decoded(build.files[REGISTERS], RegisterMap)
    except InputError as error:
        raise InputError(f"{where}: {error}; build it again") from error
    names = [register.name for register in found.registers]
    counted = [f"{n}_{half}" for n in counters(len(found.layers)) for half in ("LOW", "HIGH")]
    needed = {*FIXED, *SAMPLES, *counted, *(LOADS if found.memories else ())}
    if len(found.layers) != len(build.dataflow.layers):
        raise InputError(f"{where}: registers of {len(found.layers)} layers; build it again")
    if sorted(names) != sorted(needed) or len(set(found.offsets.values())) != len(names):
        raise InputError(f"{where}: other registers than those of this build; build it again")
    return found


def is_loadable(build: Build) -> bool:
    """Whether a bus can write the build's memories."""
    return REGISTERS in build.files and bool(register_map_of(build).memories)
