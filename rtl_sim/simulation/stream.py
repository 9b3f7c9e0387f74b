"""The core's input stream: turns samples into the words {tlast, tdata} of docs/core.md."""

import numpy as np
from numpy.typing import NDArray

from hw_models.core.address import addresses
from hw_models.core.stream_words import ADDR_BITS, DIGIT, DIGIT_BITS, IN_BITS, KIND, NEG
from hw_models.dataflow import Input
from hw_models.semantics import signed_digits

LAST = IN_BITS  # the bit of tlast, above tdata
WORD_BYTES = LAST // 8 + 1


def input_words(spec: Input, x: NDArray[np.int8]) -> NDArray[np.uint64]:
    """All samples' events, addresses rising, a marker after each step, tlast after a sample.

    Args:
        spec: the build's input.
        x: int8 [T', B, *shape]; T' = 1 for a static input, whose values enter as signed digits.
    """
    steps, samples = x.shape[:2]
    flat = x.reshape(steps, samples, -1).swapaxes(0, 1).reshape(steps * samples, -1)
    address = addresses(spec.shape)
    rising = np.argsort(address)
    flat, address = flat[:, rising], address[rising]
    step, place, order = np.nonzero(digit_table(spec.x_max)[0][np.abs(flat)])
    value = flat[step, place]
    sign, exponent = (table[np.abs(value), order] for table in digit_table(spec.x_max))
    events = (
        ((sign < 0) ^ (value < 0)).astype(np.uint64) << np.uint64(NEG)
        | exponent.astype(np.uint64) << np.uint64(DIGIT)
        | address[place].astype(np.uint64)
    )
    markers = np.full(steps * samples, 1 << KIND, np.uint64)
    markers[steps - 1 :: steps] |= np.uint64(1 << LAST)
    ends = np.cumsum(np.bincount(step, minlength=steps * samples))
    return np.insert(events, ends, markers)


def shuffled(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The words with the events of each step in a random order, which is the same each time."""
    marker = words >> np.uint64(KIND) & np.uint64(1)
    step = np.cumsum(marker) - marker
    return words[np.lexsort((np.random.default_rng(0).random(len(words)), marker, step))]


def words_as_text(words: NDArray[np.uint64]) -> str:
    """The input file for examples/classify.v, with lines `kind neg digit addr last`."""
    widths = {KIND: 1, NEG: 1, DIGIT: DIGIT_BITS, 0: ADDR_BITS, LAST: 1}
    fields = [(at, (1 << bits) - 1) for at, bits in widths.items()]
    columns = [words >> np.uint64(at) & np.uint64(mask) for at, mask in fields]
    return "".join(" ".join(map(str, row)) + "\n" for row in np.stack(columns, axis=1).tolist())


def words_as_bytes(words: NDArray[np.uint64]) -> bytes:
    """The input file for bench_source.v: WORD_BYTES per word, the highest byte first."""
    return words.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - WORD_BYTES :].tobytes()


def digit_table(x_max: int) -> tuple[NDArray, NDArray]:
    """(sign, exponent) of the k-th signed digit of 0..x_max, [x_max + 1, k]; sign 0: no digit."""
    digits = [signed_digits(x) for x in range(x_max + 1)]
    sign = np.zeros((x_max + 1, max(map(len, digits))), np.int64)
    exponent = np.zeros_like(sign)
    for x, row in enumerate(digits):
        for k, (s, e) in enumerate(row):
            sign[x, k], exponent[x, k] = s, e
    return sign, exponent
