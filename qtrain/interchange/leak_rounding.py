"""Rounds a decay to a leak that hardware has, and the gain with it."""

from typing import NamedTuple

import numpy as np

from hw_models.semantics import Leak


class RoundedDecay(NamedTuple):
    """A leak in place of a decay."""

    tau: float  # m / 2**k
    gain: float  # the factor for the currents, near 1


def rounded(decay: float, timesteps: int) -> RoundedDecay:
    """The leak, and the gain, whose response to an impulse is nearest to the decay's.

    An impulse leaves decay**n on the membrane after n steps. With another leak b the nearest to it,
    by the sum of squares over T steps, is g * b**n with

        g = sum (decay * b)**n / sum b**(2 n)            n = 0..T-1

    which also keeps the mean of the response close to what it was. A decay that hardware has is
    returned as it is, with g = 1.
    """
    n = np.arange(timesteps)
    wanted = decay**n
    found = []
    for leak in Leak.taus():
        response = leak.tau**n
        gain = float(wanted @ response / (response @ response))
        found.append((float(((gain * response - wanted) ** 2).sum()), leak.tau, gain))
    exact = next((tau for _, tau, _ in found if tau == decay), None)
    if exact is not None:
        return RoundedDecay(exact, 1.0)
    _, tau, gain = min(found)
    return RoundedDecay(tau, gain)
