"""Pictures of samples as PNG within the page, and signals as lines."""

import base64
import struct
import zlib

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hw_models.report.page.charts.plot import fixed

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # PNG's colour type by the number of channels
UP, DOWN = (0, 114, 178), (213, 94, 0)  # of +1 and -1: seen on light and on dark ground
SIDE = 96  # pixels of a picture on the page, at most in the longer direction


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of pixels [H, W, channels]: grey, RGB, or RGB with opacity."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, COLOURS[channels], 0, 0, 0)
    rows = np.concatenate(
        [np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1
    ).tobytes()
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(chunk(*each) for each in chunks)


def chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def image(pixels: NDArray[np.uint8], about: str) -> Markup:
    """Pixels [H, W, channels] as an image of the page; `about` says what it shows."""
    height, width, _ = pixels.shape
    scale = SIDE / max(height, width)
    return Markup('<img alt="{}" width="{}" height="{}" src="data:image/png;base64,{}">').format(
        about, max(1, round(width * scale)), max(1, round(height * scale)),
        base64.b64encode(png(pixels)).decode(),
    )  # fmt: skip


def signed(values: NDArray) -> NDArray[np.uint8]:
    """Pixels of values [H, W] of both signs: a colour each, as strong as the value is large."""
    peak = max(1.0, float(np.abs(values).max()))
    colours = np.where((values >= 0)[..., None], UP, DOWN)
    opacity = np.round(255 * np.abs(values) / peak)[..., None]
    return np.concatenate([colours, opacity], axis=-1).astype(np.uint8)


def signal(values: NDArray, low: float, high: float, about: str) -> Markup:
    """Values [channels, L] as lines over one another."""
    channels, length = values.shape
    span = (high - low) or 1
    lines = Markup("")
    for n, row in enumerate(values.tolist()):
        points = "L".join(
            f"{at} {fixed(60 * (1 - (value - low) / span))}" for at, value in enumerate(row)
        )
        lines += Markup('<path class="trace t{}" d="M{}"/>').format(n, points)
    return Markup(
        '<svg class="signal" viewBox="0 -2 {} 64" width="{}" height="64" '
        'preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    ).format(max(1, length - 1), SIDE * 3 // 2, about, lines)
