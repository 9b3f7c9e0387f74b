"""AutoAugment's policy for CIFAR, on Pillow images.

Source: Cubuk et al., AutoAugment: Learning Augmentation Strategies from Data, CVPR 2019
(arXiv 1805.09501), table 7 for the policy and table 6 for the ranges of the magnitudes.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

GREY = (128, 128, 128)  # colour that moves in from outside; a network that takes pixel - 128 sees 0
LEVELS = 10  # a magnitude has the levels 0 to 9

Operation = Callable[[Image.Image, float], Image.Image]  # image, magnitude


def affine(*, shear: tuple[int, int] = (0, 0), move: tuple[int, int] = (0, 0)) -> Operation:
    """The operation x' = x + shear[0] * m * y + move[0] * m, likewise for y; nearest pixel."""

    def apply(image: Image.Image, m: float) -> Image.Image:
        matrix = (1, shear[0] * m, move[0] * m, shear[1] * m, 1, move[1] * m)
        return image.transform(image.size, Image.Transform.AFFINE, matrix, fillcolor=GREY)

    return apply


def enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance]) -> Operation:
    """The operation of one of Pillow's enhancers, where a magnitude of 0 changes nothing."""
    return lambda image, m: kind(image).enhance(1 + m)


# name -> operation, its magnitude at level 0 and at level 9, whether the sign is random
OPERATIONS: dict[str, tuple[Operation, float, float, bool]] = {
    "ShearX": (affine(shear=(1, 0)), 0, 0.3, True),
    "ShearY": (affine(shear=(0, 1)), 0, 0.3, True),
    "TranslateX": (affine(move=(1, 0)), 0, 150 / 331 * 32, True),
    "TranslateY": (affine(move=(0, 1)), 0, 150 / 331 * 32, True),
    "Rotate": (lambda image, m: image.rotate(m, fillcolor=GREY), 0, 30, True),
    "Color": (enhanced(ImageEnhance.Color), 0, 0.9, True),
    "Contrast": (enhanced(ImageEnhance.Contrast), 0, 0.9, True),
    "Brightness": (enhanced(ImageEnhance.Brightness), 0, 0.9, True),
    "Sharpness": (enhanced(ImageEnhance.Sharpness), 0, 0.9, True),
    "Posterize": (lambda image, m: ImageOps.posterize(image, round(m)), 8, 4, False),
    "Solarize": (lambda image, m: ImageOps.solarize(image, round(m)), 256, 0, False),
    "AutoContrast": (lambda image, _: ImageOps.autocontrast(image), 0, 0, False),
    "Equalize": (lambda image, _: ImageOps.equalize(image), 0, 0, False),
    "Invert": (lambda image, _: ImageOps.invert(image), 0, 0, False),
}
Step = tuple[str, float, int]  # operation, probability, level
POLICY: tuple[tuple[Step, Step], ...] = (
    (("Invert", 0.1, 7), ("Contrast", 0.2, 6)),
    (("Rotate", 0.7, 2), ("TranslateX", 0.3, 9)),
    (("Sharpness", 0.8, 1), ("Sharpness", 0.9, 3)),
    (("ShearY", 0.5, 8), ("TranslateY", 0.7, 9)),
    (("AutoContrast", 0.5, 8), ("Equalize", 0.9, 2)),
    (("ShearY", 0.2, 7), ("Posterize", 0.3, 7)),
    (("Color", 0.4, 3), ("Brightness", 0.6, 7)),
    (("Sharpness", 0.3, 9), ("Brightness", 0.7, 9)),
    (("Equalize", 0.6, 5), ("Equalize", 0.5, 1)),
    (("Contrast", 0.6, 7), ("Sharpness", 0.6, 5)),
    (("Color", 0.7, 7), ("TranslateX", 0.5, 8)),
    (("Equalize", 0.3, 7), ("AutoContrast", 0.4, 8)),
    (("TranslateY", 0.4, 3), ("Sharpness", 0.2, 6)),
    (("Brightness", 0.9, 6), ("Color", 0.2, 8)),
    (("Solarize", 0.5, 2), ("Invert", 0.0, 3)),
    (("Equalize", 0.2, 0), ("AutoContrast", 0.6, 0)),
    (("Equalize", 0.2, 8), ("Equalize", 0.6, 4)),
    (("Color", 0.9, 9), ("Equalize", 0.6, 6)),
    (("AutoContrast", 0.8, 4), ("Solarize", 0.2, 8)),
    (("Brightness", 0.1, 3), ("Color", 0.7, 0)),
    (("Solarize", 0.4, 5), ("AutoContrast", 0.9, 3)),
    (("TranslateY", 0.9, 9), ("TranslateY", 0.7, 9)),
    (("AutoContrast", 0.9, 2), ("Solarize", 0.8, 3)),
    (("Equalize", 0.8, 8), ("Invert", 0.1, 3)),
    (("TranslateY", 0.7, 9), ("AutoContrast", 0.9, 1)),
)


def autoaugmented(x: Tensor, generator: torch.Generator) -> Tensor:
    """Each image of x, uint8 [N, 3, H, W], changed by a random pair of steps from POLICY."""
    images = x.movedim(1, -1).contiguous().numpy()
    pairs = torch.randint(len(POLICY), (len(x),), generator=generator).tolist()
    # for each image and step two numbers: for whether it happens, and for its magnitude's sign
    draws = torch.rand((len(x), 2, 2), generator=generator).tolist()
    out = np.empty_like(images)
    for n, (pair, drawn) in enumerate(zip(pairs, draws, strict=True)):
        image = Image.fromarray(images[n])
        for (name, probability, level), (chance, sign) in zip(POLICY[pair], drawn, strict=True):
            if chance < probability:
                image = operate(name, image, level, negative=sign < 0.5)
        out[n] = image
    return torch.from_numpy(out).movedim(-1, 1)


def operate(name: str, image: Image.Image, level: int, negative: bool = False) -> Image.Image:
    """One operation at a level of 0 to 9; `negative` applies where the sign is random."""
    operation, first, last, signed = OPERATIONS[name]
    magnitude = first + (last - first) * level / (LEVELS - 1)
    return operation(image, -magnitude if signed and negative else magnitude)
