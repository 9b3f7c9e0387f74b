"""The data sets by name: what is known of each, and how a split of it is loaded."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.choices import SPLITS
from qtrain.data import cifar, events, mnist
from qtrain.data.event_sets import EVENT_SETS, EventSet
from qtrain.data.events import FrameOptions
from qtrain.data.spec import Arrays, DatasetSpec
from qtrain.data.split import Split


def frame_options(config: Mapping[str, Any]) -> FrameOptions:
    """The frame options among the options of a training run; the others are ignored.

    Raises:
        InputError: an option is out of range or has the wrong type.
    """
    named = {key: config[key] for key in FrameOptions.__struct_fields__ if key in config}
    try:
        return msgspec.convert(named, FrameOptions)
    except msgspec.ValidationError as error:
        raise InputError(f"options of event data: {error}") from error


def spec(name: str, options: FrameOptions | None = None) -> DatasetSpec:
    """What is known of the data set of that name.

    Args:
        name: the data set.
        options: how event recordings become frames, by default in the data set's default polarity;
            other data sets take only the defaults.

    Raises:
        InputError: there is no such data set, or the options do not suit it.
    """
    if name not in DATASETS:
        raise unknown(name)
    found, options = DATASETS[name], options or default_frames(name)
    if isinstance(found, EventSet):
        return event_spec(found, options)
    check_no_frames(name, options)
    return found


def default_frames(name: str) -> FrameOptions:
    """How the recordings of a data set become frames where nothing is said of it."""
    found = DATASETS.get(name)
    return (
        FrameOptions(polarity=found.polarities[0])
        if isinstance(found, EventSet)
        else FrameOptions()
    )


def unknown(name: str) -> InputError:
    """The error for a name that is no known data set and nothing else that --data takes."""
    close = get_close_matches(name, DATASETS, n=1)
    return InputError(
        f"unknown data set {name!r}; accepted: {', '.join(DATASETS)}, or own data as FILE.npz, "
        "FOLDER, module:Class or file.py:Class" + (f"; did you mean {close[0]}?" if close else "")
    )


def check_no_frames(name: str, options: FrameOptions) -> None:
    """Check that no option of event data is given for other data.

    Raises:
        InputError: one is.
    """
    for option, default in msgspec.structs.asdict(FrameOptions()).items():
        if option != "timesteps" and getattr(options, option) != default:
            raise InputError(
                f"{option} = {getattr(options, option)}; accepted: {default}, as {name} is no "
                "event data"
            )


def load(
    name: str, split: str, data_dir: Path | None = None, options: FrameOptions | None = None
) -> Split:
    """One split ("train" or "test") of a data set; nothing of the other split is read.

    Files are looked for in data_dir (or in $TRISPIKE_DATA where it is None) and in its subfolder of
    the data set's name. Where neither is given, Fashion-MNIST is also looked for in the system's
    folder for it.

    Raises:
        InputError: a file is missing or damaged; the name is unknown; the options do not suit the
            data set; data_dir is no folder, or the data set is not read from files; there are no
            samples.
    """
    known = spec(name, options)
    if data_dir is not None:
        check_folder(known, data_dir)
    elif os.environ.get("TRISPIKE_DATA"):
        data_dir = Path(os.environ["TRISPIKE_DATA"])
    return read_split(known, split, data_dir)


def read_split(known: DatasetSpec, split: str, data_dir: Path | None) -> Split:
    """One split of a data set, read as its description says.

    Raises:
        InputError: the split is unknown; what is read is not as the description says.
    """
    if split not in SPLITS:
        raise InputError(f"unknown split {split!r}; accepted: {', '.join(SPLITS)}")
    x, y = known.read(split, data_dir)
    if x.size == len(x) * known.timesteps * prod(known.shape):
        x = x.reshape(len(x), known.timesteps, *known.shape)
    if np.issubdtype(y.dtype, np.integer):
        y = y.astype(np.int64)
    try:
        return Split(known, torch.from_numpy(x), torch.from_numpy(y))
    except InputError as error:
        raise InputError(f"{split} split of {error}") from error


def check_folder(spec: DatasetSpec, data_dir: Path) -> None:
    """Check that a data set can be read from a folder.

    Raises:
        InputError: the data set is not read from files, or there is no such folder.
    """
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


def read_digits(split: str, _: Path | None) -> Arrays:
    """scikit-learn's digits; every fifth sample of each class is a test sample, 364 of 1,797."""
    from sklearn.datasets import load_digits

    images, y = load_digits(return_X_y=True)
    x = np.asarray(images, np.uint8)
    test = np.zeros(len(y), bool)
    for label in range(10):
        test[np.flatnonzero(y == label)[::5]] = True
    chosen = test if split == "test" else ~test
    return x[chosen], y[chosen]


def mnist_spec(
    name: str, source: str, *system_dirs: str, labels: tuple[str, ...] = ()
) -> DatasetSpec:
    """A data set in MNIST's format.

    Args:
        name: the data set.
        source: where its files can be had, for messages.
        system_dirs: folders to look in where none is given.
        labels: the names of the classes.
    """

    def read(split: str, data_dir: Path | None) -> Arrays:
        dirs = [data_dir / name, data_dir] if data_dir else [Path(d) for d in system_dirs]
        return mnist.read_split(name, split, dirs, source)

    return DatasetSpec(
        name,
        shape=(1, mnist.SIDE, mnist.SIDE),
        timesteps=1,
        classes=mnist.CLASSES,
        encoding=STATIC,
        unit=1 / 255,
        input_scale=1 / 127,
        read=read,
        labels=labels,
    )


def cifar_spec(batches: cifar.Batches) -> DatasetSpec:
    """A CIFAR data set. A pixel's byte minus 128 is its value in the int8 input."""
    return DatasetSpec(
        batches.name,
        shape=cifar.SHAPE,
        timesteps=1,
        classes=batches.classes,
        encoding=STATIC,
        unit=1 / 64,
        input_scale=1 / 64,
        read=partial(cifar.read_split, batches),
        zero=128,
        labels=batches.names,
    )


def event_spec(event_set: EventSet, options: FrameOptions) -> DatasetSpec:
    """An event data set, with its recordings as frames.

    Raises:
        InputError: the options do not suit the sensor.
    """
    name, sensor = event_set.name, event_set.sensor
    if options.downsample > max(sensor):
        raise InputError(
            f"downsample = {options.downsample}; accepted: 1 to {max(sensor)}, the sensor of {name}"
        )
    if options.polarity not in event_set.polarities:
        raise InputError(
            f"polarity = {options.polarity}; accepted: {', '.join(event_set.polarities)}, as the "
            f"events of {name} have no polarity"
        )

    def read(split: str, data_dir: Path | None) -> Arrays:
        dirs = [data_dir / name, data_dir] if data_dir else []
        return events.read_split(event_set, split, dirs, options)

    return DatasetSpec(
        name,
        shape=events.frame_shape(sensor, options),
        timesteps=options.timesteps,
        classes=event_set.classes,
        encoding=events.POLARITIES[options.polarity],
        unit=1.0,
        input_scale=None,
        read=read,
        labels=event_set.labels,
    )


DATASETS: dict[str, DatasetSpec | EventSet] = {
    found.name: found
    for found in (
        # The values 0 to 16 are used as they are: that is as fine as the data, and takes half as
        # many signed digits as 0 to 127 would.
        DatasetSpec(
            "digits",
            shape=(1, 8, 8),
            timesteps=1,
            classes=10,
            encoding=STATIC,
            unit=1 / 16,
            input_scale=1 / 16,
            read=read_digits,
            input_peak=16,
            in_files=False,
        ),
        mnist_spec("mnist", "https://ossci-datasets.s3.amazonaws.com/mnist/"),
        mnist_spec(
            "fashion-mnist",
            "Debian's package dataset-fashion-mnist or "
            "https://github.com/zalandoresearch/fashion-mnist",
            "/usr/share/datasets/fashion-mnist",
            labels=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
        ),
        cifar_spec(cifar.CIFAR10),
        cifar_spec(cifar.CIFAR100),
        *EVENT_SETS,
    )
}
