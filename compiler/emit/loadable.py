"""Memories that are loaded at run time: wide enough for any weights, and filled by register writes.

A core with loadable memories must hold the sums of weights that are not known yet. Its shape, time
steps, neurons and shifts are fixed, and so are the widths of weights, biases and thresholds. The
intervals follow from these facts alone: they are those of a network whose weights are all as large
as possible.
"""

from dataclasses import replace

import msgspec
import numpy as np

from compiler.emit import memory
from hw_models.dataflow import Build, Dataflow, Layer, Synapse
from hw_models.errors import InputError
from hw_models.hardware import Update, hardware_of
from hw_models.intervals import IntegerSynapse
from hw_models.registers import REGISTERS, register_map_of
from hw_models.semantics import Bounds, Interval, layer_bounds, signed_bits

OUT_OF_REACH = 1 << 60  # larger than any p
PIECE_DIGITS = 8  # hex digits in 32 bits


def widened(build: Build, channel_bits: int) -> Build:
    """The build on hardware for any weights, with biases and thresholds of channel_bits bits.

    Only widths change: acc_bits, p_bits, v_bits, leak_bits. The intervals beside them remain those
    of the build's own weights.
    """
    layers = tuple(widened_layer(build, layer, channel_bits) for layer in build.dataflow.layers)
    return replace(build, dataflow=msgspec.structs.replace(build.dataflow, layers=layers))


def widened_layer(build: Build, layer: Layer, channel_bits: int) -> Layer:
    zero, peak = np.zeros(layer.shape, np.int64), 1 << (channel_bits - 1)
    drive, synapses = Bounds(zero - peak, zero + peak), []  # the bias, then the currents
    for synapse in layer.synapses:
        partial, complete = largest(build, synapse)
        drive += complete.scaled(1 << synapse.shift).reshaped(layer.shape)
        bits = Interval.hull(partial.lo, partial.hi, False).bits
        synapses.append(msgspec.structs.replace(synapse, acc_bits=max(synapse.acc_bits, bits)))
    update, timesteps = layer.update, build.dataflow.timesteps
    # After a hard reset, a larger threshold leaves a larger v. After a soft reset, v is at most p,
    # which is also what an unreachable threshold leaves.
    neuron = update.neuron
    hard = neuron.reset == "hard"
    v_threshold = zero + (peak if hard else OUT_OF_REACH) if neuron.fires else None
    b = layer_bounds(neuron, drive, v_threshold, zero, timesteps)
    soft = neuron.reset == "soft"
    p = Interval(min(b.v.lo, -peak), max(b.v.hi, peak), False) if soft else b.p
    v_bits = max(update.v_bits, b.v.bits)
    wide = msgspec.structs.replace(
        update,
        p_bits=max(update.p_bits, p.bits),
        v_bits=v_bits,
        leak_bits=v_bits + neuron.leak.k,
    )
    return msgspec.structs.replace(layer, synapses=tuple(synapses), update=wide)


def largest(build: Build, synapse: Synapse) -> tuple[Bounds, Bounds]:
    """Bounds per neuron of a step's partial and complete sums, for the largest weights."""
    flow = build.dataflow
    mode = flow.mode_of(synapse.source)
    return IntegerSynapse(
        op=synapse.op,
        pools=synapse.pools,
        shift=synapse.shift,
        w=np.full(build.weight(synapse).shape, -1 << (synapse.w_bits - 1), np.int64),
        source=flow.shape_of(synapse.source),
        encoding="static" if mode == "static" else "ternary",  # a weight may have any sign
        x_max=flow.input.x_max,
    ).bounds()


def register_writes(hardware: Build, build: Build) -> list[tuple[int, int]]:
    """The writes (byte address, value) that load a network into the hardware of another build.

    Raises:
        InputError: the hardware's memories cannot be loaded, or the network does not fit; the
            message says where.
    """
    if REGISTERS not in hardware.files:
        raise InputError(f"{named(hardware)}: no registers; build it with --loadable")
    described = register_map_of(hardware)
    offsets = described.offsets
    if not described.memories:
        raise InputError(f"{named(hardware)}: its memories are fixed; build it with --loadable")
    check_shape(hardware, build)
    made = hardware_of(hardware).layers
    pairs = list(zip(hardware.dataflow.layers, build.dataflow.layers, made, strict=True))
    for own, other, instances in pairs:
        check_widths(hardware, build, own, other, instances.update)
    moved = Build(hardware.dataflow, renamed(hardware.dataflow, build))
    contents: dict[str, bytes] = {}
    for own, _, instances in pairs:
        contents |= memory.memories(moved, own, instances)
    writes = []
    for entry in described.memories:
        writes.append((offsets["LOAD_SELECT"], entry.select))
        digits = PIECE_DIGITS * entry.pieces
        for line in memory.memory_lines(contents, entry.name):
            word = line.zfill(digits)
            writes += [
                (offsets["LOAD_DATA"], int(word[at : at + PIECE_DIGITS], 16))
                for at in range(0, digits, PIECE_DIGITS)
            ]
    return writes


def renamed(flow: Dataflow, build: Build) -> dict[str, np.ndarray]:
    """The build's tensors under the names of a network that has the same shape."""
    tensors = {}
    for own, other in zip(flow.layers, build.dataflow.layers, strict=True):
        for mine, synapse in zip(own.synapses, other.synapses, strict=True):
            tensors[f"{mine.name}.weight"] = build.tensors[f"{synapse.name}.weight"]
        for tensor in ("bias", "v_threshold") if own.fires else ("bias",):
            tensors[f"{own.name}.{tensor}"] = build.tensors[f"{other.name}.{tensor}"]
    return tensors


def check_shape(hardware: Build, build: Build) -> None:
    """Raise InputError if the networks differ in more than integers; layers match by position."""
    own, other = hardware.dataflow, build.dataflow
    facts = [
        ("", "time steps", own.timesteps, other.timesteps),
        ("", "layers", len(own.layers), len(other.layers)),
        *(
            (own.input.name, field, getattr(own.input, field), getattr(other.input, field))
            for field in ("shape", "encoding", "x_max")
        ),
    ]
    streams = [
        {name: place for place, name in enumerate([f.input.name, *(x.name for x in f.layers)])}
        for f in (own, other)
    ]
    for a, b in zip(own.layers, other.layers, strict=False):
        facts.append((a.name, "shape", a.shape, b.shape))
        facts.append((a.name, "synapses", len(a.synapses), len(b.synapses)))
        facts.append((a.name, "neuron", a.update.neuron, b.update.neuron))
        for mine, its in zip(a.synapses, b.synapses, strict=False):
            sources = (streams[0][mine.source], streams[1][its.source])
            facts.append((mine.name, "source, of the streams in order", *sources))
            for field in ("op", "pools", "shift"):
                facts.append((mine.name, field, getattr(mine, field), getattr(its, field)))
    for where, what, mine, its in facts:
        if mine != its:
            hint = "; build it with --like" if what == "shift" else ""
            raise InputError(
                f"{named(build)}: {where}{': ' if where else ''}{what} {its}, the hardware of "
                f"{named(hardware)} has {mine}{hint}"
            )


def check_widths(hardware: Build, build: Build, own: Layer, other: Layer, update: Update) -> None:
    """Raise InputError if a number in the build's layer is wider than the hardware allows."""
    needs = []
    for mine, its in zip(own.synapses, other.synapses, strict=True):
        w = build.weight(its)
        needs.append((mine.name, "weights", signed_bits(w), mine.w_bits))
        needs.append((mine.name, "accumulators", its.acc.bits, mine.acc_bits))
    stored = {"bias": update.bias_bits, "v_threshold": update.threshold_bits}
    for tensor in ("bias", "v_threshold") if own.fires else ("bias",):
        bits = signed_bits(build.tensors[f"{other.name}.{tensor}"])
        needs.append((own.name, tensor, bits, stored[tensor]))
    needs.append((own.name, "p", other.update.p.bits, own.update.p_bits))
    needs.append((own.name, "v", other.update.v.bits, own.update.v_bits))
    for where, what, need, has in needs:
        if need > has:
            raise InputError(
                f"{named(build)}: {where}: {what} of {need} bits, the hardware of "
                f"{named(hardware)} has {has}; it needs a core of its own"
            )


def named(build: Build) -> str:
    """The name that messages use for a build."""
    return str(build.path or build.dataflow.name)


def as_text(writes: list[tuple[int, int]]) -> str:
    """One write per line: byte address and value, in hex."""
    return "".join(f"{address:03x} {value:08x}\n" for address, value in writes)
