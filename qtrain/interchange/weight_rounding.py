"""Rounds trained weights so that the currents they make change least.

With H = mean of x x^T over calibration samples, where x are the values that the weights w of an
output meet, other weights q make a current whose mean square error is (q - w) H (q - w)^T. Without
samples H is the identity: all inputs count alike.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
SHARES = np.linspace(1, 0.4, 25)  # of the largest weight, which are tried as the limit
DAMPING = 0.01  # of the mean of H's diagonal: inputs that never were on may be on later


class RoundedWeights(NamedTuple):
    """Weights that a quantizer maps to themselves."""

    weight: Reals  # of the shape of the trained ones
    error: float  # r.m.s. error of a current, as a share of its r.m.s. value


def rounded_weights(
    weight: Reals, bits: int, h: Reals | None = None, together: bool = False
) -> RoundedWeights:
    """Weights on the grid of a quantizer whose largest integer is the largest |weight|.

    The step is first chosen with which rounding to the nearest does the least harm; a finer one
    cuts off the largest weights. Then the inputs are rounded one after the other, the strongest
    first, and what rounding one of them does to the current is made up for by the others that are
    not yet rounded. Source: Frantar et al., GPTQ, ICLR 2023 (arXiv 2210.17323).

    Args:
        weight: [out, in / groups, ...]; the outputs of a group are neighbours.
        bits: of an integer weight, more than 2.
        h: [groups, n, n], where n is the number of weights of an output.
        together: one step for all outputs; else one for each.
    """
    rows, most = weight.reshape(len(weight), -1), (1 << (bits - 1)) - 1
    count = rows.shape[1]
    h = np.eye(count)[None] if h is None else h
    step = best_step(rows, most, np.einsum("gii->gi", h), together)
    done = np.concatenate(
        [
            step_part * compensated(part, each, step_part, most)
            for part, step_part, each in zip(
                np.split(rows, len(h)), np.split(step, len(h)), h, strict=True
            )
        ]
    )
    return RoundedWeights(done.reshape(weight.shape), relative_error(weight, done, h))


def best_step(rows: Reals, most: int, power: Reals, together: bool) -> Reals:
    """The step of each output, [out, 1], with which rounding to the nearest does the least harm.

    Args:
        power: [groups, n], the mean square of each input.
    """
    top = np.abs(rows).max(axis=None if together else 1, keepdims=True)
    power = power.repeat(len(rows) // len(power), axis=0)
    errors = []
    for share in SHARES:
        step = np.maximum(top * share / most, np.finfo(np.float32).tiny)
        error = power * (np.clip(np.rint(rows / step), -most, most) * step - rows) ** 2
        errors.append(error.sum(axis=None if together else 1, keepdims=True))
    step = top * SHARES[np.argmin(errors, axis=0)] / most
    return np.broadcast_to(np.maximum(step, np.finfo(np.float32).tiny), (len(rows), 1))


def compensated(rows: Reals, h: Reals, step: Reals, most: int) -> Reals:
    """Integers [out, n] of weights, each of which makes up for those that were rounded before it.

    A row's largest weight, if it is one that the step maps to +-most or cuts off there, becomes
    that whatever the others ask for: so a quantizer that takes its step from the largest weight
    finds this step again.
    """
    count = rows.shape[1]
    damped = h + DAMPING * max(np.trace(h) / count, np.finfo(np.float32).tiny) * np.eye(count)
    order = np.argsort(-np.diag(h), kind="stable")
    upper = np.linalg.cholesky(np.linalg.inv(damped[np.ix_(order, order)])).T
    left, largest = rows[:, order].copy(), np.abs(rows[:, order]).argmax(1)
    reaches = np.abs(rows).max(1) >= (1 - 1e-9) * most * step[:, 0]
    integers = np.empty_like(left)
    for j in range(count):
        nearest = np.clip(np.rint(left[:, j] / step[:, 0]), -most, most)
        pinned = reaches & (largest == j)
        nearest[pinned] = most * np.sign(rows[pinned, order[j]])
        integers[:, j] = nearest
        error = (left[:, j] - nearest * step[:, 0]) / upper[j, j]
        left[:, j:] -= np.outer(error, upper[j, j:])
    return integers[:, np.argsort(order)]


def relative_error(weight: Reals, other: Reals, h: Reals) -> float:
    """The r.m.s. error of a current by other weights, as a share of its r.m.s. value."""

    whole = power(weight, h)
    if not whole:
        return 0.0
    return float(np.sqrt(max(0.0, power(other.reshape(weight.shape) - weight, h)) / whole))


def power(weight: Reals, h: Reals) -> float:
    """The sum of w H w^T over all outputs."""
    groups = zip(np.split(weight.reshape(len(weight), -1), len(h)), h, strict=True)
    return sum(float(np.einsum("oi,ij,oj->", part, each, part)) for part, each in groups)
