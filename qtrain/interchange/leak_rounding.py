"""Rounds a decay to a leak that hardware has, and the gain with it."""

from typing import NamedTuple

import numpy as np
from torch import Tensor

from hw_models.semantics import Leak
from qtrain.interchange.step_equations import StepNeuron, integrate

GAINS = np.linspace(0.96, 1.04, 17)  # which are tried beside a leak


class RoundedDecay(NamedTuple):
    """A leak in place of a decay, with a factor for the currents that makes up for it."""

    tau: float  # m / 2**k
    gain: float


def nearest(decay: float) -> RoundedDecay:
    """The nearest leak, with currents as they are."""
    return RoundedDecay(min((leak.tau for leak in Leak.taus()), key=lambda t: abs(t - decay)), 1.0)


def fitted(neuron: StepNeuron, current: Tensor, timesteps: int, reset: str) -> RoundedDecay:
    """The leak and the gain with which neurons do most nearly what they did on calibration samples.

    Tried are the leaks on both sides of the decay, with a few gains. What is made least is the
    number of spikes that differ, and for neurons that never fire the square of the potential's.

    Args:
        neuron: of one decay.
        current: what entered it, [T', B, *shape].
    """
    decay = float(neuron.decay.flat[0])
    taus = np.array([leak.tau for leak in Leak.taus()])
    if decay in taus:
        return RoundedDecay(decay, 1.0)
    sides = {float(taus[taus < decay].max(initial=taus.min())), float(taus[taus > decay].min())}
    wanted = integrate(neuron, current, timesteps, reset)
    found = []
    for tau in sorted(sides):
        for gain in GAINS:
            u, s = integrate(neuron.rounded(tau, gain), current, timesteps, reset)
            differs = s != wanted[1] if neuron.fires else (u - wanted[0]).square()
            found.append((float(differs.sum()), abs(gain - 1), tau, float(gain)))
    *_, tau, gain = min(found)
    return RoundedDecay(tau, gain)
