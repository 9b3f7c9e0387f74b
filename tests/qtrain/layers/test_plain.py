"""Flatten and readout."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.layers import Flatten, Readout


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def test_flatten_and_readout():
    x = normal(2, 3, 4, 5)
    assert Flatten()(x).shape == (2, 3, 20)
    flat = normal(2, 3, 4)
    torch.testing.assert_close(Readout()(flat), (flat[0] + flat[1]) / 2)


def test_logits_have_one_shape():
    """Whether weights on a vector or a convolution on a map of one place gave them."""
    flat = normal(2, 3, 4)
    assert torch.equal(Readout()(flat[..., None, None]), Readout()(flat))
    for places in ((2, 1), (1, 2), (3, 3), (2,)):
        with pytest.raises(InputError, match=r"logits are maps of \[4, .*GlobalAvgPool or Flatten"):
            Readout()(normal(2, 3, 4, *places))
