"""Augmentation: whole images move, mirror and lose a square, the same at all steps of a sample."""

import pytest
import torch
from torch import nn

from qtrain.data.augment import alternating, covered, flipped, rolled, shifted


def generator():
    return torch.Generator().manual_seed(0)


def test_shift_moves_whole_images():
    x = torch.arange(1.0, 17).view(1, 1, 1, 4, 4).repeat(2, 200, 1, 1, 1)
    moved = shifted(x, 1, generator())
    assert moved.shape == x.shape
    assert torch.equal(moved[0], moved[1])  # all steps of a sample alike
    expected = {
        tuple(nn.functional.pad(x[0, 0, 0], (1, 1, 1, 1))[j : j + 4, i : i + 4].flatten().tolist())
        for j in range(3)
        for i in range(3)
    }
    assert {tuple(sample.flatten().tolist()) for sample in moved[0]} == expected


@pytest.mark.parametrize("border", ["zeros", "reflect"])
def test_a_signal_moves_along_its_row(border):
    x = torch.arange(1.0, 9).view(1, 1, 1, 1, 8).repeat(1, 100, 1, 1, 1)
    moved = shifted(x, 2, generator(), border)
    assert moved.shape == x.shape
    assert len({tuple(sample.flatten().tolist()) for sample in moved[0]}) == 5


def test_a_reflected_border_has_the_image_s_own_pixels():
    x = torch.arange(1.0, 17).view(1, 1, 1, 4, 4).repeat(1, 200, 1, 1, 1)
    moved = shifted(x, 1, generator(), border="reflect")
    padded = nn.functional.pad(x[0, :1], (1,) * 4, mode="reflect")[0, 0]
    expected = {
        tuple(padded[r : r + 4, c : c + 4].flatten().tolist()) for r in range(3) for c in range(3)
    }
    assert {tuple(image.flatten().tolist()) for image in moved[0]} == expected
    assert 0 not in moved


def test_a_map_of_one_row_moves_along_its_row():
    x = torch.arange(1.0, 6).view(1, 1, 1, 1, 5).repeat(2, 200, 1, 1, 1)
    for moved, border in ((shifted(x, 1, generator()), 0), (rolled(x, 1, generator()), None)):
        assert moved.shape == x.shape
        left, right = (5, 1) if border is None else (0, 0)
        expected = {(1, 2, 3, 4, 5), (2, 3, 4, 5, right), (left, 1, 2, 3, 4)}
        assert {tuple(sample.flatten().tolist()) for sample in moved[0]} == expected
    reflected = shifted(x, 1, generator(), border="reflect")
    expected = {(1, 2, 3, 4, 5), (2, 3, 4, 5, 4), (2, 1, 2, 3, 4)}
    assert {tuple(sample.flatten().tolist()) for sample in reflected[1]} == expected


def test_what_rolls_out_on_one_side_comes_in_on_the_other():
    x = torch.arange(1.0, 13).view(1, 1, 1, 3, 4).repeat(2, 400, 1, 1, 1)
    moved = rolled(x, 1, generator())
    assert torch.equal(moved[0], moved[1])  # all steps of a sample alike
    image = x[0, 0, 0]
    expected = {
        tuple(
            image[[(r + dy) % 3 for r in range(3)]][:, [(c + dx) % 4 for c in range(4)]]
            .flatten()
            .tolist()
        )
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    }
    assert {tuple(sample.flatten().tolist()) for sample in moved[0]} == expected
    assert rolled(x, 0, generator()) is x


def test_flip_mirrors_the_images_that_are_named():
    x = torch.arange(1.0, 25).view(2, 3, 1, 1, 4)
    seen = flipped(x, torch.tensor([True, False, True]))
    assert torch.equal(seen[:, 1], x[:, 1])
    assert torch.equal(seen[:, ::2], x[:, ::2].flip(-1))


def test_every_other_epoch_mirrors_an_image():
    first, second, third = (alternating(400, 3, epoch) for epoch in range(3))
    assert torch.equal(first, ~second)
    assert torch.equal(first, third)
    assert 150 < int(first.sum()) < 250
    assert not torch.equal(first, alternating(400, 4, 0))


@pytest.mark.parametrize("side", [3, 4])
def test_cutout_covers_a_square_around_any_pixel(side):
    x = torch.ones(2, 1000, 3, 5, 6)
    seen = covered(x, side, generator())
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(seen[:, :, 0], seen[:, :, 2])
    holes = {tuple(sample[0].flatten().tolist()) for sample in seen[0]}
    expected = set()
    for row in range(5):
        for column in range(6):
            image = torch.ones(5, 6)
            top, left = row - side // 2, column - side // 2
            image[max(0, top) : top + side, max(0, left) : left + side] = 0
            expected.add(tuple(image.flatten().tolist()))
    assert holes == expected
    assert covered(x, 0, generator()) is x
