"""Synapses that meet in a layer: which one sets the LSB, and how the others round onto it."""

import math

import numpy as np
from numpy.typing import NDArray

from compiler.casts import to_integers
from compiler.ir import Reals, Synapse
from hw_models.semantics import Ints


def main_synapse(synapses: tuple[Synapse, ...]) -> Synapse:
    """The synapse that sets the LSB, which is the one with most weights for a neuron.

    Of several such synapses it is the first. It alone keeps its integers, as narrow as trained;
    the weights of the others get wider, and each rounds by up to half a LSB. The synapse with most
    weights has the most memory to keep narrow, and would have the most errors to add up.
    """
    return max(synapses, key=fan_in)


def fan_in(synapse: Synapse) -> int:
    """The number of weights of a neuron."""
    return synapse.w[0].size


def rounding_bits(others: list[Synapse]) -> int:
    """The fraction bits that are added because the weights of these synapses are rounded.

    They keep the error of a neuron's sum below that of leak and bias, which is about half a LSB. A
    weight's error is spread evenly over +-1/2, so its variance is 1/12. A neuron adds fan_in such
    errors, each as many times as pools send an event on.
    """
    times = [math.prod(math.prod(pool.kernel) for pool in synapse.pools) for synapse in others]
    variance = sum(fan_in(s) * n * n for s, n in zip(others, times, strict=True)) / 12
    return max(0, math.ceil(math.log2(math.sqrt(variance) / 0.5))) if variance else 0


def on_lsb(synapse: Synapse, lsb: Reals) -> Ints:
    """The weights as the nearest multiples of the LSB of their channel."""
    return to_integers(synapse.w * over(synapse.w, synapse.step / lsb), f"{synapse.name}: weight")


def heaviest(synapse: Synapse) -> Reals:
    """What the largest weight of each channel is worth in real numbers, [C]."""
    return synapse.step * np.abs(synapse.w).reshape(len(synapse.w), -1).max(axis=1)


def over(w: Ints, per_channel: NDArray) -> NDArray:
    """[C] as [C, 1, ...], broadcastable over weights [C, ...]."""
    return per_channel.reshape(-1, *[1] * (w.ndim - 1))
