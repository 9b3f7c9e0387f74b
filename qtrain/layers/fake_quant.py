"""The weight quantizers of quantizers.py in a few fused operations, for each step of a training.

Brevitas's own modules remain what defines the integers, their scale and the gradient, and what
every export reads; the tests compare the two bit for bit. They call some hundred operations for
each layer, which in a small network take as long as the rest of a step.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

SCALE_MIN = 1e-10  # the least of Brevitas's max |w|, from which the scale follows


def fake_quant(w: Tensor, w_max: int, by_channel: bool) -> Tensor:
    """scale * w_int, with integers up to w_max and a scale for each output or for all weights."""
    return cast(Tensor, MaxFakeQuant.apply(w, w_max, by_channel))


def first_largest(size: Tensor) -> Tensor:
    """The place of the first largest number in each row [n, m], as [n, 1]."""
    if size.is_cpu:  # where NumPy takes a sixth of torch's time
        return torch.from_numpy(size.numpy().argmax(1)[:, None])
    return size.argmax(1, keepdim=True)


class MaxFakeQuant(torch.autograd.Function):
    """scale * w_int of weights w [out, ...], where the scale follows the largest |w|.

        scale = max |w| / w_max      of each output, or of all weights
        w_int = round(w / scale)     ties to even; |w / scale| is at most w_max, up to its rounding

    Backward takes rounding for the identity, but not the scale for a constant.
    """

    @staticmethod
    def forward(ctx: Any, w: Tensor, w_max: int, by_channel: bool) -> Tensor:
        rows = w.flatten(1) if by_channel else w.reshape(1, -1)
        size = rows.abs()
        if by_channel:
            at = first_largest(size)
            most = size.gather(1, at)
        else:
            most = at = size.max().view(1, 1)
        scale = most.clamp(min=SCALE_MIN).div_(w_max)
        x = rows / scale
        ctx.save_for_backward(w, x, scale, at)
        ctx.w_max, ctx.by_channel = w_max, by_channel
        return torch.round(x, out=size).mul_(scale).view_as(w)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """With g = dL/dy, y = scale * round(x) and x = w / scale:

        dL/dw = g * scale / scale     dL/dscale = sum(g * round(x)) - sum(g * scale * x / scale)

        The gradient of max |w| goes to the first of an output's largest weights; where all weights
        have one scale, the largest share it.
        """
        w, x, scale, at = ctx.saved_tensors
        g = grads[0].reshape(x.shape)
        work = x.round()  # one array for all that is summed, so that it stays in the cache
        by_scale = work.mul_(g).sum(1, keepdim=True)
        g = g * scale
        by_scale -= torch.div(x, scale, out=work).mul_(g).sum(1, keepdim=True)
        g.div_(scale)
        by_most, rows = by_scale.div_(ctx.w_max), w.view_as(x)
        if ctx.by_channel:
            g.scatter_add_(1, at, by_most * rows.gather(1, at).sgn())
        else:
            largest = torch.eq(torch.abs(rows, out=work), at, out=work)
            g.addcmul_(largest.mul_(by_most / largest.sum()), rows.sgn())
        return g.view_as(w), None, None
