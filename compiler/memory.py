"""Memory layout: integer tensors to the hex words of mem/*.mem, as the core reads them."""

import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Layer, Readout
from hw_models.semantics import Interval, Ints


def lanes_of(layer: Layer) -> tuple[int, int]:
    """(lanes, slice): neurons an event reaches in a cycle, and neurons updated in a cycle.

    The build's lanes, of which no more are made than there are neurons. A readout updates one
    class a cycle, since its argmax takes one a cycle.
    """
    lanes = min(layer.lanes.accumulate, layer.size)
    return lanes, 1 if isinstance(layer.update, Readout) else min(layer.lanes.update, lanes)


def weight_rows(w: Ints, lanes: int) -> Ints:
    """Weights [n_out, n_in] to [groups * n_in, lanes], group-major; padding neurons weigh 0.

    Row g * n_in + j has the weights from input j to neurons g * lanes + 0, 1, ... lanes - 1.
    """
    n_out, n_in = w.shape
    groups = -(-n_out // lanes)
    padded = np.zeros((groups * lanes, n_in), np.int64)
    padded[:n_out] = w
    return padded.reshape(groups, lanes, n_in).transpose(0, 2, 1).reshape(-1, lanes)


def neuron_rows(values: Ints, lanes: int, slice_: int, padding: int) -> Ints:
    """One value per neuron [n] to [words, slice], in the order of an update sweep.

    Each group of `lanes` neurons takes ceil(lanes / slice) words, the last group only as many
    as have neurons in them; where there is no neuron, there is `padding`.
    """
    rows = []
    for start in range(0, len(values), lanes):
        group = values[start : start + lanes]
        words = np.full((-(-len(group) // slice_), slice_), padding, np.int64)
        words.reshape(-1)[: len(group)] = group
        rows.append(words)
    return np.concatenate(rows)


def signed_bits(values: NDArray) -> int:
    """Bits of the narrowest two's complement number that holds all values."""
    return Interval(min(0, int(values.min())), max(0, int(values.max())), True).bits


def hex_words(rows: Ints, bits: int) -> bytes:
    """Rows [words, fields] of two's complement numbers as lines for $readmemh.

    Field f stands in bits f * bits + bits - 1 ... f * bits of its word.

    Raises:
        ValueError: a number does not fit.
    """
    bound = 1 << (bits - 1)
    if rows.min() < -bound or rows.max() >= bound:
        raise ValueError(f"{rows.min()}..{rows.max()} does not fit {bits} bits")
    flat = ((rows[:, :, None] >> np.arange(bits)) & 1).astype(np.uint8).reshape(len(rows), -1)
    digits = -(-flat.shape[1] // 4)
    nibbles = np.zeros((len(rows), digits * 4), np.uint8)
    nibbles[:, : flat.shape[1]] = flat
    values = nibbles.reshape(len(rows), digits, 4) @ np.array([1, 2, 4, 8], np.uint8)
    text = np.frombuffer(b"0123456789abcdef", np.uint8)[values[:, ::-1]]
    newline = np.full((len(rows), 1), ord("\n"), np.uint8)
    return np.concatenate([text, newline], axis=1).tobytes()
