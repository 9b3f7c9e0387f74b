"""A split of a data set, such as its test samples."""

import hashlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hw_models.errors import InputError
from qtrain.data.spec import DatasetSpec


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
