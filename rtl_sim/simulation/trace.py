"""Reads a simulation's probe files as spikes, membranes, logits and counters."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models import hardware
from hw_models.core.address import addresses, sweep
from hw_models.core.layout import layout_of
from hw_models.core.stream_words import CLASS_BITS, LOGIT_BITS
from hw_models.dataflow import Build, Layer
from hw_models.hardware import hardware_of
from hw_models.registers import REGISTERS
from hw_models.semantics import Ints
from rtl_sim.simulation import bench
from rtl_sim.sources import Nets, nets

MISSING = np.iinfo(np.int64).min  # stands for a value that the simulation did not give
END = 0x454E4421.to_bytes(4, sys.byteorder)  # precedes the number of pieces at the end
LOGIT_WIDTHS = [64, 1, CLASS_BITS, LOGIT_BITS]  # cycle, tlast, class, logit
ANSWER_WIDTHS = [1, 2, 32]  # fields of answers.bin: write, response, data


@dataclass(frozen=True, slots=True)
class Counts:
    """One layer's counters; MISSING where they gave nothing."""

    events_in: int
    events_out: int  # 0 for the readout
    additions: int


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """One layer's integers, [samples, T, size]; MISSING marks values that never came."""

    spikes: Ints | None  # sums of the events per address; None for a readout
    membranes: Ints | None  # None in a netlist, which does not show them
    surplus: int  # markers and membranes beyond the expected ones
    counts: Counts | None  # None in a netlist without counters


@dataclass(frozen=True, slots=True)
class Simulation:
    """All values that the bench saw after the last reset."""

    layers: dict[str, LayerTrace]
    logits: Ints  # [samples, classes]; MISSING where no word came
    classes: Ints  # [samples, classes]: the class beside each logit
    surplus: int  # logit words beyond the expected ones, or with tlast in the wrong place
    starts: Ints  # cycle of each sample's first beat in, [samples]
    ends: Ints  # cycle of each sample's last word out, [samples]
    cycles: int | None  # the core's own counter; None in a netlist without it
    problem: str  # an assertion of the core or a deadlock; "" if none
    alarms: Ints | None = (
        None  # cycles in which a word with the wrong parity showed; None: no parity
    )
    answers: Ints | None = None  # of the bus, [n, (write, resp, data)]; None: no accesses
    toggles: dict[str, Ints] = field(default_factory=dict)  # by instance of a netlist with nets:
    # cycles in which a net has another value than before, and in which it is 1, [nets, 2]


def read_words(path: Path, widths: list[int]) -> list[Ints]:
    """The columns of a probe file (bench_probe.v), whose words are unsigned fields, highest first.

    A word with an unknown bit (x or z) reads as MISSING in all its fields; an incomplete record at
    the end is left out.
    """
    width = sum(widths)
    pieces = width // 32 + 1  # 32-bit pieces that hold the word and the bit `unknown`
    content = path.read_bytes() if path.exists() else b""
    if ended(content):
        content = content[: -len(END) - 4]
    records = np.frombuffer(content, np.uint32, len(content) // (4 * pieces) * pieces)
    records = records.reshape(-1, pieces)
    unknown = bits_of(records, width, 1) != 0
    columns, low = [], width
    for bits in widths:
        low -= bits
        column = bits_of(records, low, bits)
        column[unknown] = MISSING
        columns.append(column)
    return columns


def ended(content: bytes) -> bool:
    """Whether a probe file is complete; its end says how many pieces come before it."""
    count = len(content) // 4 - 2
    return count >= 0 and content[-8:] == END + count.to_bytes(4, sys.byteorder)


def cut_short(build: Build, folder: Path) -> str:
    """The name of a probe file that is incomplete, as on a full disk; "" if all are complete."""
    layers = range(len(build.dataflow.layers))
    names = ["starts", "logits", *(f"events{i}" for i in layers[:-1])]
    if bench.has_membranes(build):
        names += [f"membranes{i}" for i in layers]
    names += ["alarms"] * bench.has_alarms(build)
    if bench.has_counters(build):
        names += ["cycles", *(f"counts{i}" for i in layers)]
    names += ["answers"] * (REGISTERS in build.files)
    for name, ports in nets(build).items():
        for port in ports:
            path = folder / toggles_file(name, port)
            if not path.exists() or path.stat().st_size != 8 * port.bits:
                return path.name
    paths = (folder / f"{name}.bin" for name in names)
    return next((p.name for p in paths if not p.exists() or not ended(p.read_bytes())), "")


def bits_of(records: NDArray[np.uint32], low: int, bits: int) -> Ints:
    """`bits` bits from bit `low` of each record [n, pieces], unsigned; bits <= 64."""
    value = np.zeros(len(records), np.uint64)
    for piece in range(low // 32, (low + bits - 1) // 32 + 1):
        shift = 32 * piece - low
        part = records[:, piece].astype(np.uint64)
        value |= part << np.uint64(shift) if shift >= 0 else part >> np.uint64(-shift)
    return (value & np.uint64((1 << bits) - 1)).view(np.int64)


def signed(column: Ints, bits: int) -> Ints:
    """The two's complement value of an unsigned field."""
    value = np.where(column >> (bits - 1) & 1, column - (1 << bits), column)
    return np.where(column == MISSING, MISSING, value)


def read(build: Build, folder: Path, samples: int, problem: str) -> Simulation:
    """Collect the files that the probes of bench.py wrote into `folder`."""
    layers = {
        layer.name: read_layer(build, layer, own, folder, index, samples)
        for index, (layer, own) in enumerate(
            zip(build.dataflow.layers, hardware_of(build).layers, strict=True)
        )
    }
    classes, counted = build.dataflow.layers[-1].size, bench.has_counters(build)
    cycle, last, class_, logit = read_words(folder / "logits.bin", LOGIT_WIDTHS)
    wanted = samples * classes
    wrong_last = last[:wanted] != (np.arange(len(last[:wanted])) % classes == classes - 1)
    return Simulation(
        layers=layers,
        logits=padded(signed(logit, LOGIT_BITS), wanted).reshape(samples, classes),
        classes=padded(class_, wanted).reshape(samples, classes),
        surplus=max(0, len(logit) - wanted) + int(wrong_last.sum()),
        starts=padded(read_words(folder / "starts.bin", [64])[0], samples),
        ends=padded(cycle, wanted)[classes - 1 :: classes],
        cycles=last_word(folder / "cycles.bin", [64])[0] if counted else None,
        problem=problem,
        alarms=read_words(folder / "alarms.bin", [64])[0] if bench.has_alarms(build) else None,
        answers=read_answers(folder),
        toggles={name: read_toggles(folder, name, ports) for name, ports in nets(build).items()},
    )


def toggles_file(instance: str, port: Nets) -> str:
    return f"toggles_{instance}_{port.name}.bin"


def read_toggles(folder: Path, instance: str, ports: list[Nets]) -> Ints:
    """(toggles, cycles at 1) of each net, as bench_toggles.v writes them, [nets, 2]."""
    paths = [folder / toggles_file(instance, port) for port in ports]
    counts = [np.fromfile(path, np.uint32).astype(np.int64) for path in paths if path.exists()]
    return np.concatenate([*counts, np.empty(0, np.int64)]).reshape(-1, 2)


def read_answers(folder: Path) -> Ints | None:
    """The answers of the bus, [n, (write, response, data)]; None if there were no accesses."""
    asked = folder / "accesses.bin"
    if not asked.exists() or not asked.stat().st_size:
        return None
    return np.stack(read_words(folder / "answers.bin", ANSWER_WIDTHS), axis=1)


def samples_written(build: Build, folder: Path) -> int:
    """The number of samples that a run in progress in `folder` has written completely."""
    try:
        size = (folder / "logits.bin").stat().st_size
    except OSError:
        return 0
    record = 4 * (sum(LOGIT_WIDTHS) // 32 + 1)
    return size // record // build.dataflow.layers[-1].size


def read_layer(
    build: Build, layer: Layer, own: hardware.Layer, folder: Path, index: int, samples: int
) -> LayerTrace:
    """The events, membranes and counters of one layer, as far as the bench sees them."""
    shape, counted = (samples, build.dataflow.timesteps), bench.has_counters(build)
    spikes, membranes, surplus = None, None, 0
    if layer.fires:
        addr_bits = own.readers[0].outlet.addr_bits
        spikes, surplus = read_spikes(layer, addr_bits, folder / f"events{index}.bin", shape)
    if bench.has_membranes(build):
        layout = layout_of(build.dataflow, layer)
        order = sweep(layer.shape, layout.section, layout.slice_)
        path = folder / f"membranes{index}.bin"
        membranes, more = read_membranes(layer, own.update.v_bits, order, path, shape)
        surplus += more
    return LayerTrace(
        spikes=spikes,
        membranes=membranes,
        surplus=surplus,
        counts=Counts(*last_word(folder / f"counts{index}.bin", [48] * 3)) if counted else None,
    )


def read_spikes(
    layer: Layer, addr_bits: int, path: Path, shape: tuple[int, int]
) -> tuple[Ints, int]:
    """Spikes [samples, T, size] from events and markers, and the number of surplus beats."""
    last, kind, neg, addr = read_words(path, [1, 1, 1, addr_bits])
    steps = shape[0] * shape[1]
    step = np.cumsum(kind == 1) - (kind == 1)
    neuron = np.full(1 << addr_bits, layer.size)  # by address; size: no neuron
    neuron[addresses(layer.shape)] = np.arange(layer.size)
    spikes = np.zeros((steps, layer.size + 1), np.int64)
    within = (step < steps) & (kind == 0)
    np.add.at(spikes, (step[within], neuron[addr[within]]), 1 - 2 * neg[within])
    strays = int((neuron[addr[within]] == layer.size).sum())
    spikes[int((kind == 1).sum()) :] = MISSING
    ends = np.flatnonzero(kind == 1)[:steps]
    wrong_last = last[ends] != (np.arange(len(ends)) % shape[1] == shape[1] - 1)
    surplus = int((step >= steps).sum() + (kind == MISSING).sum() + wrong_last.sum()) + strays
    return spikes[:, : layer.size].reshape(*shape, layer.size), surplus


def read_membranes(
    layer: Layer, bits: int, order: Ints, path: Path, shape: tuple[int, int]
) -> tuple[Ints, int]:
    """Membranes [samples, T, size] from the written words, and the number of surplus words."""
    words, slice_ = order.shape
    index, *lane = read_words(path, [32] + [bits] * slice_)
    steps = shape[0] * shape[1]
    values = np.stack([signed(v, bits) for v in reversed(lane)], axis=-1)
    place = np.arange(len(index))
    within = (place < steps * words) & (index >= 0) & (index < words)
    membranes = np.full((steps, layer.size + 1), MISSING)
    rows = np.broadcast_to((place[within] // words)[:, None], (int(within.sum()), slice_))
    membranes[rows, order[index[within]]] = values[within]
    surplus = int((~within).sum())
    return membranes[:, : layer.size].reshape(*shape, layer.size), surplus


def last_word(path: Path, widths: list[int]) -> list[int]:
    """The fields of the one word of a file, MISSING if there is none."""
    return [int(padded(column, 1)[0]) for column in read_words(path, widths)]


def padded(column: Ints, length: int) -> Ints:
    """The first `length` numbers, with MISSING in place of absent ones."""
    out = np.full(length, MISSING)
    out[: min(length, len(column))] = column[:length]
    return out
