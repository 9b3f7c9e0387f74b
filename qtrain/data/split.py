"""A split of a data set, such as its test samples, and the description of the data set."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_models.dataflow import STATIC, Encoding
from hw_models.errors import InputError
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


@dataclass(frozen=True)
class Split:
    """Samples x [N, T', *shape], as they were read, and their labels y [N], int64.

    The samples are small integers, or float32 where the spec says so.

    Raises:
        InputError: there are no samples, or the samples or labels are not as the spec says.
    """

    spec: DatasetSpec
    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        spec, name = self.spec, self.spec.name
        whole = not (self.x.is_floating_point() or self.x.is_complex())
        if not (self.x.dtype == torch.float32 if spec.reals else whole):
            accepted = "torch.float32" if spec.reals else "small integers"
            raise InputError(f"{name}: samples of {self.x.dtype}; accepted: {accepted}")
        if self.y.dtype != torch.int64:
            raise InputError(f"{name}: labels of {self.y.dtype}; accepted: torch.int64")
        if len(self.x) != len(self.y) or self.y.ndim != 1:
            raise InputError(
                f"{name}: labels of shape {list(self.y.shape)} for {len(self.x)} samples; "
                "accepted: one a sample"
            )
        if not len(self.x):
            raise InputError(f"{name}: no samples; accepted: 1 or more")
        shape = [spec.timesteps, *spec.shape]
        if list(self.x.shape[1:]) != shape:
            raise InputError(
                f"{name}: samples of {list(self.x.shape[1:])}; accepted: {shape}, steps first"
            )
        limited = {"labels": (self.y, (0, spec.classes - 1))}
        if not spec.reals:
            limited["values"] = (self.x, spec.value_range)
        for what, (tensor, (low, high)) in limited.items():
            least, most = (int(end) for end in tensor.aminmax())
            if least < low or most > high:
                raise InputError(f"{name}: {what} {least} to {most}; accepted: {low} to {high}")

    def __len__(self) -> int:
        return len(self.y)

    def sha256(self) -> str:
        """The sha256 of the samples and their labels."""
        digest = hashlib.sha256()
        for tensor in (self.x, self.y):
            digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.numpy()).data)
        return digest.hexdigest()

    def cut(self, last: int) -> tuple["Split", "Split"]:
        """The split without its last so many samples, and a split of those.

        Raises:
            InputError: the split does not have more samples than that.
        """
        if not 0 < last < len(self):
            raise InputError(
                f"validation = {last}; accepted: 1 to {len(self) - 1} of the {len(self)} samples"
            )
        return (
            Split(self.spec, self.x[:-last], self.y[:-last]),
            Split(self.spec, self.x[-last:], self.y[-last:]),
        )

    def inputs(self, which: Tensor | slice) -> Tensor:
        """The real inputs [T', B, *shape] of these samples."""
        values = self.x[which].to(torch.float32)
        return (values - self.spec.zero).mul_(self.spec.unit).transpose(0, 1)
