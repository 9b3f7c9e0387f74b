"""A trained network as the compiler takes it: its checkpoint, and the network built from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.frontend.crop import cropped
from compiler.frontend.timesteps import TIMESTEPS, with_timesteps
from hw_models.errors import InputError
from hw_models.folder.files import sha256_of
from qtrain import checkpoint as checkpoints
from qtrain.checkpoint import Checkpoint
from qtrain.network.network import Network
from qtrain.network.recording import record


@dataclass(frozen=True, slots=True)
class TrainedNetwork:
    """A checkpoint beside its network, which is built once for all that a command does with it.

    The import reads its parameters; calibration and reference vectors run it.
    """

    checkpoint: Checkpoint
    network: Network  # in eval mode
    name: str  # of a build that is made from it
    sha256: str  # of the checkpoint's file; "" where there is no file
    origin: Mapping[str, str | int | float | bool] = field(default_factory=dict)  # for provenance

    @torch.no_grad()
    def predictions(self, x: Tensor) -> NDArray[np.int64]:
        """The classes [B] that training gives to real inputs x [T', B, *shape]."""
        return self.network(x).argmax(dim=1).numpy()

    def spikes(self, x: Tensor) -> dict[str, NDArray[np.int8]]:
        """The spikes [T, B, ...] of each layer for real inputs x [T', B, *shape]."""
        return {name: s.numpy() for name, s in record(self.network, x).spikes.items()}


def open_checkpoint(
    source: Checkpoint | TrainedNetwork | Path | str,
    name: str | None = None,
    crop: int | None = None,
    timesteps: int | None = None,
) -> TrainedNetwork:
    """Read a checkpoint and build its network.

    Args:
        source: a checkpoint's file or the checkpoint itself; what is open is given back as it is.
        name: by default the file's, or where that is runs/NAME/ckpt.pt the folder's.
        crop: rows and columns that are left of an input, its middle; the name then says so.
        timesteps: T, where it is not the one of the training; see `with_timesteps`.

    Raises:
        InputError: the file is no sound checkpoint, or its input cannot be cropped so or has
            another T of its own.
    """
    if isinstance(source, TrainedNetwork):
        return source
    if isinstance(source, Checkpoint):
        path, loaded, sha256 = None, source, ""
    else:
        path = Path(source)
        loaded, sha256 = checkpoints.load(path, build=False), sha256_of(path)
    name = name or (name_of(path) if path else "network")
    if crop is not None:
        loaded, name = cropped(loaded, crop), f"{name}-{crop}x{crop}"
    origin = {}
    if timesteps is not None:
        loaded, origin = with_timesteps(loaded, timesteps), {TIMESTEPS: timesteps}
    try:
        return TrainedNetwork(loaded, loaded.network(), name, sha256, origin)
    except InputError as error:
        raise InputError(f"{path}: {error}" if path else str(error)) from error


def name_of(path: Path) -> str:
    """A build's name: that of the run's folder for runs/NAME/ckpt.pt, else the file's."""
    return path.resolve().parent.name if path.stem == "ckpt" else path.stem
