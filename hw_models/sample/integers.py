"""Turns the values of a sample into the integers of a build's input."""

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Input
from hw_models.errors import InputError

# A byte has one value more below its middle than above it, so that a 127th too much is no mistake.
# What is added to it is more than float32 rounds.
EXCESS = 128 / 127 + 1e-5


def input_integers(spec: Input, raw: NDArray, limit: bool = False) -> NDArray[np.int8]:
    """The input integers of raw values, which are values as the data set has them.

        x = round((raw - zero) * unit / scale), ties to even, within -x_max..x_max; in float32

    Spikes are integers as they are.

    Args:
        spec: the build's input.
        raw: numbers of any shape.
        limit: limit values that the input cannot hold, instead of refusing them.

    Raises:
        InputError: the values are no real numbers, not finite, or beyond what the input holds; or
            as checked_integers() does where it is spikes.
    """
    if spec.encoding != STATIC:
        return checked_integers(spec, raw)
    if raw.dtype.kind not in "biuf":
        raise InputError(f"values of {raw.dtype}; accepted: bool, integers, floats")
    with np.errstate(over="ignore"):  # a value beyond float32 is refused as infinite
        real = (raw.astype(np.float32) - np.float32(spec.zero)) * np.float32(spec.unit)
        steps = real / np.float32(spec.scale)
    if not np.isfinite(steps).all():
        raise InputError("values that are NaN or infinite; accepted: finite numbers")
    if not limit and (abs(steps) > spec.x_max * EXCESS).any():
        least, most = float(raw.min()), float(raw.max())
        peak = spec.x_max * spec.scale / spec.unit
        raise InputError(
            f"values {least:g} to {most:g}, but the input holds {spec.zero - peak:g} to "
            f"{spec.zero + peak:g}; give values like those of the training, or --limit them"
        )
    return np.rint(steps).clip(-spec.x_max, spec.x_max).astype(np.int8)


def checked_integers(spec: Input, x: NDArray) -> NDArray[np.int8]:
    """Input integers that were given as such.

    Raises:
        InputError: they are no integers, or beyond what the input takes.
    """
    if x.dtype.kind not in "biu":
        raise InputError(f"values of {x.dtype}; accepted: integers, as {spec.name} takes them")
    low, high = spec.value_range
    if x.size and not low <= int(x.min()) <= int(x.max()) <= high:
        raise InputError(f"values {x.min()} to {x.max()}; accepted: {low} to {high}")
    return x.astype(np.int8)
