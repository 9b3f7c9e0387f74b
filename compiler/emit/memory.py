"""Memory layout: turns integer tensors into the hex words of mem/*.mem, as the core reads them."""

from collections.abc import Mapping
from itertools import accumulate

import numpy as np

from hw_models import hardware
from hw_models.core.banks import bank_depths
from hw_models.core.layout import layout_of
from hw_models.core.weight_rows import weight_rows
from hw_models.dataflow import Build, Layer
from hw_models.semantics import Ints

# The two digits of each byte, as one number of 16 bits.
HEX = np.array([list(b"%02x" % byte) for byte in range(256)], np.uint8).view(np.uint16)[:, 0]


def memories(build: Build, layer: Layer, instances: hardware.Layer) -> dict[str, bytes]:
    """The mem/*.mem files of a layer, in the layout that its instances read."""
    files: dict[str, bytes] = {}
    layout = layout_of(build.dataflow, layer)
    for synapse, own, instance in zip(
        layer.synapses, layout.synapses, instances.synapses, strict=True
    ):
        engine = own.engines[0]  # the others read the same weights
        w = build.weight(synapse).reshape(engine.op.weight_shape)
        rows = weight_rows(w, engine.op.groups, engine.weights)
        text = hex_words(rows, synapse.w_bits, instance.engine.parity)
        files |= bank_files(instance.engine.weight_file, text)
    update = instances.update
    rows = channel_rows(build.bias(layer).reshape(-1), layout.section, layout.slice_, 0)
    files[update.bias_file] = hex_words(rows, update.bias_bits, update.parity)
    if (v_threshold := build.v_threshold(layer)) is not None:
        # A place without a channel has no weights and bias 0: with this threshold it never fires.
        rows = channel_rows(v_threshold.reshape(-1), layout.section, layout.slice_, 1)
        files[update.threshold_file] = hex_words(rows, update.threshold_bits, update.parity)
    return files


def memory_lines(files: Mapping[str, bytes], name: str) -> list[str]:
    """The words of a memory in hex, from its own file or from its banks' files .0, .1, ..."""
    path = f"mem/{name}.mem"
    banks = [f"{path}.{n}" for n in range(len(files)) if f"{path}.{n}" in files]
    return b"".join(files[file] for file in banks or [path]).decode().split()


def word_widths(layers: tuple[hardware.Layer, ...]) -> dict[str, int]:
    """The bits per word of each memory, in the order in which the memories are numbered."""
    widths: dict[str, int] = {}
    for layer in layers:
        for synapse in layer.synapses:
            widths[f"{synapse.name}.weight"] = synapse.engine.weight_word_bits
        update = layer.update
        widths[f"{layer.name}.bias"] = update.bias_word_bits
        if not update.readout:
            widths[f"{layer.name}.v_threshold"] = update.threshold_word_bits
    return widths


def bank_files(path: str, text: bytes) -> dict[str, bytes]:
    """A memory's words, one per line, by file: `path`, or path.0, path.1, ... for several banks."""
    lines = text.splitlines(keepends=True)
    depths = bank_depths(len(lines))
    if len(depths) == 1:
        return {path: text}
    ends = list(accumulate(depths))
    return {
        f"{path}.{bank}": b"".join(lines[end - depth : end])
        for bank, (depth, end) in enumerate(zip(depths, ends, strict=True))
    }


def channel_rows(values: Ints, section: int, slice_: int, padding: int) -> Ints:
    """Arrange one value per output channel [C_out] as [words, slice], in the order of a sweep.

    Each section takes ceil(section / slice) words; a place without a channel holds `padding`.
    """
    words = -(-section // slice_)
    rows = np.full((len(values) // section, words * slice_), padding, np.int64)
    rows[:, :section] = values.reshape(-1, section)
    return rows.reshape(-1, slice_)


def index_bits(n: int) -> int:
    """The width of an index 0..n-1, at least one bit."""
    return max(1, (n - 1).bit_length())


def hex_words(rows: Ints, bits: int, parity: int = 0) -> bytes:
    """Write rows [words, fields] of two's complement numbers as lines for $readmemh.

    Field f takes bits f * bits + bits - 1 ... f * bits of its word. With parity 1 there is one more
    bit above all fields, which makes the number of ones even.

    Raises:
        ValueError: a number does not fit.
    """
    bound = 1 << (bits - 1)
    if rows.min() < -bound or rows.max() >= bound:
        raise ValueError(f"{rows.min()}..{rows.max()} does not fit {bits} bits")
    words, fields = rows.shape
    digits = -(-(fields * bits + parity) // 4)
    # Two's complement, the lowest byte first.
    two = rows.astype("<i1" if bits <= 8 else "<i8", order="C")
    two = two.view(np.uint8).reshape(words, fields, -1)
    if bits == 8 and not parity:
        content = two.reshape(words, -1)
    else:
        flat = np.unpackbits(two, axis=2, count=bits, bitorder="little").reshape(words, -1)
        if parity:
            flat = np.append(flat, flat.sum(1, keepdims=True, dtype=np.uint8) & 1, axis=1)
        content = np.packbits(flat, axis=1, bitorder="little")
    text = np.full((words, digits + 1), ord("\n"), np.uint8)
    text[:, :digits] = HEX[content[:, ::-1]].view(np.uint8)[:, -digits:]
    return text.tobytes()
