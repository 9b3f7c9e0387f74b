"""Addresses {y, x, c} of the core's streams, and the order in which a sweep visits neurons.

An address has a field each for the row, the column and the channel, just wide enough for its size.
Addresses rise row by row, column by column, channel by channel; this is the raster order.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Shape3
from hw_models.semantics import Ints


def as_map(shape: tuple[int, ...]) -> Shape3:
    """The shape (C, H, W) of a stream; a vector counts as a map of one position."""
    if len(shape) == 3:
        return shape
    return math.prod(shape), 1, 1


@dataclass(frozen=True, slots=True)
class Fields:
    """The positions of the fields in an address; the channel is in the lowest bits."""

    x_shift: int
    y_shift: int
    bits: int  # width of the whole address, at least one

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> "Fields":
        """The fields of a stream of this shape, channels first."""
        channels, height, width = as_map(shape)
        x_shift = (channels - 1).bit_length()
        y_shift = x_shift + (width - 1).bit_length()
        return cls(x_shift, y_shift, max(1, y_shift + (height - 1).bit_length()))


def addresses(shape: tuple[int, ...]) -> Ints:
    """The address of each neuron, [size] in the order of `shape`, channels first."""
    c, y, x = np.indices(as_map(shape))
    fields = Fields.of(shape)
    return (y << fields.y_shift | x << fields.x_shift | c).reshape(-1)


def in_raster(values: NDArray, shape: tuple[int, ...]) -> NDArray:
    """Reorder values [size] from the order of `shape`, channels first, to rising addresses."""
    return values.reshape(as_map(shape)).transpose(1, 2, 0).reshape(-1)


def sweep_places(shape: tuple[int, ...], section: int, slice_: int) -> Ints:
    """The neurons of a sweep's words as places in raster order, [words, slice]; -1 is padding.

    The sweep goes from position to position, and at each position from section to section. The
    channels of a section take whole words.
    """
    places = np.arange(math.prod(shape)).reshape(-1, section)
    padded = np.pad(places, [(0, 0), (0, -section % slice_)], constant_values=-1)
    return padded.reshape(-1, slice_)


def sweep(shape: tuple[int, ...], section: int, slice_: int) -> Ints:
    """The neurons of a sweep's words as indices in the order of `shape`; -1 is padding."""
    neurons = in_raster(np.arange(math.prod(shape)), shape)
    return np.append(neurons, -1)[sweep_places(shape, section, slice_)]
