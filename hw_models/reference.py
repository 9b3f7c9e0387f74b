"""The vectors a build is judged by: integer inputs, labels and what the QAT network made of them.

They lie in `reference/` of the build folder, outside the hashed set, and name the build they
belong to.
"""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Build
from hw_models.errors import InputError

FOLDER, VECTORS, ABOUT = "reference", "vectors.npz", "about.json"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """reference/about.json."""

    dataset: str
    split: str
    dataflow_sha256: str
    vectors_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Arrays are time-major; N samples, the spikes of the first M <= N of them."""

    about: About
    x: NDArray[np.int8]  # [T', N, *shape], T' = 1 for a static input
    labels: NDArray[np.int64]  # [N]
    predictions: NDArray[np.int64]  # of the QAT network, [N]
    spikes: dict[str, NDArray[np.int8]]  # of the QAT network by layer, [T, M, *shape]

    @property
    def samples(self) -> int:
        return len(self.labels)


def save(reference: Reference, folder: Path) -> None:
    """Write reference/ into a build folder (or one being made)."""
    target = folder / FOLDER
    target.mkdir(exist_ok=True)
    arrays = {"x": reference.x, "labels": reference.labels, "predictions": reference.predictions}
    spikes = {f"spikes.{name}": s for name, s in reference.spikes.items()}
    np.savez_compressed(target / VECTORS, allow_pickle=False, **arrays, **spikes)
    digest = hashlib.sha256((target / VECTORS).read_bytes()).hexdigest()
    about = msgspec.structs.replace(reference.about, vectors_sha256=digest)
    (target / ABOUT).write_bytes(msgspec.json.format(msgspec.json.encode(about)) + b"\n")


def load(build: Build) -> Reference:
    """Read the vectors of a build that was loaded from a folder.

    Raises:
        InputError: there are none, they are damaged, or they are another build's.
    """
    assert build.path is not None, "a build that was never saved has no reference"
    folder = build.path / FOLDER
    remedy = "write them with `python -m compiler reference`"
    try:
        about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
        content = (folder / VECTORS).read_bytes()
    except OSError as error:
        raise InputError(f"{error.filename}: no reference vectors; {remedy}") from error
    except msgspec.DecodeError as error:
        raise InputError(f"{folder / ABOUT}: {error}; {remedy}") from error
    if about.dataflow_sha256 != build.sha256:
        raise InputError(f"{folder}: vectors of another build; {remedy}")
    if hashlib.sha256(content).hexdigest() != about.vectors_sha256:
        raise InputError(f"{folder / VECTORS}: sha256 differs from {ABOUT}; {remedy}")
    try:
        with np.load(folder / VECTORS, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, zipfile.BadZipFile) as error:
        raise InputError(f"{folder / VECTORS}: {error}; {remedy}") from error
    spikes = {k.removeprefix("spikes."): v for k, v in arrays.items() if k.startswith("spikes.")}
    return Reference(about, arrays["x"], arrays["labels"], arrays["predictions"], spikes)
