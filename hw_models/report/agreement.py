"""Counts predictions that agree, and turns counts into shares."""

from typing import Any


def agreeing(predictions: Any, expected: Any) -> int:
    """The number of B predictions that are as expected; both are arrays or tensors of shape [B].

    Raises:
        ValueError: the shapes differ, so that a comparison would broadcast each value to all
            others.
    """
    if predictions.ndim != 1 or predictions.shape != expected.shape:
        raise ValueError(
            f"predictions {list(predictions.shape)} against {list(expected.shape)}, need one each "
            "for the same samples"
        )
    return int((predictions == expected).sum())


def share(part: int, whole: int) -> float:
    """part / whole.

    Raises:
        ValueError: `whole` is 0 or `part` is greater than `whole`.
    """
    if not 0 <= part <= whole or not whole:
        raise ValueError(f"{part} of {whole} is no share")
    return part / whole
