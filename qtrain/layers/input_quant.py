"""The quantizer of a static input, such as the pixels of an image."""

from math import inf
from typing import Any

import torch
from torch import Tensor, nn

from hw_models.errors import InputError
from hw_models.semantics import INPUT_BITS, input_max


class InputQuant(nn.Module):
    """Rounds a static input to integers of a few bits.

        x_int = round(x / scale), ties to even, limited to -x_max..x_max
        y = scale * x_int                        x_max = 2**(bits - 1) - 1

    Zero stays zero, so that a background of zeros costs no additions.

    Args:
        scale: the real value of x_int = 1.
        bits: 2 to 8, the sign included; with 2 bits x_int is -1, 0 or 1.

    Raises:
        InputError: an argument is out of range.
    """

    op = "input_quant"

    def __init__(self, scale: float, bits: int = 8) -> None:
        super().__init__()
        if not 0 < scale < inf:
            raise InputError(f"input scale = {scale}; accepted: more than 0, finite")
        if bits not in INPUT_BITS:
            raise InputError(f"input bits = {bits}; accepted: {INPUT_BITS[0]} to {INPUT_BITS[-1]}")
        self.scale = scale
        self.x_max = input_max(bits)

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now."""
        return {"scale": float(self.scale), "bits": int(self.x_max).bit_length() + 1}

    def integers(self, x: Tensor) -> Tensor:
        """x_int, as int8."""
        return self._rounded(x).to(torch.int8)

    def forward(self, x: Tensor) -> Tensor:
        return self._rounded(x).mul_(self.scale)

    def _rounded(self, x: Tensor) -> Tensor:
        return (x / self.scale).round_().clamp_(-self.x_max, self.x_max)
