"""Sizes on a map: the height and width of a kernel, a stride, a padding or a dilation."""

from collections.abc import Sequence

Size = int | Sequence[int]


def pair(size: Size) -> tuple[int, int]:
    """(height, width) of a size that is given once for both, or as two numbers."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
