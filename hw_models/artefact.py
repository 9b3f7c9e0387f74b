"""The build folder: dataflow.json, tensors.npz and the files hashed beside them; read and written.

docs/artefact.md describes every field. The description has accumulations, leaks, comparisons
and resets; it has no multiplication to express one with.
"""

import hashlib
import io
import math
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.semantics import Interval, Ints, Neuron

FORMAT = "trispike-dataflow"
VERSION = 1
DATAFLOW, TENSORS, IDENTITY = "dataflow.json", "tensors.npz", "dataflow.sha256"


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """The stream that enters the core."""

    name: str
    shape: tuple[int, ...]  # of one sample and time step
    # static: int8 values shown for all T steps, entering once as signed digits;
    # ternary, binary: spikes of each time step
    encoding: Literal["static", "ternary", "binary"]
    x_max: int  # static: |x| <= x_max; else 1
    scale: float  # the real value of x = 1


class Dense(msgspec.Struct, frozen=True, kw_only=True, tag="dense"):
    """acc[n] = sum_j w[n, j] * s[j] over events; weight tensor [n_out, n_in]."""

    n_in: int
    n_out: int


Pair = tuple[int, int]  # height, width
Shape3 = tuple[int, int, int]  # channels, height, width


class Conv2d(msgspec.Struct, frozen=True, kw_only=True, tag="conv2d"):
    """acc[o, y, x] = sum over c, ky, kx of w[o, c, ky, kx] * s[c', y*sy - py + ky, x*sx - px + kx].

    c' = c + (o // (C_out / groups)) * C_in / groups; outside of the map s is 0. Weight tensor
    [C_out, C_in / groups, *kernel].
    """

    in_shape: Shape3
    out_shape: Shape3
    kernel: Pair
    stride: Pair
    padding: Pair
    groups: int

    @property
    def n_in(self) -> int:
        return math.prod(self.in_shape)

    @property
    def n_out(self) -> int:
        return math.prod(self.out_shape)


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """An event at [c, y, x] becomes one at each window [c, y', x'] that contains it.

    y'*sy - py <= y < y'*sy - py + ky, and so for x: the sum over the window, as events.
    """

    in_shape: Shape3
    out_shape: Shape3
    kernel: Pair
    stride: Pair
    padding: Pair


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One synapse group of a layer: i[n] += acc[n] << shift. Tensor: `<name>.weight`."""

    name: str
    source: str  # the input's name or a layer's
    pools: tuple[Pool, ...] = ()  # on the way from the source, in order
    op: Dense | Conv2d
    shift: int
    w_bits: int
    acc_bits: int  # before the shift
    acc: Interval  # every partial sum, in any order of a step's events


class Spiking(msgspec.Struct, frozen=True, kw_only=True, tag="spiking"):
    """p = leak(v) + i + bias, fire, reset. Tensors: `<layer>.v_threshold`, `<layer>.bias`."""

    neuron: Neuron
    p_bits: int  # also holds +-v_threshold
    v_bits: int
    leak_bits: int  # of the leak's shift-and-add
    p: Interval
    v: Interval


class Readout(msgspec.Struct, frozen=True, kw_only=True, tag="readout"):
    """logit[c] = sum over t of (i[c] + bias[c]). Tensor: `<layer>.bias`."""

    logit_bits: int
    logit: Interval
    scale: float  # the real value of logit = 1, for all classes (mean over T)


class Lanes(msgspec.Struct, frozen=True, kw_only=True):
    """How wide the core works on a layer; changes cycles and area, never values."""

    accumulate: int
    update: int


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """Synapse groups and the neurons they feed. Tensor `<name>.lsb`: the real value of v = 1."""

    name: str
    shape: tuple[int, ...]  # channels first
    groups: tuple[Group, ...]
    update: Spiking | Readout
    lanes: Lanes

    @property
    def size(self) -> int:
        """Number of neurons."""
        return math.prod(self.shape)


class Dataflow(msgspec.Struct, frozen=True, kw_only=True):
    """dataflow.json. Layers are in execution order, the readout last."""

    format: str = FORMAT
    version: int = VERSION
    name: str
    target: str  # weight type asked for: int8, int4, ternary
    timesteps: int
    input: Input
    layers: tuple[Layer, ...]
    provenance: dict[str, str | int | float | bool]
    warnings: tuple[str, ...] = ()
    files: dict[str, str] = {}  # sha256 of each file beside dataflow.json

    def mode_of(self, source: str) -> Literal["static", "ternary", "binary"]:
        """What the events of a stream can be, by the name of the input or of a layer."""
        if source == self.input.name:
            return self.input.encoding
        update = next(layer.update for layer in self.layers if layer.name == source)
        if isinstance(update, Readout):
            raise InputError(f"{source}: a readout feeds no layer")
        return update.neuron.mode

    def shape_of(self, source: str) -> tuple[int, ...]:
        """The shape of a stream, by the name of the input or of a layer."""
        if source == self.input.name:
            return self.input.shape
        return next(layer.shape for layer in self.layers if layer.name == source)


def per_neuron(tensor: Ints, shape: tuple[int, ...]) -> Ints:
    """A per-channel tensor [C], broadcastable over a layer's shape [C, ...]."""
    return tensor.reshape(-1, *[1] * (len(shape) - 1))


@dataclass(frozen=True, slots=True)
class Build:
    """A network ready to execute: description, integers and, once saved, where and what it is."""

    dataflow: Dataflow
    tensors: Mapping[str, NDArray]
    path: Path | None = None
    sha256: str | None = None  # of dataflow.json, which names the sha256 of all else
    files: Mapping[str, bytes] = field(default_factory=dict)  # further files to save: mem/, rtl/

    def weight(self, group: Group) -> Ints:
        return self.tensors[f"{group.name}.weight"].astype(np.int64)

    def bias(self, layer: Layer) -> Ints:
        return per_neuron(self.tensors[f"{layer.name}.bias"].astype(np.int64), layer.shape)

    def v_threshold(self, layer: Layer) -> Ints:
        return per_neuron(self.tensors[f"{layer.name}.v_threshold"].astype(np.int64), layer.shape)


def save(build: Build, path: Path) -> Build:
    """Write a build folder of its own, whole or not at all (see `fresh_folder`)."""
    with fresh_folder(path) as folder:
        written = write(build, folder)
    return replace(written, path=path)


def write(build: Build, folder: Path) -> Build:
    """Write the hashed files into an empty folder; the same build gives the same bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, allow_pickle=False, **{name: build.tensors[name] for name in sorted(build.tensors)}
    )
    contents = {TENSORS: buffer.getvalue(), **build.files}
    hashes = {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}
    dataflow = msgspec.structs.replace(build.dataflow, files=hashes)
    text = msgspec.json.format(msgspec.json.encode(dataflow), indent=1) + b"\n"
    for name, content in {**contents, DATAFLOW: text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sha256 = hashlib.sha256(text).hexdigest()
    (folder / IDENTITY).write_text(f"{sha256}  {DATAFLOW}\n")  # as sha256sum -c reads it
    return Build(dataflow, build.tensors, folder, sha256, build.files)


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that takes the place of `path` if the block ends well.

    Raises:
        InputError: `path` exists and is no build; only a build is replaced.
    """
    if (
        path.exists()
        and not (path / DATAFLOW).is_file()
        and (path.is_file() or any(path.iterdir()))
    ):
        raise InputError(f"{path}: exists and is no build folder; choose another or remove it")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        yield fresh
        if path.exists():
            path.rename(Path(scratch) / "old")
        fresh.rename(path)


def load(path: Path) -> Build:
    """Open a build folder, checking its hashes.

    Raises:
        InputError: no build, another version, a field of the wrong type, a changed file.
    """
    try:
        text = (path / DATAFLOW).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: no build folder ({DATAFLOW}: {error.strerror})") from error
    try:
        dataflow = msgspec.json.decode(text, type=Dataflow)
    except (msgspec.DecodeError, InputError) as error:
        raise InputError(f"{path / DATAFLOW}: {error}; build it again") from error
    if (dataflow.format, dataflow.version) != (FORMAT, VERSION):
        raise InputError(
            f"{path / DATAFLOW}: {dataflow.format} version {dataflow.version}, need "
            f"{FORMAT} version {VERSION}; build it again"
        )
    sha256 = hashlib.sha256(text).hexdigest()
    try:
        identity = (path / IDENTITY).read_text().split()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise InputError(f"{path / IDENTITY}: missing or damaged; build it again") from error
    if sha256 != identity:
        raise InputError(f"{path / DATAFLOW}: sha256 differs from {IDENTITY}; build it again")
    contents = {}
    for name, expected in dataflow.files.items():
        try:
            contents[name] = (path / name).read_bytes()
        except OSError as error:
            raise InputError(f"{path / name}: {error.strerror}; build it again") from error
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise InputError(f"{path / name}: sha256 differs from {DATAFLOW}; build it again")
    if TENSORS not in contents:
        raise InputError(f"{path / DATAFLOW}: names no {TENSORS}; build it again")
    with np.load(io.BytesIO(contents.pop(TENSORS)), allow_pickle=False) as archive:
        tensors = {name: archive[name] for name in archive.files}
    return Build(dataflow, tensors, path, sha256, contents)
