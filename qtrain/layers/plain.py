"""The layers that have no options: Add, Flatten and Readout, and the base class they share."""

from typing import Any

from torch import Tensor, nn

from hw_models.errors import InputError


class PlainLayer(nn.Module):
    """The base class of layers whose constructor takes no arguments."""

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments: there are none."""
        return {}


class Add(PlainLayer):
    """The sum of the paths that meet before a LIF layer: currents, or currents and spikes.

    Each operand is [T', B, ...] with T' = T or 1; one with T' = 1 is added at each step.
    """

    op = "add"

    def forward(self, *operands: Tensor) -> Tensor:
        total, *others = operands
        for operand in others:
            total = total + operand
        return total


class Flatten(PlainLayer):
    """[T', B, ...] to [T', B, features]."""

    op = "flatten"

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2)


class Readout(PlainLayer):
    """The logits [B, classes]: the mean over the steps of [T', B, classes(, 1, 1)].

    Raises:
        InputError: the input is a map of more than one pixel.
    """

    op = "readout"

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[3:].numel() != 1:
            raise InputError(
                f"the logits are maps of {list(x.shape[2:])}; accepted: [classes] or "
                "[classes, 1, 1]; put a GlobalAvgPool or Flatten before the last weights"
            )
        return x.mean(0).flatten(1)
