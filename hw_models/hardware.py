"""The structs of rtl/parameters.json: the instances of a build's top level and their parameters.

The compiler writes the file; the simulation, the synthesis and the proofs read it. A struct has the
name of its Verilog module without the prefix, and its fields are the module's parameters in lower
case. The modules explain each parameter.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from hw_models.core.layout import rearranged
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import reading

PARAMETERS = "rtl/parameters.json"
TOP, FILES = "rtl/top.v", "rtl/files.f"
NETLIST = "rtl/netlist.json"  # of a build with a netlist in the place of its Verilog
SIZED = {  # Verilog literals for parameters of a fixed width
    "plus": "11'b{:011b}", "minus": "11'b{:011b}",
    "version": "32'h{:08x}", "build": "32'h{:08x}", "shape": "32'h{:08x}",
}  # fmt: skip


class Instance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instance of a module; its fields are the module's parameters in lower case."""

    def parameters(self) -> Mapping[str, int | str]:
        """The parameters by their Verilog names; vectors, sized numbers and files are literals."""
        return {
            field.upper(): literal(field, getattr(self, field)) for field in self.__struct_fields__
        }


def literal(field: str, value: int | str | tuple[int, ...]) -> int | str:
    """The Verilog literal of a parameter's value.

    A tuple becomes a vector of 32-bit numbers, the first in the lowest bits. A string is the name
    of a memory file in mem/, which the top level looks for in its folder MEM_DIR.
    """
    if isinstance(value, tuple):
        return "{" + ", ".join(f"32'd{each}" for each in reversed(value)) + "}"
    if isinstance(value, str):
        if not value:
            return '""'
        return f'{{MEM_DIR, "{value.removeprefix("mem")}"}}'
    return SIZED[field].format(value) if field in SIZED else value


class Pool(Instance, frozen=True, kw_only=True):
    c: int
    in_h: int
    in_w: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    digit_bits: int
    in_addr_bits: int
    out_addr_bits: int


class Engine(Instance, frozen=True, kw_only=True):
    in_c: int
    in_h: int
    in_w: int
    n: int
    groups: int
    out_h: int
    out_w: int
    kernel_h: int
    kernel_w: int
    stride_h: int
    stride_w: int
    padding_h: int
    padding_w: int
    lanes: int
    slice: int
    packed: int
    addr_bits: int
    digit_bits: int
    w_bits: int
    acc_bits: int
    shift: int
    memory: int
    repeat: int
    parity: Annotated[int, Meta(ge=0, le=1)]
    weight_file: str

    @property
    def current_bits(self) -> int:
        """The width of a neuron's current."""
        return self.acc_bits + self.shift

    @property
    def weight_word_bits(self) -> int:
        """The width of a word of the weight memory, with its parity bit if it has one."""
        return self.w_bits * (1 if self.packed else self.lanes) + self.parity


class Interleave(Instance, frozen=True, kw_only=True):
    engines: int
    width: int
    rows: int
    bits: int
    latency: int


class Merge(Instance, frozen=True, kw_only=True):
    slice: int
    a_bits: int
    b_bits: int
    bits: int


class Update(Instance, frozen=True, kw_only=True):
    words: int
    rows: int
    slice: int
    latency: int
    current_bits: int
    bias_bits: int
    threshold_bits: int
    p_bits: int
    v_bits: int
    leak_bits: int
    k: int
    plus: int
    minus: int
    ternary: int
    soft_reset: int
    readout: int
    no_memory: int
    parity: Annotated[int, Meta(ge=0, le=1)]
    bias_file: str
    threshold_file: str

    @property
    def bias_word_bits(self) -> int:
        """The width of a word of biases, with its parity bit if it has one."""
        return self.slice * self.bias_bits + self.parity

    @property
    def threshold_word_bits(self) -> int:
        """The width of a word of thresholds, with its parity bit if it has one."""
        return self.slice * self.threshold_bits + self.parity

    @property
    def v_word_bits(self) -> int:
        """The width of a word of membranes, with its parity bit if it has one."""
        return self.slice * self.v_bits + self.parity


class Outlet(Instance, frozen=True, kw_only=True):
    n: int
    groups: int
    width: int
    slice: int
    buffer: int
    addr_bits: int


class Readout(Instance, frozen=True, kw_only=True):
    classes: int
    logit_bits: int
    class_bits: int


class StreamGuard(Instance, frozen=True, kw_only=True):
    steps: int
    c: int
    h: int
    w: int
    digit_max: int
    signed: int


class Registers(Instance, frozen=True, kw_only=True):
    counters: int
    errors: int
    addr_bits: int
    version: int
    build: int
    shape: int


class Loader(Instance, frozen=True, kw_only=True):
    memories: int
    word_bits: int
    addr_bits: int
    pieces: tuple[int, ...]
    words: tuple[int, ...]


class Branch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An engine of a synapse, and the pools on the way to it."""

    stream: str  # the stream that it reads, by its name in the top level
    pools: tuple[Pool, ...]
    engine: Engine


class Synapse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A synapse of a layer: an engine, or several that each have every so many-th column."""

    name: str
    branches: tuple[Branch, ...]
    interleave: Interleave | None  # of several engines

    @property
    def engine(self) -> Engine:
        """The first engine; the others have the same lanes, widths and weights."""
        return self.branches[0].engine


class Reader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The outlet through which a layer's spikes leave for one of the engines that read them."""

    stream: str  # its name in the top level
    outlet: Outlet


class Layer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layer: its synapses, the merges of their currents, its neurons, and what follows them."""

    name: str
    synapses: tuple[Synapse, ...]
    merges: tuple[Merge, ...]  # of the first two synapses, then each further one with the sum
    update: Update
    readers: tuple[Reader, ...]  # empty for the readout
    readout: Readout | None


class Inlet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An engine that reads the core's input."""

    stream: str  # its name in the top level
    buffer: int  # beats that can wait for it; 0: it has no buffer


class Hardware(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All instances in the top level that belong to the network."""

    inlets: tuple[Inlet, ...]
    layers: tuple[Layer, ...]

    @property
    def parity(self) -> bool:
        """Whether the words of the memories have parity bits."""
        return any(layer.update.parity for layer in self.layers)


class Nets(msgspec.Struct, frozen=True, array_like=True):
    """A port of an instance in a netlist that shows some of its nets."""

    name: str
    bits: Annotated[int, Meta(ge=0, lt=1 << 32)]
    high: bool  # whether the cycles in which they are 1 count, beside their toggles


class Netlist(msgspec.Struct, frozen=True, kw_only=True):
    """rtl/netlist.json."""

    netlist: str  # the technology
    yosys: str = ""  # the version that made it
    nets: dict[str, list[Nets]]  # by instance


def hardware_of(build: Build) -> Hardware:
    """The hardware of a build.

    Raises:
        InputError: the build has no hardware, or its parameters.json is of another version.
    """
    name = build.path or build.dataflow.name
    if PARAMETERS not in build.files:
        synapse = rearranged(build.dataflow)
        why = f"{synapse} reads a map as a vector, the core takes that of dense layers alone"
        raise InputError(f"{name}: no {PARAMETERS}; {why if synapse else 'build it again'}")
    try:
        return reading.decoded(build.files[PARAMETERS], Hardware)
    except InputError as error:
        raise InputError(f"{name}/{PARAMETERS}: {error}; build it again") from error


def as_json(hardware: Hardware) -> bytes:
    """rtl/parameters.json."""
    return msgspec.json.format(msgspec.json.encode(hardware), indent=1) + b"\n"
