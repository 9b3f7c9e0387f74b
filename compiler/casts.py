"""Checked conversions from real numbers to integers, and from wide integers to narrow ones."""

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import BITS_MAX, Ints


def to_integers(values: NDArray, what: str) -> Ints:
    """Round real numbers to the nearest integers, ties to even; the first axis is the channels.

    Raises:
        InputError: a value is not a number or needs more than BITS_MAX bits; the message names
            `what` and the channel.
    """
    bad = ~(np.abs(values) < 1 << (BITS_MAX - 1))  # also true for a NaN
    if bad.any():
        channel, *_ = np.argwhere(bad)[0]
        raise InputError(
            f"{what} of channel {channel} is {values[bad][0]:.4g} LSB, need less than "
            f"2^{BITS_MAX - 1}: what it is added to is next to nothing; train it again"
        )
    return np.rint(values).astype(np.int64)


def narrowed(w: Ints, bits: int, what: str) -> NDArray:
    """Convert weights to the integer type of `bits` bits: 8, 16 or 32.

    Raises:
        InputError: a weight does not fit; the message names `what`.
    """
    bound = 1 << (bits - 1)
    if not -bound <= int(w.min()) <= int(w.max()) < bound:
        raise InputError(f"{what}: {w.min()}..{w.max()}, need {-bound}..{bound - 1}")
    return w.astype(f"int{bits}")
