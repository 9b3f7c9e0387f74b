"""Reads an image file as raw values."""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Input
from hw_models.errors import InputError
from hw_models.folder import reading

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES, FORMATS = (".png", ".jpg", ".jpeg"), ("PNG", "JPEG")
# What Pillow decodes by itself: for others it starts programs, such as Ghostscript.
BITMAPS = (*FORMATS, "BMP", "GIF", "PPM", "TIFF", "WEBP")
MODES = {1: "L", 3: "RGB"}  # Pillow's name of grey and of RGB images, by channels
OPAQUE = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB"}  # what an image of each mode is


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
    if spec.encoding != STATIC or len(spec.shape) != 3 or spec.shape[0] not in MODES:
        raise InputError(
            f"an image, but {spec.name} takes {spec.encoding} values of {list(spec.shape)}; give "
            "them as an .npy file"
        )
    channels, height, width = spec.shape
    image = decoded(reading.plain(path), formats=FORMATS)
    if image.size != (width, height) and not resize:
        raise InputError(
            f"an image of {image.width} x {image.height} pixels; accepted: {width} x {height}, or "
            "--resize"
        )
    values = middle(image.convert(MODES[channels]), (height, width))
    return np.asarray(values, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)


def decoded(content: bytes, mode: str | None = None, formats: tuple[str, ...] = BITMAPS) -> "Image":
    """The image in a file's content, of Pillow's mode "L" (grey) or "RGB".

    Args:
        content: the bytes of the file.
        mode: "L" or "RGB", to which any colours of 8 bits are brought, without transparency; None:
            that of the image, which has to be grey or RGB and opaque.
        formats: Pillow's names of the accepted formats.

    Raises:
        InputError: the content is no image, a broken one, several, or of another mode.
    """
    from PIL import Image  # here, as all else needs no Pillow

    try:
        with warnings.catch_warnings(action="error"):
            image = Image.open(io.BytesIO(content), formats=formats)
            image.load()
    except Exception as error:  # Pillow can fail in many ways on a damaged file
        why = " ".join(str(error).split())
        raise InputError(f"no sound image ({why}); accepted: {', '.join(formats)}") from error
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError(f"a file of {frames} images; accepted: one image")
    own = None if "transparency" in image.info else OPAQUE.get(image.mode)
    if image.mode[0] in "IF" or not (mode or own):
        raise InputError(
            f"an image of mode {image.mode}; accepted: grey or RGB, of 8 bits and without "
            "transparency"
        )
    return image.convert(mode or own)


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
