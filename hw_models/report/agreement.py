"""Counts of predictions that agree, and the shares that are made of counts."""

from typing import Any


def agreeing(predictions: Any, expected: Any) -> int:
    """How many of B predictions are as expected; both are arrays or tensors of shape [B].

    Raises:
        ValueError: they have other shapes, so that comparing them would compare each with all.
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
        ValueError: it is no share: there is nothing, or more of it than there is.
    """
    if not 0 <= part <= whole or not whole:
        raise ValueError(f"{part} of {whole} is no share")
    return part / whole
