"""Reads an image file as raw values."""

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Input
from hw_models.errors import InputError

SUFFIXES, FORMATS = (".png", ".jpg", ".jpeg"), ("PNG", "JPEG")
MODES = {1: "L", 3: "RGB"}  # Pillow's name of grey and of RGB images, by channels


def read_image(path: Path, spec: Input, resize: bool = False) -> NDArray[np.uint8]:
    """The bytes [C, H, W] of an image, grey or RGB as the input has 1 or 3 channels.

    Args:
        path: a PNG or JPEG file.
        spec: the build's input.
        resize: bring an image of another size to the input's.

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
    values = image.convert(MODES[channels]).resize((width, height))
    return np.asarray(values, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
