"""Synapses that meet in a layer: which one sets the LSB, and how the others round onto it."""

import math

import numpy as np
from numpy.typing import NDArray

from compiler.casts import to_integers
from compiler.ir import Reals, Synapse
from hw_models.semantics import Ints


def main_synapse(synapses: tuple[Synapse, ...]) -> Synapse:
    """The synapse that sets the LSB: of those with most weights a neuron, the first.

    It alone keeps its integers, as narrow as trained; the others get wider and round by up to half
    a LSB a weight. Most weights are the most memory to keep narrow, and the most errors to add up.
    """
    return max(synapses, key=fan_in)


def fan_in(synapse: Synapse) -> int:
    """Weights of a neuron."""
    return synapse.w[0].size


def rounding_bits(others: list[Synapse]) -> int:
    """Fraction bits that keep the rounding of these synapses' weights below that of leak and bias.

    That is about half a LSB. A weight's error, even over +-1/2, has the variance 1/12; a neuron
    adds fan_in of them, each as often as pools re-issue an event.
    """
    times = [math.prod(math.prod(pool.kernel) for pool in synapse.pools) for synapse in others]
    variance = sum(fan_in(s) * n * n for s, n in zip(others, times, strict=True)) / 12
    return max(0, math.ceil(math.log2(math.sqrt(variance) / 0.5))) if variance else 0


def on_lsb(synapse: Synapse, lsb: Reals) -> Ints:
    """The weights as the nearest multiples of one LSB per channel."""
    return to_integers(synapse.w * over(synapse.w, synapse.step / lsb), f"{synapse.name}: weight")


def heaviest(synapse: Synapse) -> Reals:
    """What the largest weight of each channel is worth, [C]."""
    return synapse.step * np.abs(synapse.w).reshape(len(synapse.w), -1).max(axis=1)


def over(w: Ints, per_channel: NDArray) -> NDArray:
    """[C] as [C, 1, ...], broadcastable over weights [C, ...]."""
    return per_channel.reshape(-1, *[1] * (w.ndim - 1))
