"""The average pools, over windows and over the whole map."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from hw_models.errors import InputError
from qtrain.layers.plain import PlainLayer
from qtrain.layers.sizes import Size, pair


class AvgPool2d(nn.Module):
    """The mean over each window of a map [T', B, C, H, W], or the sum with mode = "sum".

    Args:
        kernel_size, stride, padding: as in torch's AvgPool2d; without a stride it is the kernel's
            size.
        ceil_mode, count_include_pad: as in torch's AvgPool2d. The compiler takes only the defaults:
            a divisor that depends on the position leaves no common scale.
        mode: "mean" or "sum".

    Raises:
        InputError: the mode is unknown.
    """

    op = "avg_pool2d"

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        mode: str = "mean",
    ) -> None:
        super().__init__()
        if mode not in ("mean", "sum"):
            raise InputError(f"mode = {mode!r}; accepted: mean, sum")
        self.kernel_size, self.padding = pair(kernel_size), pair(padding)
        self.stride = pair(stride or kernel_size)
        self.ceil_mode, self.count_include_pad, self.mode = ceil_mode, count_include_pad, mode

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now."""
        return {
            "kernel_size": list(pair(self.kernel_size)),
            "stride": list(pair(self.stride)),
            "padding": list(pair(self.padding)),
            "ceil_mode": bool(self.ceil_mode),
            "count_include_pad": bool(self.count_include_pad),
            "mode": self.mode,
        }

    def forward(self, x: Tensor) -> Tensor:
        y = F.avg_pool2d(
            x.flatten(0, 1),
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            1 if self.mode == "sum" else None,
        )
        return y.unflatten(0, x.shape[:2])


class GlobalAvgPool(PlainLayer):
    """The mean over the whole map: [T', B, C, H, W] to [T', B, C, 1, 1]."""

    op = "global_avg_pool"

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((-2, -1), keepdim=True)
