"""Saves and loads a trained network with all that made it, as tensors and plain data only."""

import hashlib
import io
import pickle
import platform
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from hw_models.errors import InputError
from hw_models.folder import files
from qtrain.network.graph import Graph
from qtrain.network.module import Network, build_module

FORMAT = "trispike-checkpoint"
VERSION = 1
NAME, LOG = "ckpt.pt", "log.jsonl"  # of a training run's folder


class Checkpoint(msgspec.Struct, frozen=True):
    """A network and its history."""

    config: dict[str, Any]  # options of the training run, by name
    graph: Graph
    tensors: dict[str, Tensor]  # "<node>.<name>"
    metrics: dict[str, Any]  # of the last epoch: test_accuracy, firing_rate by layer, ...
    training: dict[str, Any]  # epoch, optimizer and generator state, for resuming
    versions: dict[str, str]  # of Python and the packages that trained it

    def network(self) -> Network:
        """The network, in eval mode."""
        return build_module(self.graph, self.tensors)


def save(
    path: Path,
    config: dict[str, Any],
    graph: Graph,
    tensors: dict[str, Tensor],
    metrics: dict[str, Any],
    training: dict[str, Any],
) -> None:
    """Write a checkpoint: whole, or not at all.

    Raises:
        InputError: a tensor holds NaN or infinite values.
    """
    made = Checkpoint(config, graph, tensors, metrics, training, versions())
    files.write({path: content_of(made)})


def content_of(checkpoint: Checkpoint, with_training: bool = True) -> bytes:
    """The file of a checkpoint; without the state of its training it cannot be resumed."""
    if not with_training:
        checkpoint = msgspec.structs.replace(checkpoint, training={})
    buffer = io.BytesIO()
    torch.save(_plain(checkpoint), buffer)
    return buffer.getvalue()


def _plain(checkpoint: Checkpoint) -> dict[str, Any]:
    for key, value in checkpoint.tensors.items():
        if not torch.isfinite(value).all():
            raise InputError(f"tensor {key!r} holds NaN or infinite values; nothing is saved")
    fields = {name: getattr(checkpoint, name) for name in checkpoint.__struct_fields__}
    tensors = {key: value.detach().cpu() for key, value in checkpoint.tensors.items()}
    graph = msgspec.to_builtins(checkpoint.graph)
    return {"format": FORMAT, "version": VERSION} | fields | {"graph": graph, "tensors": tensors}


def load(path: Path, build: bool = True) -> Checkpoint:
    """Read a checkpoint and check that its network can be built, unless told not to `build` it.

    Raises:
        InputError: the file is missing, damaged, holds code, is no checkpoint of this version, or
            its network has an unknown layer, missing tensors or values that are not finite.
    """
    content = _read(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path}: no {FORMAT}; make one with: python -m qtrain train")
    if content.get("version") != VERSION:
        raise InputError(
            f"{path}: its format is of version {content.get('version')}; accepted: {VERSION}; "
            "train again"
        )
    try:
        graph = msgspec.convert(content.get("graph"), Graph)
        rest = {key: content[key] for key in Checkpoint.__struct_fields__ if key != "graph"}
        if not all(isinstance(value, dict) for value in rest.values()):
            raise TypeError("a field is no mapping")
        checkpoint = Checkpoint(graph=graph, **rest)
    except (msgspec.ValidationError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged {FORMAT}: {error}") from error
    for key, value in checkpoint.tensors.items():
        if not isinstance(value, Tensor):
            raise InputError(f"{path}: {key!r} is no tensor")
        if not torch.isfinite(value).all():
            raise InputError(f"{path}: tensor {key!r} holds NaN or infinite values; train again")
    try:
        if build:
            checkpoint.network()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return checkpoint


def _read(path: Path) -> Any:
    if not path.is_file():
        raise InputError(f"{path}: no such file; make one with: python -m qtrain train")
    try:
        with warnings.catch_warnings(action="ignore"):  # on what the error then says
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: not loaded: it holds code or objects, where tensors and plain data are "
            "accepted, or is no checkpoint; use a file that python -m qtrain train has written"
        ) from error
    except Exception as error:  # a damaged file breaks the reader in no end of ways
        raise InputError(
            f"{path}: truncated or no checkpoint; use a file that python -m qtrain train wrote"
        ) from error


def sha256_of(path: Path) -> str:
    """What a build or another training run names a checkpoint by.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error


def versions() -> dict[str, str]:
    """Of Python and the packages that decide a training run's numbers."""
    packages = {name: version(name) for name in ("torch", "brevitas", "numpy")}
    return {"python": platform.python_version()} | packages
