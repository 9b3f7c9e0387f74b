"""Batch norm over time, batch and space."""

import torch

from qtrain.layers import BatchNorm


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_batch_norm_is_over_time_batch_and_space():
    layer, x = BatchNorm(3, gain=0.5), 3 * normal(2, 4, 3, 5, 6) + 1
    y = layer(x)
    dims = (0, 1, 3, 4)
    torch.testing.assert_close(y.mean(dims), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(y.std(dims, correction=0), torch.full((3,), 0.5), atol=1e-4, rtol=0)
    assert y.shape == x.shape
    running = layer.running_mean
    assert running is not None
    torch.testing.assert_close(running, 0.1 * x.mean(dims))
