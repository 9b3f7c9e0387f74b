"""Saves and loads checkpoints: a trained network, its options and the state of its training.

A checkpoint holds tensors and plain data only, so that loading one runs no code from it.
"""

import io
import pickle
import platform
import warnings
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import Tensor

from hw_models.errors import InputError
from hw_models.folder import files, reading
from hw_models.folder.archive import check_sizes
from qtrain.network import attributes
from qtrain.network.graph import Graph
from qtrain.network.network import Network, build_network

FORMAT = "trispike-checkpoint"
VERSION = 1
NAME, LOG = "ckpt.pt", "log.jsonl"  # the files in a training run's folder


class Checkpoint(msgspec.Struct, frozen=True):
    """A trained network and how it was trained."""

    config: dict[str, Any]  # the options of the training run, by name
    graph: Graph
    tensors: dict[str, Tensor]  # by "<node>.<name>"
    metrics: dict[str, Any]  # after the last epoch: test_accuracy, firing_rate by layer, ...
    training: dict[str, Any]  # number of epochs done, state of optimizers and generator
    versions: dict[str, str]  # the versions of Python and the packages that trained it

    def network(self) -> Network:
        """The network, in eval mode."""
        return build_network(self.graph, self.tensors)


def save(
    path: Path,
    config: dict[str, Any],
    graph: Graph,
    tensors: dict[str, Tensor],
    metrics: dict[str, Any],
    training: dict[str, Any],
) -> None:
    """Write a checkpoint; the file is written whole or not at all.

    Raises:
        InputError: a tensor holds NaN or infinite values.
    """
    checkpoint = Checkpoint(config, graph, tensors, metrics, training, versions())
    files.write({path: content_of(checkpoint)})


def content_of(checkpoint: Checkpoint, with_training: bool = True) -> bytes:
    """The bytes of a checkpoint's file.

    Without the state of training the file is smaller, and training cannot be resumed from it.

    Raises:
        InputError: a tensor holds NaN or infinite values.
    """
    if not with_training:
        checkpoint = msgspec.structs.replace(checkpoint, training={})
    buffer = io.BytesIO()
    torch.save(to_plain(checkpoint), buffer)
    return buffer.getvalue()


def to_plain(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint as a dict of tensors and plain data.

    Raises:
        InputError: a tensor holds NaN or infinite values.
    """
    for key, value in checkpoint.tensors.items():
        if not torch.isfinite(value).all():
            raise InputError(f"tensor {key!r} holds NaN or infinite values; nothing is saved")
    fields = {name: getattr(checkpoint, name) for name in checkpoint.__struct_fields__}
    tensors = {key: value.detach().cpu() for key, value in checkpoint.tensors.items()}
    graph = msgspec.to_builtins(checkpoint.graph)
    return {"format": FORMAT, "version": VERSION} | fields | {"graph": graph, "tensors": tensors}


def load(path: Path, build: bool = True) -> Checkpoint:
    """Read a checkpoint.

    Args:
        path: the file.
        build: also check that the network can be built, which takes longer.

    Raises:
        InputError: the file is missing or damaged, holds code, or is no checkpoint of this version;
            or its network has an unknown layer, missing tensors or values that are not finite.
    """
    content = read_file(path)
    mark = content.get("format") if isinstance(content, dict) else None
    if not isinstance(mark, str) or mark != FORMAT:  # tensors are compared value by value
        raise InputError(f"{path}: no {FORMAT}; make one with: python -m qtrain train")
    version = content.get("version")
    if not isinstance(version, int) or version != VERSION:
        raise InputError(
            f"{path}: its format has version {version}; accepted: {VERSION}; train again"
        )
    try:
        graph = msgspec.convert(msgspec.to_builtins(content.get("graph")), Graph)
        rest = {key: content[key] for key in Checkpoint.__struct_fields__ if key != "graph"}
        for name, value in rest.items():
            if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
                raise TypeError(f"{name} is no mapping of names")
        checkpoint = Checkpoint(graph=graph, **rest)
        # What is shown, compared and recorded in reports is plain data.
        msgspec.json.encode([graph, checkpoint.config, checkpoint.metrics, checkpoint.versions])
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
        raise InputError(f"{path}: damaged {FORMAT}: {error}") from error
    try:
        for key, value in checkpoint.tensors.items():
            check_tensor(key, value)
        attributes.check(graph, checkpoint.tensors)
        if build:
            checkpoint.network()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return checkpoint


def check_tensor(key: str, value: Any) -> None:
    """Raise InputError unless a value is a plain tensor of finite real numbers."""
    if not isinstance(value, Tensor):
        raise InputError(f"{key!r} is no tensor")
    plain = value.layout == torch.strided and value.device.type == "cpu" and not value.is_quantized
    if not plain or value.is_complex():
        raise InputError(f"tensor {key!r} is no plain one of real numbers; train again")
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise InputError(f"tensor {key!r} is larger than what the file holds of it; train again")
    if not torch.isfinite(value).all():
        raise InputError(f"tensor {key!r} holds NaN or infinite values; train again")


def read_file(path: Path) -> Any:
    """The content of a checkpoint's file, not yet checked.

    Raises:
        InputError: the file is missing, holds code, or cannot be read.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; make one with: python -m qtrain train")
    try:
        content = reading.plain(path, reading.MOST_OF_USER)
        if damaged := damaged_part(content):  # torch does not look
            raise InputError(
                f"{path}: damaged: {damaged} has another checksum than when it was written; take "
                "an undamaged copy, or train again"
            )
        with warnings.catch_warnings(action="ignore"):  # the error below says the same
            return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except InputError:
        raise
    except pickle.UnpicklingError as error:
        raise InputError(
            f"{path}: not loaded: it holds code or objects, where tensors and plain data are "
            "accepted, or is no checkpoint; use a file that python -m qtrain train has written"
        ) from error
    except Exception as error:  # torch can fail in any way on a damaged file
        raise InputError(
            f"{path}: truncated or no checkpoint; use a file that python -m qtrain train wrote"
        ) from error


def damaged_part(content: bytes) -> str | None:
    """The first file in a checkpoint's archive whose bytes do not have its checksum, if any.

    Raises:
        BadZipFile: it is no archive, or its list of files is damaged.
        InputError: it unpacks to more than memory should hold.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_sizes(archive, len(content))
        return archive.testzip()


def versions() -> dict[str, str]:
    """The versions of Python and of the packages that decide a training run's numbers."""
    packages = {name: version(name) for name in ("torch", "brevitas", "numpy")}
    return {"python": platform.python_version()} | packages
