"""What a simulation wrote: probe files to spikes, membranes, logits and counters."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw_models.artefact import Build, Layer, Spiking
from hw_models.semantics import Ints
from rtl_sim import bench
from rtl_sim.address import addresses, sweep

MISSING = np.iinfo(np.int64).min  # where the simulation gave nothing


@dataclass(frozen=True, slots=True)
class LayerTrace:
    """One layer's integers, [samples, T, size]; MISSING where nothing came."""

    spikes: Ints | None  # sums of the events per address; None for a readout
    membranes: Ints
    surplus: int  # markers and membranes beyond the expected ones
    events_in: int  # this and what follows by the core's counters
    events_out: int  # 0 for a readout
    additions: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """All that the benches saw after the last reset."""

    layers: dict[str, LayerTrace]
    logits: Ints  # [samples, classes]; MISSING where no word came
    classes: Ints  # [samples, classes]: the class beside each logit
    surplus: int  # logit words beyond the expected ones, or with tlast in the wrong place
    starts: Ints  # cycle of each sample's first beat in, [samples]
    ends: Ints  # cycle of each sample's last word out, [samples]
    cycles: int  # by the core's own counter
    problem: str  # an assertion of the core, a deadlock; "" if none


def read_words(path: Path, widths: list[int]) -> list[Ints]:
    """Columns of a probe file, its words being concatenations of unsigned fields, highest first.

    An unknown digit (x or z) reads as MISSING in all fields of its word.
    """
    text = path.read_bytes() if path.exists() else b""
    digits = -(-sum(widths) // 4)
    text = text[: len(text) // (digits + 1) * (digits + 1)]
    lines = np.frombuffer(text, np.uint8).reshape(-1, digits + 1)[:, :-1]
    nibbles = HEX[lines]
    bits = (nibbles[:, :, None] >> np.arange(3, -1, -1) & 1).reshape(len(lines), digits * 4)
    unknown = (nibbles < 0).any(axis=1)
    columns, start = [], digits * 4 - sum(widths)
    for width in widths:
        field = bits[:, start : start + width].astype(np.int64)
        columns.append(np.where(unknown, MISSING, field @ (1 << np.arange(width - 1, -1, -1))))
        start += width
    return columns


HEX = np.full(256, -1, np.int8)
HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def signed(column: Ints, bits: int) -> Ints:
    """Two's complement of an unsigned field."""
    value = np.where(column >> (bits - 1) & 1, column - (1 << bits), column)
    return np.where(column == MISSING, MISSING, value)


def read(build: Build, folder: Path, samples: int, problem: str) -> Simulation:
    """Collect what the probes of bench.py wrote into `folder`."""
    layers = {
        layer.name: read_layer(layer, entry, folder, index, (samples, build.dataflow.timesteps))
        for index, (layer, entry) in enumerate(
            zip(build.dataflow.layers, bench.parameters(build), strict=True)
        )
    }
    classes = build.dataflow.layers[-1].size
    cycle, last, class_, logit = read_words(folder / "logits.hex", [64, 1, 16, 48])
    wanted = samples * classes
    wrong_last = last[:wanted] != (np.arange(len(last[:wanted])) % classes == classes - 1)
    return Simulation(
        layers=layers,
        logits=padded(signed(logit, 48), wanted).reshape(samples, classes),
        classes=padded(class_, wanted).reshape(samples, classes),
        surplus=max(0, len(logit) - wanted) + int(wrong_last.sum()),
        starts=padded(read_words(folder / "starts.hex", [64])[0], samples),
        ends=padded(cycle, wanted)[classes - 1 :: classes],
        cycles=int(padded(read_words(folder / "cycles.hex", [64])[0], 1)[0]),
        problem=problem,
    )


def read_layer(
    layer: Layer, entry: bench.Parameters, folder: Path, index: int, shape: tuple[int, int]
) -> LayerTrace:
    """The events, membranes and counters of one layer; shape: (samples, T)."""
    counts = read_words(folder / f"counts{index}.hex", [48, 48, 48])
    events_in, events_out, additions = (int(padded(column, 1)[0]) for column in counts)
    spikes, surplus = None, 0
    if isinstance(layer.update, Spiking):
        spikes, surplus = read_spikes(layer, entry, folder / f"events{index}.hex", shape)
    membranes, more = read_membranes(layer, entry, folder / f"membranes{index}.hex", shape)
    return LayerTrace(
        spikes=spikes,
        membranes=membranes,
        surplus=surplus + more,
        events_in=events_in,
        events_out=events_out,
        additions=additions,
    )


def read_spikes(
    layer: Layer, entry: bench.Parameters, path: Path, shape: tuple[int, int]
) -> tuple[Ints, int]:
    """Spikes [samples, T, size] from events and markers, and how many beats are too many."""
    last, kind, neg, addr = read_words(path, [1, 1, 1, entry["ADDR_BITS"]])
    steps = shape[0] * shape[1]
    step = np.cumsum(kind == 1) - (kind == 1)
    neuron = np.full(1 << entry["ADDR_BITS"], layer.size)  # at each address; size: none
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
    layer: Layer, entry: bench.Parameters, path: Path, shape: tuple[int, int]
) -> tuple[Ints, int]:
    """Membranes [samples, T, size] as they were written, and how many words are too many."""
    bits, slice_ = entry.v_bits, entry.slice_
    index, *lane = read_words(path, [32] + [bits] * slice_)
    places = sweep(layer.shape, entry.groups, slice_)
    steps, words = shape[0] * shape[1], len(places)
    values = np.stack([signed(v, bits) for v in reversed(lane)], axis=-1)
    order = np.arange(len(index))
    within = (order < steps * words) & (index >= 0) & (index < words)
    membranes = np.full((steps, layer.size + 1), MISSING)
    rows = np.broadcast_to((order[within] // words)[:, None], (int(within.sum()), slice_))
    membranes[rows, places[index[within]]] = values[within]
    surplus = int((~within).sum())
    return membranes[:, : layer.size].reshape(*shape, layer.size), surplus


def padded(column: Ints, length: int) -> Ints:
    """The first `length` numbers, MISSING where there are fewer."""
    out = np.full(length, MISSING)
    out[: min(length, len(column))] = column[:length]
    return out
