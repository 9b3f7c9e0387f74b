"""A trained network on the middle of each sample: a smaller one, for a slow simulator."""

import dataclasses

import msgspec

from hw_models.errors import InputError
from qtrain.checkpoint import Checkpoint
from qtrain.data.split import Split

CROP = "crop"  # the key in a checkpoint's config and a build's provenance: rows and columns left


def cropped(checkpoint: Checkpoint, size: int) -> Checkpoint:
    """The checkpoint for inputs of size x size; the maps behind them shrink with them.

    Raises:
        InputError: the input is no map, or the map is smaller than that.
    """
    first, *rest = checkpoint.graph.nodes
    channels, *area = first.attrs["shape"]
    if len(area) != 2 or not 1 <= size <= min(area):
        raise InputError(
            f"crop = {size}, need 1..{min(area, default=0)}: {first.name} has shape "
            f"{list(first.attrs['shape'])}"
        )
    attrs = {**first.attrs, "shape": [channels, size, size]}
    return msgspec.structs.replace(
        checkpoint,
        graph=msgspec.structs.replace(
            checkpoint.graph, nodes=(msgspec.structs.replace(first, attrs=attrs), *rest)
        ),
        config={**checkpoint.config, CROP: size},
    )


def middle(samples: Split, size: int) -> Split:
    """The samples, each cut down to the size x size places in its middle."""
    channels, *area = samples.spec.shape
    top, left = ((n - size) // 2 for n in area)
    return Split(
        dataclasses.replace(samples.spec, shape=(channels, size, size)),
        samples.x[..., top : top + size, left : left + size],
        samples.y,
    )
