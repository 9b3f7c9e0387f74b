"""Addresses {y, x, c} of the core's streams, and the order in which a sweep visits neurons."""

import math

import numpy as np

from hw_models.semantics import Ints


def as_map(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(C, H, W); a vector is a map of one position."""
    return shape if len(shape) == 3 else (math.prod(shape), 1, 1)


def addresses(shape: tuple[int, ...]) -> Ints:
    """The address of each neuron, [size] in the order of `shape`, channels first."""
    c, y, x = np.indices(as_map(shape))
    channels, _, width = as_map(shape)
    c_bits, x_bits = (channels - 1).bit_length(), (width - 1).bit_length()
    return (y << c_bits + x_bits | x << c_bits | c).reshape(-1)


def sweep(shape: tuple[int, ...], groups: int, slice_: int) -> Ints:
    """The neuron at each place of a sweep's words, [words, slice]; -1: none (padding).

    Position by position, group by group; the channels of a group take whole words.
    """
    channels, height, width = as_map(shape)
    neurons = np.arange(channels * height * width).reshape(groups, -1, height, width)
    padding = -neurons.shape[1] % slice_
    padded = np.pad(neurons, [(0, 0), (0, padding), (0, 0), (0, 0)], constant_values=-1)
    return padded.transpose(2, 3, 0, 1).reshape(-1, slice_)
