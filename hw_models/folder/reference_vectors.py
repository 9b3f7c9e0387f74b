"""The reference vectors of a build: integer inputs, labels and the QAT network's results for them.

They lie in `reference/` of the build folder, outside the hashed set, and name the build to which
they belong.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Layer
from hw_models.engines.golden import check_input
from hw_models.errors import InputError, need
from hw_models.folder import archive, files, reading

FOLDER, VECTORS, ABOUT = "reference", "vectors.npz", "about.json"
ARRAYS, SPIKES = ("x", "labels", "predictions"), "spikes."  # SPIKES comes before a layer's name


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """reference/about.json."""

    dataset: str
    split: str
    dataflow_sha256: str
    vectors_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """N samples, with the spikes of the first M <= N of them; arrays are time-major."""

    about: About
    x: NDArray[np.int8]  # [T', N, *shape], T' = 1 for a static input
    labels: NDArray[np.int64]  # [N]
    predictions: NDArray[np.int64]  # by the QAT network, [N]
    spikes: dict[str, NDArray[np.int8]]  # the QAT network's, by layer, [T, M, *shape]

    @property
    def samples(self) -> int:
        return len(self.labels)


def save(reference: Reference, folder: Path) -> None:
    """Write reference/ into a build folder (or one that is being made), whole or not at all.

    Vectors that are there stay until the new ones can take their place.
    """
    arrays = {name: getattr(reference, name) for name in ARRAYS}
    spikes = {SPIKES + name: s for name, s in reference.spikes.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays, **spikes)
    vectors = buffer.getvalue()
    digest = hashlib.sha256(vectors).hexdigest()
    about = msgspec.structs.replace(reference.about, vectors_sha256=digest)
    text = msgspec.json.format(msgspec.json.encode(about)) + b"\n"
    with files.fresh_folder(folder / FOLDER, ABOUT) as fresh:
        (fresh / VECTORS).write_bytes(vectors)
        (fresh / ABOUT).write_bytes(text)


def load(build: Build) -> Reference:
    """Read the vectors of a build that was loaded from a folder.

    Raises:
        InputError: the vectors are missing, damaged, of another build or do not fit the network.
    """
    assert build.path is not None, "a build that was never saved has no reference"
    folder = build.path / FOLDER
    remedy = "write them with `python -m compiler reference`"
    try:
        with files.steady(folder, ABOUT):
            found = reading.inside(build.path, f"{FOLDER}/{ABOUT}")
            content = reading.inside(build.path, f"{FOLDER}/{VECTORS}", reading.MOST_OF_USER)
    except OSError as error:
        raise InputError(f"{error.filename}: no reference vectors; {remedy}") from error
    try:
        about = reading.decoded(found, About)
    except InputError as error:
        raise InputError(f"{folder / ABOUT}: {error}; {remedy}") from error
    if about.dataflow_sha256 != build.sha256:
        raise InputError(f"{folder}: vectors of another build; {remedy}")
    if hashlib.sha256(content).hexdigest() != about.vectors_sha256:
        raise InputError(f"{folder / VECTORS}: sha256 differs from {ABOUT}; {remedy}")
    try:
        arrays = archive.read(content, reading.MOST_OF_USER)
        check_arrays(build, arrays)
    except InputError as error:
        raise InputError(f"{folder / VECTORS}: {error}; {remedy}") from error
    spikes = {
        name: arrays[SPIKES + name] for name in spiking_layers(build) if SPIKES + name in arrays
    }
    return Reference(about, arrays["x"], arrays["labels"], arrays["predictions"], spikes)


def spiking_layers(build: Build) -> dict[str, Layer]:
    """The spiking layers by name."""
    return {x.name: x for x in build.dataflow.layers if x.fires}


def check_arrays(build: Build, arrays: Mapping[str, NDArray]) -> None:
    """Raise InputError unless the arrays are as `Reference` describes, for this build."""
    layers, flow = spiking_layers(build), build.dataflow
    missing = [name for name in ARRAYS if name not in arrays]
    unknown = sorted(set(arrays) - {*ARRAYS, *(SPIKES + name for name in layers)})
    need(not missing, "arrays", "missing", missing, f"{', '.join(ARRAYS)}, {SPIKES}<layer>")
    need(not unknown, "arrays", "unknown", unknown, f"{', '.join(ARRAYS)}, {SPIKES}<layer>")
    x = arrays["x"]
    need(x.dtype == np.int8, "x", "type", x.dtype, "int8")
    check_input(build, x)
    samples, classes = x.shape[1], flow.layers[-1].size
    need(samples > 0, "x", "samples", samples, ">= 1")
    for name in ("labels", "predictions"):
        check_array(name, arrays[name], np.int64, (samples,), (0, classes - 1))
    kept = {arrays[SPIKES + n].shape[1:2] for n in layers if SPIKES + n in arrays} or {(0,)}
    need(len(kept) == 1 and max(kept) <= (samples,), "spikes", "samples", sorted(kept),
         f"one number for all layers, <= {samples}")  # fmt: skip
    for name, layer in layers.items():
        if SPIKES + name in arrays:
            shape = flow.timesteps, *max(kept), *layer.shape
            lowest = -1 if layer.update.neuron.mode == "ternary" else 0
            check_array(SPIKES + name, arrays[SPIKES + name], np.int8, shape, (lowest, 1))


def check_array(
    name: str, array: NDArray, dtype: type, shape: tuple[int, ...], span: tuple[int, int]
) -> None:
    need(array.dtype == dtype, name, "type", array.dtype, dtype.__name__)
    need(array.shape == shape, name, "shape", array.shape, list(shape))
    if array.size:
        lo, hi = int(array.min()), int(array.max())
        need(span[0] <= lo and hi <= span[1], name, "range", (lo, hi), f"{span[0]}..{span[1]}")
