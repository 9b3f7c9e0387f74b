"""AutoAugment: each operation does what its name says, and images draw pairs of the policy."""

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from qtrain.data.autoaugment import OPERATIONS, POLICY, autoaugmented, operate


def images(count=1):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(40, 200, (count, 3, 32, 32), generator=generator, dtype=torch.uint8)


def through(name, level, negative=False):
    before = images()[0].movedim(0, -1).numpy()
    return before, np.asarray(operate(name, Image.fromarray(before), level, negative))


@pytest.mark.parametrize("name", ["TranslateX", "TranslateY"])
@pytest.mark.parametrize("negative", [False, True])
def test_translations_move_whole_pixels_and_bring_in_grey(name, negative):
    before, after = through(name, 9, negative)
    axis, moved = int(name == "TranslateX"), round(150 / 331 * 32)
    there = slice(moved, None) if not negative else slice(None, -moved)
    here = slice(None, -moved) if not negative else slice(moved, None)
    grey = slice(-moved + 1, None) if not negative else slice(None, moved - 1)
    np.testing.assert_array_equal(np.take(after, range(32)[here], axis),
                                  np.take(before, range(32)[there], axis))  # fmt: skip
    assert (np.take(after, range(32)[grey], axis) == 128).all()


def test_tones():
    before, after = through("Invert", 0)
    np.testing.assert_array_equal(after, 255 - before)
    np.testing.assert_array_equal(through("Solarize", 0)[1], before)  # nothing is above 256
    np.testing.assert_array_equal(through("Solarize", 9)[1], 255 - before)
    np.testing.assert_array_equal(through("Posterize", 9)[1], before & 0xF0)
    _, stretched = through("AutoContrast", 0)
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert np.ptp(through("Contrast", 9, negative=True)[1]) < np.ptp(before) / 4
    assert (
        through("Brightness", 9)[1].mean()
        > before.mean()
        > through("Brightness", 9, True)[1].mean()
    )


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_level_zero_of_a_signed_operation_changes_nothing(name):
    *_, signed = OPERATIONS[name]
    before, after = through(name, 0)
    assert (before == after).all() == (signed or name in ("Solarize", "Posterize"))


def test_each_image_draws_its_own_pair():
    x = images(1).expand(3000, -1, -1, -1)
    seen = autoaugmented(x, torch.Generator().manual_seed(1))
    assert (seen.dtype, seen.shape) == (torch.uint8, x.shape)
    again = autoaugmented(x, torch.Generator().manual_seed(1))
    assert torch.equal(seen, again)
    kinds = Counter(image.numpy().tobytes() for image in seen)
    # Equalize then Equalize, and pairs whose steps both stay out, leave few that are drawn often.
    assert len(kinds) > 60
    unchanged = kinds[x[0].numpy().tobytes()] / len(x)
    still = np.mean([(1 - p) * (1 - q) for (_, p, _), (_, q, _) in POLICY])
    assert still < unchanged < still + 0.08


def test_the_policy_names_operations_and_levels():
    steps = [step for pair in POLICY for step in pair]
    assert len(POLICY) == 25
    assert {name for name, _, _ in steps} <= OPERATIONS.keys()
    assert all(0 <= p <= 1 and 0 <= level <= 9 for _, p, level in steps)
