"""Walks tensors in the order in which they lie in memory, in parts that fit the cache."""

from collections.abc import Iterator

from torch import Tensor

CHUNK = 1 << 16  # elements of a part


def chunks(elements: int) -> Iterator[slice]:
    """Slices of CHUNK elements: what is done with one slice, over all steps, stays in the cache."""
    return (slice(first, first + CHUNK) for first in range(0, elements, CHUNK))


def rows(x: Tensor, like: Tensor | None = None) -> Tensor:
    """x [T, ...] as [T, n], its elements in the order in which `like` (default: x) stores them.

    A map may be stored with its channels last, which is fastest for convolutions; no copy is made
    then either.
    """
    if stores_channels_last(x if like is None else like):
        x = x.movedim(2, -1)
    return x.reshape(len(x), -1)


def empty_steps(steps: int, like: Tensor) -> Tensor:
    """An empty [steps, *like.shape[1:]], stored in the order in which `like` is."""
    _, *shape = like.shape
    if stores_channels_last(like):
        batch, channels, height, width = shape
        return like.new_empty((steps, batch, height, width, channels)).movedim(-1, 2)
    return like.new_empty((steps, *shape))


def stores_channels_last(x: Tensor) -> bool:
    """Whether x is a map [T, B, C, H, W] whose channels are neighbours in memory."""
    return x.ndim == 5 and not x.is_contiguous() and x.movedim(2, -1).is_contiguous()


def channels_last(x: Tensor) -> Tensor:
    """x, stored channels last where it is a map [T, B, C, H, W]."""
    return x.movedim(2, -1).contiguous().movedim(-1, 2) if x.ndim == 5 else x
