"""The builds that are executed for a comparison, with samples."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.folder import artefact, reference_vectors
from tests.builders.random_builds import random_input
from tests.builders.residual_builds import residual_build


def build_and_samples(
    folder: str | None,
    batch: int,
    timesteps: int = 2,
    width: int = 1,
    depth: int = 1,
    threshold: float = 1.0,
) -> tuple[Build, NDArray[np.int8]]:
    """A build folder and its first reference samples; None: random weights of a ResNet-20s.

    Args:
        width, depth: how many times as wide, and how many times as many blocks.
        threshold: how many times as high the thresholds, so that less fires.
    """
    if folder is not None:
        build = artefact.load(Path(folder))
        return build, np.ascontiguousarray(reference_vectors.load(build).x[:, :batch])
    widths, blocks = (16 * width, 32 * width, 64 * width), 3 * depth
    low, high = 0.55 * threshold, 0.9 * threshold
    build = residual_build(
        0, widths=widths, blocks=blocks, timesteps=timesteps, thresholds=(low, high)
    )
    return build, random_input(build, batch, 0)
