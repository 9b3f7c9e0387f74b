"""Reads a folder of images by class, through Pillow."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError
from hw_models.folder import reading
from hw_models.sample.image import decoded, middle
from qtrain.data.own.preparation import Color, Preparation
from qtrain.data.own.raw import Raw, held_out, no_test_samples

MODES: dict[Color, str] = {"grey": "L", "rgb": "RGB"}  # Pillow's names
COLORS: dict[str, Color] = {mode: color for color, mode in MODES.items()}


class Sample(NamedTuple):
    """One image."""

    pixels: NDArray[np.uint8]  # [C, H, W]
    color: Color
    digest: bytes  # sha256 of the file


class ImageFolder:
    """FOLDER/train/CLASS/* and FOLDER/test/CLASS/*, or FOLDER/CLASS/* with --test-split.

    A sample is uint8 [C, H, W] and its label the name of its class. Samples stand in the order of
    their classes and file names; hidden files and plain files beside the folders are left out.

    Args:
        folder: the folder.
        how: its size, color and test_split.
        workers: threads that decode; None: as many as there are processors.

    Raises:
        InputError: the layout is another one, or a class has no image.
    """

    options: tuple[str, ...] = ("size", "color")

    def __init__(self, folder: Path, how: Preparation, workers: int | None = None) -> None:
        self.folder, self.size = folder, how.size
        self.color: Color | None = how.color
        self.workers = workers or len(os.sched_getaffinity(0))
        self.has_test = (folder / "train").is_dir()
        if self.has_test:
            unknown = {path.name for path in folders_in(folder)} ^ {"train", "test"}
            for name in sorted(unknown):
                what = "missing" if name == "test" else "not expected"
                raise InputError(f"{folder / name}: {what}; accepted: the folders train and test")
            self.splits = {split: images_in(folder / split) for split in ("train", "test")}
        else:
            paths = images_in(folder)
            if not how.test_split:
                raise no_test_samples(str(folder))
            names = np.array([path.parent.name for path in paths])
            test = held_out(names, how.test_split, str(folder))
            self.splits = {
                split: [paths[k] for k in np.flatnonzero(chosen)]
                for split, chosen in (("train", ~test), ("test", test))
            }

    def read(self, split: str) -> Raw:
        """The images of a split, "train" or "test".

        Raises:
            InputError: an image is broken, or has another size or colour than the first one.
        """
        paths = self.splits[split]
        first = sample(paths[0], self.size, self.color)
        x = np.empty((len(paths), *first.pixels.shape), np.uint8)
        whole = hashlib.sha256()
        with ThreadPoolExecutor(self.workers) as pool:
            images = pool.map(lambda path: sample(path, self.size, self.color), paths)
            for k, (path, image) in enumerate(zip(paths, images, strict=True)):
                check_like(first, paths[0], image, path)
                x[k] = image.pixels
                whole.update(f"{path.relative_to(self.folder)}\n".encode() + image.digest)
        return Raw(x, np.array([path.parent.name for path in paths]), whole.hexdigest())


def folders_in(folder: Path) -> list[Path]:
    """The folders in a folder by name, without hidden ones."""
    found = sorted(folder.iterdir())
    return [path for path in found if path.is_dir() and not path.name.startswith(".")]


def images_in(folder: Path) -> list[Path]:
    """The files in a folder's folders.

    Raises:
        InputError: there are no folders, or one is empty or has a folder in it.
    """
    classes = folders_in(folder)
    if not classes:
        raise InputError(
            f"{folder}: no folders; accepted: FOLDER/train/CLASS/* and FOLDER/test/CLASS/*, or "
            "FOLDER/CLASS/* with --test-split"
        )
    paths = []
    for place in classes:
        files = sorted(path for path in place.iterdir() if not path.name.startswith("."))
        if not files:
            raise InputError(f"{place}: a class without images; remove it or put images in")
        for path in files:
            if path.is_dir():
                raise InputError(f"{path}: a folder in the folder of a class; accepted: images")
        paths += files
    return paths


def sample(path: Path, size: tuple[int, int] | None, color: Color | None) -> Sample:
    """One image, brought to a size and a colour where they are given.

    Raises:
        InputError: the file is no image or a broken one, or has no colours of 8 bits.
    """
    content = reading.plain(path)
    try:
        image = decoded(content, MODES[color] if color else None)
    except InputError as error:
        raise InputError(
            f"{path}: {error}; remove it, convert it, or choose --color for all"
        ) from error
    if size:
        image = middle(image, size)
    pixels = np.asarray(image)
    return Sample(
        pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0),
        COLORS[image.mode],
        hashlib.sha256(content).digest(),
    )


def check_like(first: Sample, first_path: Path, image: Sample, path: Path) -> None:
    """Check that an image has the colour and the size of the first one.

    Raises:
        InputError: it does not.
    """
    if image.color != first.color:
        raise InputError(
            f"{path}: {image.color}, where {first_path} is {first.color}; choose one for all with "
            "--color"
        )
    found, accepted = (f"{h} x {w}" for _, h, w in (image.pixels.shape, first.pixels.shape))
    if found != accepted:
        raise InputError(
            f"{path}: {found} pixels, where {first_path} has {accepted}; bring all to one size "
            "with --size"
        )
