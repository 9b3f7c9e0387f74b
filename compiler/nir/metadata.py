"""What NIR's nodes cannot say, as metadata of a NIR graph: the build itself, and the time step."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder.artefact import described
from qtrain.interchange.nir_graph import BUILD_KEY

DT = 1.0  # one time step, in the unit of the neurons' tau


def metadata_of(build: Build) -> dict[str, Any]:
    """The metadata of a build's graph.

    They hold the description as JSON, without the hashes of its files, the tensors as they are,
    and a sha256 of both.
    """
    text = msgspec.json.encode(msgspec.structs.replace(build.dataflow, files={})).decode()
    tensors = dict(build.tensors)
    sha256 = sha256_of(text, tensors)
    return {BUILD_KEY: {"dt": DT, "dataflow": text, "tensors": tensors, "sha256": sha256}}


def sha256_of(text: str, tensors: Mapping[str, NDArray]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tensors[name].shape}\n".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()


def build_in(metadata: dict[str, Any], path: Path) -> Build:
    """The build in the metadata of the graph in the file `path`; its rules are not yet checked.

    Raises:
        InputError: there is none, or it was changed, or it is of another version.
    """
    about = metadata.get(BUILD_KEY)
    text, tensors, sha256 = (
        about.get(part) if isinstance(about, dict) else None
        for part in ("dataflow", "tensors", "sha256")
    )
    if not isinstance(text, str) or not isinstance(tensors, dict):
        raise InputError(
            f"{path}: its metadata hold no build; a file that `python -m compiler export --format "
            "nir` has written is accepted"
        )
    arrays = {name: np.asarray(tensor) for name, tensor in tensors.items()}
    if not isinstance(sha256, str) or sha256_of(text, arrays) != sha256:
        raise InputError(f"{path}: the build in its metadata was changed; export it again")
    return Build(described(text.encode(), path), arrays)
