"""Average pools on [T', B, C, H, W] against torch."""

import pytest
import torch
import torch.nn.functional as F

from qtrain.layers import AvgPool2d, GlobalAvgPool

X = torch.randn(3, 2, 4, 9, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("options", [(2,), (3, 2, 1), ((2, 3), 1)])
def test_pools_are_torchs(options):
    expected = torch.stack([F.avg_pool2d(x, *options) for x in X])
    torch.testing.assert_close(AvgPool2d(*options)(X), expected)
    kernel = options[0] if isinstance(options[0], tuple) else (options[0],) * 2
    total = AvgPool2d(*options, mode="sum")(X)
    torch.testing.assert_close(total, expected * kernel[0] * kernel[1])


def test_the_global_pool_keeps_a_map_of_one():
    torch.testing.assert_close(GlobalAvgPool()(X)[..., 0, 0], X.mean((3, 4)))
