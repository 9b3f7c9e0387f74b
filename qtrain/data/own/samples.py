"""Own samples as a network takes them: their shape, their scale, and the integers of its input."""

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from hw_models.semantics import input_max

PEAK = input_max(8)  # the largest integer of an int8 input
FORMS = {  # dimensions of all samples -> what they are
    STATIC: {2: "[N, F]", 3: "[N, C, L]", 4: "[N, C, H, W]"},
    "spikes": {3: "[N, T, F]", 4: "[N, T, C, L]", 5: "[N, T, C, H, W]"},
}


def check_numbers(x: NDArray, where: str) -> None:
    """Check that samples are finite real numbers, one or more.

    Raises:
        InputError: they are not.
    """
    if x.dtype.kind not in "biuf":
        raise InputError(f"{where}: samples of {x.dtype}; accepted: bool, integers, floats")
    if not x.size:
        raise InputError(f"{where}: samples of {list(x.shape)}; accepted: 1 or more, not empty")
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        at = [int(k) for k in np.argwhere(~np.isfinite(x))[0]]
        raise InputError(
            f"{where}: sample {at[0]} holds {x[tuple(at)]} at {at[1:]}; accepted: finite numbers"
        )


def are_signs(x: NDArray) -> bool:
    """Whether all values are -1, 0 or 1."""
    return bool(x.min() >= -1 and x.max() <= 1 and (x.dtype.kind != "f" or (x == np.rint(x)).all()))


def input_of(x: NDArray, chosen: str | None, where: str) -> str:
    """Whether samples are "static" or "spikes".

    Raises:
        InputError: they could be either; or they are no spikes, which were asked for.
    """
    if chosen == "spikes" and not are_signs(x):
        raise InputError(f"{where}: values {x.min()} to {x.max()}; accepted as spikes: -1, 0, 1")
    if chosen is None and x.ndim in FORMS["spikes"] and are_signs(x):
        raise InputError(
            f"{where}: values of -1, 0 and 1 alone, of {list(x.shape)}: say with --input spikes "
            "that they are spikes over time, [N, T, ...], or with --input static that they are not"
        )
    return chosen or STATIC


def with_time(x: NDArray, kind: str, where: str) -> NDArray:
    """Samples as [N, T', *shape]: T' = 1 where they are static, and signals as maps of one row.

    Raises:
        InputError: they have another number of dimensions than FORMS.
    """
    if x.ndim not in FORMS[kind]:
        raise InputError(
            f"{where}: samples of {list(x.shape)}; accepted as {kind}: "
            f"{', '.join(FORMS[kind].values())}"
        )
    if kind == STATIC:
        x = x[:, None]
    return x[:, :, :, None] if x.ndim == 4 else x


def as_reals(x: NDArray, where: str) -> NDArray[np.float32]:
    """Values in float32, which a network quantizes.

    Raises:
        InputError: one is too large for it.
    """
    with np.errstate(over="ignore"):  # refused below
        reals = x.astype(np.float32)
    if not np.isfinite(reals).all():
        raise InputError(
            f"{where}: values {x.min():g} to {x.max():g}; accepted: those that float32 can hold"
        )
    return reals


def as_counts(x: NDArray, where: str) -> NDArray:
    """Values as small integers, for samples that are taken as they are.

    Raises:
        InputError: they are no integers of up to 15 bits.
    """
    if x.dtype in (np.int8, np.uint8):
        return x
    limit = np.iinfo(np.int16)
    if x.min() < limit.min or x.max() > limit.max or not (x == np.rint(x)).all():
        raise InputError(
            f"{where}: values {x.min()} to {x.max()} of {x.dtype}; accepted: whole numbers, as "
            "the network was trained on bytes or spikes that are taken as they are"
        )
    return x.astype(np.int16)
