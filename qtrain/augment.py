"""What training images go through before a network sees them: moved, mirrored, partly covered."""

import torch
import torch.nn.functional as F
from torch import Tensor


def shifted(x: Tensor, shift: int, generator: torch.Generator) -> Tensor:
    """Each sample of x [T, B, C, H, W] moved by -shift..shift pixels both ways, zeros behind.

    The same as a random crop of the map padded by `shift`.
    """
    if not shift:
        return x
    height, width = x.shape[-2:]
    padded = F.pad(x, (shift,) * 4).transpose(0, 1)
    windows = padded.unfold(3, height, 1).unfold(4, width, 1)
    dy, dx = torch.randint(2 * shift + 1, (2, x.shape[1]), generator=generator)
    return windows[torch.arange(x.shape[1]), :, :, dy, dx].transpose(0, 1)


def flipped(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each sample of x [T, B, C, H, W] mirrored left to right, or not, with equal odds."""
    mirror = torch.randint(2, (x.shape[1],), generator=generator).bool()
    return torch.where(mirror.view(1, -1, 1, 1, 1), x.flip(-1), x)


def covered(x: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Each sample of x [T, B, C, H, W] with a square of `side` pixels set to 0.

    Its centre is any pixel, so that parts of it may lie outside. Source: DeVries and Taylor,
    Cutout, 2017 (arXiv 1708.04552).
    """
    if not side:
        return x
    spans = []
    for size in x.shape[-2:]:
        first = torch.randint(size, (x.shape[1], 1), generator=generator) - side // 2
        pixels = torch.arange(size)
        spans.append((pixels >= first) & (pixels < first + side))  # [B, size]
    rows, columns = spans
    square = rows[:, :, None] & columns[:, None, :]
    return x.masked_fill(square[None, :, None], 0)
