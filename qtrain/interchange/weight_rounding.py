"""Limits trained weights before they are rounded, so that the currents they make change least."""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
SHARES = np.linspace(1, 0.4, 25)  # of the largest weight, which are tried as the limit


def limited(weight: Reals, moment: Reals, bits: int, together: bool = False) -> Reals:
    """Weights cut off at the limit with which rounding to integers of `bits` does the least harm.

    A quantizer's step is the largest |weight| over 2**(bits - 1) - 1. A lower limit makes the step
    finer and cuts off the few largest weights. What is made least is the expected square of a
    current's error, sum_j moment[j] * (w[j] - rounded w[j])**2, if inputs are independent. With 2
    bits the step does not follow the largest weight, and nothing is cut off.

    Args:
        weight: [out, in / groups, ...].
        moment: the mean square of the values that each weight meets, broadcastable to `weight`.
        bits: of an integer weight.
        together: one limit for all outputs, as where one scale holds for all; else one for each.
    """
    if bits == 2:
        return weight
    axes = tuple(range(0 if together else 1, weight.ndim))
    top = np.abs(weight).max(axis=axes, keepdims=True)
    most = (1 << (bits - 1)) - 1
    errors = []
    for share in SHARES:
        step = np.maximum(top * share / most, np.finfo(np.float64).tiny)
        error = np.clip(np.rint(weight / step), -most, most) * step - weight
        errors.append((moment * error**2).sum(axis=axes, keepdims=True))
    limit = top * SHARES[np.argmin(errors, axis=0)]
    return np.clip(weight, -limit, limit)


def relative_error(weight: Reals, rounded: Reals, moment: Reals) -> float:
    """The r.m.s. error of a current by rounded weights, as a share of its r.m.s. value."""
    whole = (moment * weight**2).sum()
    return float(np.sqrt((moment * (rounded - weight) ** 2).sum() / whole)) if whole else 0.0
