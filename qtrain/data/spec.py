"""The description of a data set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Encoding
from hw_models.semantics import SPIKE_VALUES, input_max

Arrays = tuple[NDArray, NDArray]  # samples and labels


@dataclass(frozen=True)
class DatasetSpec:
    """What is known of a data set before any sample is read, and how its samples are read."""

    name: str
    shape: tuple[int, ...]  # of a sample at one time step: channels, height, width
    timesteps: int  # time steps of a sample; 1 where it is static
    classes: int
    # static: the same values at all time steps, which a network quantizes; ternary or binary:
    # spikes {-1, 0, 1} or {0, 1} at each step, which a network takes as they are
    encoding: Encoding
    unit: float  # the real value of a value as it was read is (value - zero) * unit
    input_scale: float | None  # the real value of one step of the int8 input; None: spikes
    read: Callable[[str, Path | None], Arrays]  # split, data_dir -> x [N, T', *shape], labels [N]
    zero: float = 0  # the value that means 0
    input_peak: int = 127  # the largest |value| of the int8 input
    in_files: bool = True  # read from files; False: the data come with a Python package
    labels: tuple[str, ...] = ()  # the name of each class; empty where it is its number
    reals: bool = False  # Split.x holds real values in float32, and not small integers

    @property
    def value_range(self) -> tuple[int, int]:
        """The least and the largest value of Split.x, where it holds integers."""
        if self.input_scale is None:
            assert self.encoding != STATIC
            low, *_, high = SPIKE_VALUES[self.encoding]
            return low, high
        zero, peak = int(self.zero), round(self.input_peak * self.input_scale / self.unit)
        # A byte has one value more below its middle than above it; the int8 input is symmetric.
        return zero - peak - (zero > 0), zero + peak

    @property
    def rgb_bytes(self) -> bool:
        """Whether samples are images of three channels of bytes, whose middle means 0."""
        whole = not self.reals and self.value_range == (0, 255)
        return whole and len(self.shape) == 3 and self.shape[0] == 3

    def scale_of(self, bits: int) -> float | None:
        """The real value of one step of an input of `bits`, the sign included; None: spikes.

        The largest integer, 2**(bits - 1) - 1, stands for the same real value as the largest of the
        int8 input, and a step is no finer than one of the int8 input.
        """
        if self.input_scale is None:
            return None
        return self.input_scale * max(1, self.input_peak / input_max(bits))
