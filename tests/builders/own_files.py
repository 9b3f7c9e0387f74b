"""Small data of a user's own: signals and images whose classes a tiny network can tell apart."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def signals(samples: int, seed: int = 0) -> tuple[NDArray, NDArray]:
    """Noisy sines [N, 6, 128] of four frequencies, one a class, and their labels."""
    rng = np.random.default_rng(seed)
    y = np.arange(samples) % 4
    cycles = np.array([4, 8, 16, 32])[y, None, None] * np.arange(128) / 128
    phases = rng.uniform(0, 1, (samples, 6, 1))
    x = np.sin(2 * np.pi * (cycles + phases)) + 0.2 * rng.normal(size=(samples, 6, 128))
    return x.astype(np.float32), y


def pictures(samples: int, seed: int = 0) -> tuple[NDArray, NDArray]:
    """Bytes [N, 1, 32, 32] with a bright bar, upright in class 0 and level in class 1."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 60, (samples, 1, 32, 32), np.uint8)
    y = np.arange(samples) % 2
    for image, label, at in zip(x, y, rng.integers(0, 28, samples), strict=True):
        bar = image[0, :, at : at + 4] if label == 0 else image[0, at : at + 4]
        bar += 180
    return x, y


def write_npz(path: Path, make=signals, train: int = 64, test: int = 16) -> Path:
    """A .npz file of training and test samples that `make` makes."""
    x, y = make(train)
    test_x, test_y = make(test, seed=1)
    np.savez(path, x=x, y=y, test_x=test_x, test_y=test_y)
    return path


def write_image(path: Path, height: int = 12, width: int = 16, mode: str = "RGB") -> Path:
    """An image of random pixels, whose seed is its name's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = sum(path.name.encode() + path.parent.name.encode())
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path
