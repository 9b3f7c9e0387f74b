"""Estimates the look-up tables of a core on a Lattice ECP5, and counts its block RAMs.

A LUT is a place for a look-up table with 4 inputs: one for logic, two for each pair of bits of an
adder's carry chain, four for each 16 x 4 bits of memory in LUTs.

Block RAMs and memory in LUTs follow from the sizes of the memories, by the rule of Yosys's pass
memory_libmap. Logic and carries are linear in a few numbers of each module, such as lanes x bits of
an accumulator. Their coefficients are fitted to cores that Yosys synthesized: docs/explore.md says
how well, and `python -m tests.benchmarks.area --fit` finds them again.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hw_models.core.banks import bank_depths, bank_in_block_ram
from hw_models.core.layout import Memory
from hw_models.cost.area_fit import COEFFICIENTS
from hw_models.hardware import (
    Engine,
    Hardware,
    Interleave,
    Merge,
    Outlet,
    Pool,
    Readout,
    Update,
)

# A block RAM (DP16KD) has 16384 x 1 bits, 8192 x 2, ..., 512 x 36; a LUT-RAM (DPR16X4) 16 x 4.
BLOCK_WIDTHS = (1, 2, 4, 9, 18, 36)
BLOCK_DEPTH = 16384
BYTE = 9  # bits of a block RAM that are written together
LUTRAM_DEPTH, LUTRAM_WIDTH = 16, 4
# What Yosys's memory_libmap reckons with: a block RAM, a LUT-RAM, a bit in logic, a bit of a
# multiplexer, and the logic around a port.
BLOCK_COST, LUTRAM_COST, ROM_BIT_COST, MUX_COST = 128, 4, 1 / 16, 0.5
BLOCK_PORTS_COST, LUTRAM_PORTS_COST, ROM_PORT_COST = 14, 2, 2


FITTED_BY = "tests.benchmarks.area --fit"
# By module: those of the logic and those of the carries, by the names that `Counted` has.
Coefficients = Mapping[str, tuple[Mapping[str, float], Mapping[str, float]]]


class Area(NamedTuple):
    """What an instance or a whole core takes."""

    logic: float  # look-up tables that compute
    carry: float  # pairs of bits in carry chains
    lutram: int  # look-up tables that hold data
    bram: int

    @property
    def luts(self) -> int:
        """The places for look-up tables."""
        return round(self.logic + 2 * self.carry + self.lutram)


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a memory is, and what it takes."""

    bram: int = 0
    lutram: int = 0
    logic_bits: int = 0  # bits of a read-only memory that becomes logic
    mux_bits: int = 0  # bits of multiplexers behind its parts


def block_rams(depth: int, width: int, written: bool) -> tuple[float, int, int]:
    """The cheapest way of a memory into block RAMs: its cost, block RAMs, bits of multiplexers."""
    found = []
    for log2, unit in enumerate(BLOCK_WIDTHS):
        rows = -(-depth // (BLOCK_DEPTH >> log2))
        padded = -(-width // min(BYTE, unit)) * min(BYTE, unit) if written else width
        blocks = -(-rows * padded // unit)
        cost = BLOCK_COST * blocks + MUX_COST * (rows - 1) * width
        cost += MUX_COST * rows * (written and rows > 1)
        found.append((cost, blocks, (rows - 1) * width))
    return min(found)


def ram(depth: int, width: int) -> Stored:
    """A memory that is read from a register and written, one word a cycle each."""
    rows = -(-depth // LUTRAM_DEPTH)
    parts = -(-width // LUTRAM_WIDTH) * rows
    small = LUTRAM_COST * parts + MUX_COST * ((rows - 1) * width + rows * (rows > 1))
    cost, blocks, mux_bits = block_rams(depth, width, written=True)
    if cost + BLOCK_PORTS_COST < math.floor(small + LUTRAM_PORTS_COST):
        return Stored(bram=blocks, mux_bits=mux_bits)
    return Stored(lutram=LUTRAM_COST * parts, mux_bits=(rows - 1) * width)


def rom(depth: int, width: int, block: bool = False) -> Stored:
    """A read-only memory; `block`: it has to be block RAM."""
    cost, blocks, mux_bits = block_rams(depth, width, written=False)
    if block or cost + ROM_PORT_COST < math.floor(depth * width * ROM_BIT_COST):
        return Stored(bram=blocks, mux_bits=mux_bits)
    return Stored(logic_bits=depth * width)


def banked_rom(depth: int, width: int) -> Stored:
    """A memory of weights, which is joined from banks."""
    parts = [rom(each, width, bank_in_block_ram(each, width)) for each in bank_depths(depth)]
    joined = width * len(parts) if len(parts) > 1 else 0
    return Stored(
        bram=sum(part.bram for part in parts),
        logic_bits=sum(part.logic_bits for part in parts),
        mux_bits=joined + sum(part.mux_bits for part in parts),
    )


def index_bits(n: int) -> int:
    """The width of an index 0..n-1, at least one bit."""
    return max(1, (n - 1).bit_length())


@dataclass(frozen=True, slots=True)
class Counted:
    """What a module's estimate is made of: its memories, and the numbers that it is linear in."""

    kind: str  # of the module
    stored: tuple[tuple[int, Stored], ...]  # memories and how many there are of each
    logic: Mapping[str, float]
    carry: Mapping[str, float]

    def area(self, coefficients: Coefficients) -> Area:
        """The estimate."""
        logic, carry = coefficients[self.kind]
        return Area(
            logic=sum(logic[name] * value for name, value in self.logic.items()),
            carry=sum(carry[name] * value for name, value in self.carry.items()),
            lutram=sum(number * each.lutram for number, each in self.stored),
            bram=sum(number * each.bram for number, each in self.stored),
        )


def engine(own: Engine) -> Counted:
    """A trispike_engine with its accumulators and weights."""
    reach = -(-own.n // own.lanes)
    packs = -(-own.groups // own.lanes)
    words = own.out_h * own.out_w * (packs if own.packed else own.groups * reach)
    two_pages = own.memory == Memory.LUT_RAM.value
    places = words + (1 << index_bits(words) if two_pages else 0)
    rows = reach * own.kernel_h * own.kernel_w * own.in_c
    weights = banked_rom(rows, own.weight_word_bits)
    in_memory = own.memory != Memory.REGISTERS.value
    accumulators = ram(places, own.acc_bits) if in_memory else Stored()
    span = (1 << own.digit_bits) - 1 if own.digit_bits else 0
    term_bits = own.w_bits + span
    slices = -(-own.lanes // own.slice)
    acc = own.lanes * own.acc_bits
    taps = sum(
        size * (1 + (out > 1) * (index_bits(words) + index_bits(rows)))
        for size, out in ((own.in_h, own.out_h), (own.in_w, own.out_w))
    )
    return Counted(
        "engine",
        ((own.lanes, accumulators), (1, weights)),
        {
            "one": 1,
            "shifted": own.lanes * term_bits * own.digit_bits,
            "weights": own.lanes * own.w_bits,
            "registers": acc * (own.memory == Memory.REGISTERS.value),
            "pages": acc * two_pages,
            "block": acc * (own.memory == Memory.BLOCK_RAM.value),
            "accumulator_mux": own.lanes * accumulators.mux_bits,
            "weight_mux": weights.mux_bits,
            "weight_logic": weights.logic_bits,
            "slice_mux": own.slice * own.acc_bits * (slices - 1),
            "fresh": places * two_pages,
            "indices": index_bits(words) + index_bits(rows),
            "taps": taps,
        },
        {
            "one": 1,
            "sums": own.lanes * -(-(own.acc_bits + 1) // 2),
            "indices": index_bits(words) + index_bits(rows),
        },
    )


def update(own: Update) -> Counted:
    """A trispike_update with its membranes, biases and thresholds."""
    bias = rom(own.rows, own.bias_word_bits)
    # A threshold is positive, so its sign is no bit of the memory.
    threshold = rom(own.rows, own.threshold_word_bits - own.slice) if not own.readout else Stored()
    membranes = Stored() if own.no_memory else ram(own.words, own.v_word_bits)
    spiking, keeps = not own.readout, not own.no_memory
    leak = bin(own.plus).count("1") + bin(own.minus).count("1")
    return Counted(
        "update",
        ((1, membranes), (1, bias), (1, threshold)),
        {
            "one": 1,
            "fired": own.slice * own.p_bits * spiking,
            "p": own.slice * own.p_bits,
            "v": own.slice * own.v_bits * keeps,
            "channel_logic": bias.logic_bits + threshold.logic_bits,
            "membrane_mux": membranes.mux_bits,
            "indices": index_bits(own.words) + index_bits(own.rows),
        },
        {
            "one": 1,
            "drive": own.slice * own.p_bits,
            "p": own.slice * own.p_bits * keeps,
            "fired": own.slice * own.p_bits * spiking * (1 + own.ternary),
            "limit": own.slice * own.threshold_bits * spiking,
            "leak": own.slice * own.leak_bits * keeps * (leak - (own.k == 0)),
            "indices": index_bits(own.words) + index_bits(own.rows),
        },
    )


def fifo(depth: int, width: int) -> tuple[Stored, Mapping[str, float], Mapping[str, float]]:
    """A trispike_fifo and the trispike_credits of its writer."""
    stored, bits = ram(depth, width), index_bits(depth)
    return stored, {"indices": bits, "mux": stored.mux_bits, "width": width}, {"indices": bits}


def outlet(own: Outlet) -> Counted:
    """A trispike_outlet."""
    stored, logic, carry = fifo(own.buffer, 2 * own.slice + 2)
    return Counted(
        "outlet",
        ((1, stored),),
        {"one": 1, "slice": own.slice, "address": own.addr_bits, **logic},
        {"one": 1, "slice": own.slice, "address": own.addr_bits, **carry},
    )


def readout(own: Readout) -> Counted:
    """A trispike_readout."""
    stored, logic, carry = fifo(own.classes, own.logit_bits)
    return Counted(
        "readout", ((1, stored),), {"one": 1, **logic}, {"one": 1, "logit": own.logit_bits, **carry}
    )


def stream_buffer(depth: int, width: int) -> Counted:
    """A trispike_stream_buffer."""
    stored, logic, carry = fifo(depth, width)
    return Counted("stream_buffer", ((1, stored),), {"one": 1, **logic}, {"one": 1, **carry})


def pool(own: Pool) -> Counted:
    """A trispike_pool."""
    size = own.in_h + own.in_w
    numbers = {"one": 1, "address": own.in_addr_bits + own.out_addr_bits, "taps": size}
    return Counted("pool", (), numbers, numbers)


def interleave(own: Interleave) -> Counted:
    """A trispike_interleave."""
    return Counted("interleave", (), {"one": 1, "mux": own.bits * (own.engines - 1)}, {"one": 1})


def merge(own: Merge) -> Counted:
    """A trispike_merge."""
    return Counted("merge", (), {"one": 1}, {"sums": own.slice * own.bits})


def stream(width: int) -> Counted:
    """The trispike_register_slice of the core's input."""
    return Counted("stream", (), {"one": 1}, {})


def broadcast(readers: int) -> Counted:
    """A trispike_broadcast of the core's input."""
    return Counted("broadcast", (), {"readers": readers}, {})


def counted(core: Hardware) -> dict[str, Counted]:
    """The instances of a core's top level, by their names there."""
    found: dict[str, Counted] = {}
    inlets, input_bits = {inlet.stream: inlet.buffer for inlet in core.inlets}, 0
    for i, layer in enumerate(core.layers):
        for j, synapse in enumerate(layer.synapses):
            name = f"layer{i}_synapse{j}"
            if synapse.interleave:
                found[name] = interleave(synapse.interleave)
            for k, branch in enumerate(synapse.branches):
                own = f"{name}_engine{k}" if synapse.interleave else name
                found[own] = engine(branch.engine)
                for p, each in enumerate(branch.pools):
                    found[f"{own}_pool{p}"] = pool(each)
                if branch.stream in inlets:
                    first = branch.pools[0] if branch.pools else branch.engine
                    address = first.in_addr_bits if isinstance(first, Pool) else first.addr_bits
                    input_bits = address + first.digit_bits + 2
        for k, each in enumerate(layer.merges):
            found[f"layer{i}_merge{k}"] = merge(each)
        found[f"layer{i}"] = update(layer.update)
        found |= {reader.stream: outlet(reader.outlet) for reader in layer.readers}
        if layer.readout:
            found["readout"] = readout(layer.readout)
    found["input_slice"] = stream(input_bits)
    if len(inlets) > 1:
        found["broadcast"] = broadcast(len(inlets))
    for name, buffer in inlets.items():
        if buffer:
            found[f"{name}_buffer"] = stream_buffer(buffer, input_bits + 1)
    return found


def estimate(core: Hardware, coefficients: Coefficients = COEFFICIENTS) -> Area:
    """The estimate of a whole core without a bus."""
    areas = [each.area(coefficients) for each in counted(core).values()]
    return Area(*(sum(column) for column in zip(*areas, strict=True)))
