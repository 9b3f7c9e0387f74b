"""Reads own samples through a class that a user has written."""

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hw_models.errors import InputError
from qtrain.data.own.raw import Raw, sha256_of

TEXT = re.compile(r"(?P<module>.+\.py|\w+(\.\w+)*):(?P<name>[A-Za-z_]\w*)")


def is_class(text: str) -> bool:
    """Whether a text names a class, as module:Class or file.py:Class."""
    return TEXT.fullmatch(text) is not None


class ClassReader:
    """Samples of Class("train") and Class("test"), each with a length and [k] -> (sample, label).

    A sample is an array, a tensor or a Pillow image, and all have one shape; a label is an integer
    or a string.

    Args:
        text: module:Class or file.py:Class. Its code is run.

    Raises:
        InputError: there is no such class, or importing it fails.
    """

    options: tuple[str, ...] = ("input", "scale", "zero")
    has_test = True

    def __init__(self, text: str) -> None:
        self.text = text
        self.made_by = class_of(text)

    def read(self, split: str) -> Raw:
        """The samples of a split, "train" or "test".

        Raises:
            InputError: the class fails, or gives something else.
        """
        where = f"{self.text}, {split}"
        try:
            made = self.made_by(split)
            items = [made[k] for k in range(len(made))]
        except Exception as error:  # code of the user's own
            raise failed(where, error) from error
        samples, labels = [], []
        for k, item in enumerate(items):
            if not isinstance(item, tuple | list) or len(item) != 2:
                raise InputError(f"{where}[{k}]: {type(item).__name__}; accepted: (sample, label)")
            samples.append(array_of(item[0], f"{where}[{k}]"))
            labels.append(label_of(item[1], f"{where}[{k}]"))
            if (shape := samples[k].shape) != samples[0].shape:
                raise InputError(
                    f"{where}[{k}]: a sample of {list(shape)}, where the first has "
                    f"{list(samples[0].shape)}; accepted: one shape"
                )
        if not samples:
            raise InputError(f"{where}: no samples; accepted: 1 or more")
        x, y = np.stack(samples), np.array(labels)
        return Raw(x, y, sha256_of(x, y))


def class_of(text: str) -> Any:
    """The class that a text names.

    Raises:
        InputError: there is none, or importing it fails.
    """
    found = TEXT.fullmatch(text)
    assert found
    module, name = found["module"], found["name"]
    if module.endswith(".py") and not Path(module).is_file():
        raise InputError(f"{module}: no such file")
    try:
        loaded = module_of(module)
    except Exception as error:  # code of the user's own
        raise failed(text, error) from error
    if not callable(made_by := getattr(loaded, name, None)):
        raise InputError(f"{text}: {module} has no class {name}")
    return made_by


def module_of(name: str) -> Any:
    """A module by its name, or by its file; one in the current folder is found too."""
    if not name.endswith(".py"):
        if "" not in sys.path:
            sys.path.append("")
        return importlib.import_module(name)
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def failed(where: str, error: Exception) -> InputError:
    """The error for code of a user's own that fails."""
    return InputError(
        f"{where}: {type(error).__name__}: {error}; accepted: a class that is called with train or "
        "test, and has a length and [k] -> (sample, label)"
    )


def array_of(sample: Any, where: str) -> NDArray:
    """A sample as an array; a Pillow image gets its channels first.

    Raises:
        InputError: it is no array of numbers.
    """
    try:
        array = np.asarray(sample)
    except Exception as error:  # a tensor on a device, a list of several lengths
        raise InputError(f"{where}: no array: {error}; accepted: arrays of numbers") from error
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"{where}: a sample of {array.dtype}; accepted: numbers; events become frames by a "
            "transform, such as tonic.transforms.ToFrame"
        )
    if isinstance(sample, Image.Image):
        return array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    return array


def label_of(label: Any, where: str) -> int | str:
    """A label as a number or a string.

    Raises:
        InputError: it is neither.
    """
    value = np.asarray(label)
    if value.ndim or value.dtype.kind not in "biuU":
        raise InputError(f"{where}: label {label!r}; accepted: an integer or a string")
    return value.item()
