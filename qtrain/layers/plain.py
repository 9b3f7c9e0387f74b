"""The layers without parameters: Add, Flatten and Readout, and the base class of the first two."""

from typing import Any

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from hw_models.semantics import Leak


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


class Readout(nn.Module):
    """The logits [B, classes] of currents I [T', B, classes(, 1, 1)], by neurons that never fire.

        logits = mean over t of I[t]                         tau = 1
        logits = u[T'],  u[t] = tau * u[t-1] + I[t]          tau < 1;  u[0] = 0

    The currents are those of a weight layer, or the spikes of a LIF layer: then the class with most
    spikes, those of -1 subtracted, has the largest logit.

    With a leak, the logits are the membrane u after the last step: later steps weigh more, and with
    tau = 0 the last one alone counts.

    Args:
        tau: the leak, of the form m / 2**k (see hw_models.semantics.Leak).

    Raises:
        InputError: tau has no such form, or the input is a map of more than one pixel.
    """

    op = "readout"

    def __init__(self, tau: float = 1.0) -> None:
        super().__init__()
        Leak.from_tau(tau)
        self.tau = tau

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now.

        A tau of 1 is left out, so that the graph of a network without leak is the one that
        checkpoints have in which a readout has no options.
        """
        return {} if self.tau == 1 else {"tau": float(self.tau)}

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[3:].numel() != 1:
            raise InputError(
                f"the logits are maps of {list(x.shape[2:])}; accepted: [classes] or "
                "[classes, 1, 1]; put a GlobalAvgPool or Flatten before the last weights"
            )
        if self.tau == 1:
            return x.mean(0).flatten(1)
        u, *currents = x
        for current in currents:
            u = torch.add(current, u, alpha=self.tau)
        return u.flatten(1)

    def extra_repr(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.attrs.items())
