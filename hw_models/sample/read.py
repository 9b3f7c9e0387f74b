"""Reads samples from files of their own: an array, or an image."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Dataflow
from hw_models.errors import InputError
from hw_models.folder import archive, reading
from hw_models.sample import image
from hw_models.sample.integers import checked_integers, input_integers

ARRAY = ".npy"


def read_samples(
    paths: Sequence[Path],
    flow: Dataflow,
    *,
    integers: bool = False,
    resize: bool = False,
    limit: bool = False,
) -> NDArray[np.int8]:
    """The input integers [T', B, *shape] of samples, each in a file of its own.

    An .npy file has the shape [*shape] of the input, or [T, *shape] where it is spikes; axes of
    size 1 may be left out or added. An image is a .png, .jpg or .jpeg file.

    Args:
        paths: the files, one or more.
        flow: the description of the build.
        integers: arrays hold input integers; otherwise raw values, as the data set has them.
        resize: bring images to the input's size.
        limit: limit raw values that the input cannot hold, instead of refusing them.

    Raises:
        InputError: names the file, and what is wrong with it.
    """
    samples = []
    for path in paths:
        try:
            samples.append(read_sample(path, flow, integers, resize, limit))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
    return np.stack(samples, axis=1)


def read_sample(
    path: Path, flow: Dataflow, integers: bool, resize: bool, limit: bool
) -> NDArray[np.int8]:
    """The input integers [T', *shape] of one sample; `read_samples` describes the arguments."""
    spec, suffix = flow.input, path.suffix.lower()
    if suffix in image.SUFFIXES:
        if integers:
            raise InputError("--integers with an image; give input integers as an .npy file")
        values = image.read_image(path, spec, resize)
    elif suffix == ARRAY:
        if resize:
            raise InputError("--resize with an array; only images are resized")
        values = read_array(path)
    else:
        raise InputError(f"unknown kind of file; accepted: {', '.join((ARRAY, *image.SUFFIXES))}")
    shape = (flow.input_steps, *spec.shape)
    if without_ones(values.shape) != without_ones(shape):
        wanted = spec.shape if flow.input_steps == 1 else shape
        raise InputError(f"an array of {list(values.shape)}; accepted: {list(wanted)}")
    values = values.reshape(shape)
    return checked_integers(spec, values) if integers else input_integers(spec, values, limit)


def without_ones(shape: tuple[int, ...]) -> list[int]:
    """A shape without its axes of size 1."""
    return [size for size in shape if size != 1]


def read_array(path: Path) -> NDArray:
    """The array of an .npy file.

    Raises:
        InputError: the file is no .npy file, is damaged, or holds Python objects.
    """
    content = reading.plain(path)
    try:
        return archive.array(content)
    except InputError as error:
        raise InputError(f"no sound .npy file: {error}; write it with numpy.save") from error
