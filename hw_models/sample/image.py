"""Reads an image file as raw values."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Input
from hw_models.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES, FORMATS = (".png", ".jpg", ".jpeg"), ("PNG", "JPEG")
MODES = {1: "L", 3: "RGB"}  # Pillow's name of grey and of RGB images, by channels


def read_image(path: Path, spec: Input, resize: bool = False) -> NDArray[np.uint8]:
    """The bytes [C, H, W] of an image, grey or RGB as the input has 1 or 3 channels.

    Args:
        path: a PNG or JPEG file.
        spec: the build's input.
        resize: bring an image of another size to the input's, as `middle` does.

    Raises:
        InputError: the input takes no images; the file cannot be read, holds something else than
            one grey or RGB image of 8 bits, or has another size.
    """
    from PIL import Image  # here, as all else needs no Pillow

    if spec.encoding != STATIC or len(spec.shape) != 3 or spec.shape[0] not in MODES:
        raise InputError(
            f"an image, but {spec.name} takes {spec.encoding} values of {list(spec.shape)}; give "
            "them as an .npy file"
        )
    channels, height, width = spec.shape
    with path.open("rb") as file:
        try:
            with warnings.catch_warnings(action="error"):
                image = Image.open(file, formats=FORMATS)
                image.load()
        except Exception as error:  # Pillow can fail in many ways on a damaged file
            raise InputError(f"no sound image; accepted: {', '.join(FORMATS)}") from error
        frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError(f"a file of {frames} images; accepted: one image")
    if image.mode not in MODES.values() or "transparency" in image.info:
        raise InputError(
            f"an image of the mode {image.mode}; accepted: grey or RGB, of 8 bits and without "
            "transparency; convert it first"
        )
    if image.size != (width, height) and not resize:
        raise InputError(
            f"an image of {image.width} x {image.height} pixels; accepted: {width} x {height}, or "
            "--resize"
        )
    values = middle(image.convert(MODES[channels]), (height, width))
    return np.asarray(values, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)


def middle(image: "Image", size: tuple[int, int]) -> "Image":
    """The image scaled to just cover height x width, and its middle cut out."""
    from PIL.Image import Resampling

    height, width = size
    if image.size == (width, height):
        return image
    scale = max(height / image.height, width / image.width)
    covering = max(width, round(image.width * scale)), max(height, round(image.height * scale))
    image = image.resize(covering, Resampling.BILINEAR)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
