"""Data sets behind one interface: a spec, and a split of it as time-major arrays."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_models.errors import InputError
from qtrain.data import cifar, events, idx
from qtrain.data.events import FrameOptions
from qtrain.data.recordings import EventSet

SPLITS = ("train", "test")
Arrays = tuple[NDArray, NDArray]
Encoding = Literal["static", "ternary", "binary"]


@dataclass(frozen=True)
class Spec:
    """What a network has to know of a data set before any sample is read."""

    name: str
    shape: tuple[int, ...]  # of a sample at one step: channels, height, width
    timesteps: int  # steps of a sample; 1: static
    classes: int
    # static: one sample for all steps, which a network quantizes; ternary, binary: spikes of
    # {-1, 0, 1} or {0, 1} at each step, which enter it as they are
    encoding: Encoding
    unit: float  # real value of one count of Split.x, less zero
    input_scale: float | None  # real value of one step of the int8 input; None: spikes
    read: Callable[[str, Path | None], Arrays]  # split, data_dir -> x [N, T', *shape], labels [N]
    zero: int = 0  # the count that means 0
    input_peak: int = 127  # the largest |value|, in steps of the int8 input
    in_files: bool = True  # that have to be looked for; else they come with a package

    @property
    def counts(self) -> tuple[int, int]:
        """The least and the largest value of Split.x."""
        if self.input_scale is None:
            return (0, 1) if self.encoding == "binary" else (-1, 1)
        peak = round(self.input_peak * self.input_scale / self.unit)
        # A byte has one value more below its middle than above; the int8 input has none.
        return self.zero - peak - (self.zero > 0), self.zero + peak

    def scale_of(self, bits: int) -> float | None:
        """Real value of one step of an input of `bits`, the sign included; None: spikes.

        2**(bits - 1) - 1 steps cover the same range of values as the int8 input's, and none is
        finer than one of those.
        """
        if self.input_scale is None:
            return None
        return self.input_scale * max(1, self.input_peak / ((1 << (bits - 1)) - 1))


@dataclass(frozen=True)
class Split:
    """Samples x [N, T', *shape], small integers, and their labels y [N], int64.

    Raises:
        InputError: there are no samples, or they or their labels are not what the spec says.
    """

    spec: Spec
    x: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        found, name = self.spec, self.spec.name
        if self.x.is_floating_point() or self.x.is_complex():
            raise InputError(f"{name}: samples of {self.x.dtype}; accepted: small integers")
        if self.y.dtype != torch.int64:
            raise InputError(f"{name}: labels of {self.y.dtype}; accepted: torch.int64")
        if len(self.x) != len(self.y) or self.y.ndim != 1:
            raise InputError(
                f"{name}: labels of shape {list(self.y.shape)} for {len(self.x)} samples; "
                "accepted: one a sample"
            )
        if not len(self.x):
            raise InputError(f"{name}: no samples; accepted: 1 or more")
        shape = [found.timesteps, *found.shape]
        if list(self.x.shape[1:]) != shape:
            raise InputError(
                f"{name}: samples of {list(self.x.shape[1:])}; accepted: {shape}, steps first"
            )
        for what, tensor, (low, high) in (
            ("labels", self.y, (0, found.classes - 1)),
            ("values", self.x, found.counts),
        ):
            least, most = (int(end) for end in tensor.aminmax())
            if least < low or most > high:
                raise InputError(f"{name}: {what} {least} to {most}; accepted: {low} to {high}")

    def __len__(self) -> int:
        return len(self.y)

    def sha256(self) -> str:
        """Of the samples and their labels."""
        digest = hashlib.sha256()
        for tensor in (self.x, self.y):
            digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.numpy()).data)
        return digest.hexdigest()

    def cut(self, last: int) -> tuple["Split", "Split"]:
        """The split without its last samples, and those.

        Raises:
            InputError: there are not more samples than that.
        """
        if not 0 < last < len(self):
            raise InputError(
                f"validation = {last}; accepted: 1 to {len(self) - 1} of the {len(self)} samples"
            )
        return (
            Split(self.spec, self.x[:-last], self.y[:-last]),
            Split(self.spec, self.x[-last:], self.y[-last:]),
        )

    def inputs(self, which: Tensor | slice) -> Tensor:
        """The real inputs [T', B, *shape] of these samples."""
        counts = self.x[which].to(torch.float32)
        return counts.sub_(self.spec.zero).mul_(self.spec.unit).transpose(0, 1)


def frame_options(config: Mapping[str, Any]) -> FrameOptions:
    """What a training configuration, or a checkpoint's, says of frames; the rest is passed over.

    Raises:
        InputError: an option is out of range or of the wrong type.
    """
    named = {key: config[key] for key in FrameOptions.__struct_fields__ if key in config}
    try:
        return msgspec.convert(named, FrameOptions)
    except msgspec.ValidationError as error:
        raise InputError(f"options of event data: {error}") from error


def spec(name: str, options: FrameOptions | None = None) -> Spec:
    """The data set of that name; options make the frames of an event data set.

    Raises:
        InputError: there is none, or the options do not suit it.
    """
    if name not in DATASETS:
        raise InputError(f"unknown data set {name!r}; accepted: {', '.join(DATASETS)}")
    found, options = DATASETS[name], options or FrameOptions()
    if isinstance(found, EventSet):
        return _framed(found, options)
    for option, default in msgspec.structs.asdict(FrameOptions()).items():
        if option != "timesteps" and getattr(options, option) != default:
            raise InputError(
                f"{option} = {getattr(options, option)}; accepted: {default}, as {name} is no "
                "event data"
            )
    return found


def load(
    name: str, split: str, data_dir: Path | None = None, options: FrameOptions | None = None
) -> Split:
    """One split ("train" or "test") of a data set, and nothing of the other.

    Files are looked for in data_dir and in its subfolder of the data set's name, where data_dir is
    $TRISPIKE_DATA unless given; nowhere else where either is named.

    Raises:
        InputError: a missing or bad file, an unknown name, options that do not suit the set; a
            data_dir that is no folder, or of a set without files; no samples.
    """
    found = spec(name, options)
    if split not in SPLITS:
        raise InputError(f"unknown split {split!r}; accepted: {', '.join(SPLITS)}")
    if data_dir is not None:
        check_folder(found, data_dir)
    elif os.environ.get("TRISPIKE_DATA"):
        data_dir = Path(os.environ["TRISPIKE_DATA"])
    x, y = found.read(split, data_dir)
    if x.size == len(x) * found.timesteps * prod(found.shape):
        x = x.reshape(len(x), found.timesteps, *found.shape)
    if np.issubdtype(y.dtype, np.integer):
        y = y.astype(np.int64)
    try:
        return Split(found, torch.from_numpy(x), torch.from_numpy(y))
    except InputError as error:
        raise InputError(f"{split} split of {error}") from error


def check_folder(spec: Spec, data_dir: Path) -> None:
    """Raise InputError where a data set cannot be read from that folder."""
    if not spec.in_files:
        raise InputError(
            f"--data-dir {data_dir}: {spec.name} comes with a package and is read from no folder; "
            "leave it out"
        )
    if not data_dir.is_dir():
        what = "is no folder" if data_dir.exists() else "no such folder"
        raise InputError(
            f"--data-dir {data_dir}: {what}; name the folder that has the files of {spec.name}"
        )


def _digits(split: str, _: Path | None) -> Arrays:
    """Every fifth sample of each class is a test sample: 364 of 1,797."""
    from sklearn.datasets import load_digits

    images, y = load_digits(return_X_y=True)
    x = np.asarray(images, np.uint8)
    test = np.zeros(len(y), bool)
    for label in range(10):
        test[np.flatnonzero(y == label)[::5]] = True
    chosen = test if split == "test" else ~test
    return x[chosen], y[chosen]


def _mnist(name: str, source: str, *system_dirs: str) -> Spec:
    """A data set in MNIST's format; `source` says where it can be had."""

    def read(split: str, data_dir: Path | None) -> Arrays:
        dirs = [data_dir / name, data_dir] if data_dir else [Path(d) for d in system_dirs]
        return idx.read_split(name, split, dirs, source)

    return Spec(
        name,
        shape=(1, 28, 28),
        timesteps=1,
        classes=10,
        encoding="static",
        unit=1 / 255,
        input_scale=1 / 127,
        read=read,
    )


def _cifar(batches: cifar.Batches) -> Spec:
    """Photographs: a pixel's 8 bits, less 128, are the int8 input as they are."""
    return Spec(
        batches.name,
        shape=cifar.SHAPE,
        timesteps=1,
        classes=batches.classes,
        encoding="static",
        unit=1 / 64,
        input_scale=1 / 64,
        read=partial(cifar.read_split, batches),
        zero=128,
    )


def _framed(event_set: EventSet, options: FrameOptions) -> Spec:
    name, sensor = event_set.name, event_set.sensor
    if options.downsample > min(sensor):
        raise InputError(
            f"downsample = {options.downsample}; accepted: 1 to {min(sensor)}, the sensor of {name}"
        )

    def read(split: str, data_dir: Path | None) -> Arrays:
        dirs = [data_dir / name, data_dir] if data_dir else []
        return events.read_split(event_set, split, dirs, options)

    return Spec(
        name,
        shape=events.frame_shape(sensor, options),
        timesteps=options.timesteps,
        classes=event_set.classes,
        encoding=events.POLARITIES[options.polarity],
        unit=1.0,
        input_scale=None,
        read=read,
    )


DATASETS: dict[str, Spec | EventSet] = {
    found.name: found
    for found in (
        # 0 to 16 by themselves: steps as fine as the data, and half the digits of 0 to 127
        Spec(
            "digits",
            shape=(1, 8, 8),
            timesteps=1,
            classes=10,
            encoding="static",
            unit=1 / 16,
            input_scale=1 / 16,
            read=_digits,
            input_peak=16,
            in_files=False,
        ),
        _mnist("mnist", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
        _mnist(
            "fashion-mnist",
            "Debian's package dataset-fashion-mnist or "
            "https://github.com/zalandoresearch/fashion-mnist",
            "/usr/share/datasets/fashion-mnist",
        ),
        _cifar(cifar.CIFAR10),
        _cifar(cifar.CIFAR100),
        EventSet(
            name="nmnist",
            tonic="NMNIST",
            sensor=(34, 34),
            classes=10,
            source="https://www.garrickorchard.com/datasets/n-mnist",
            bin_folders={"train": "Train", "test": "Test"},
        ),
    )
}
