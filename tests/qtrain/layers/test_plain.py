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


@pytest.mark.parametrize("tau", [0.75, 0.0])
def test_a_readout_with_a_leak_gives_the_last_membrane(tau):
    x = normal(4, 3, 5).requires_grad_()
    leaky = Readout(tau=tau)
    logits = leaky(x)
    u = torch.zeros(3, 5)
    for t in range(4):
        u = tau * u + x[t]
    torch.testing.assert_close(logits, u)
    assert torch.equal(leaky(x[..., None, None]), logits)
    logits.sum().backward()
    kept = torch.tensor([tau**3, tau**2, tau, 1.0])
    torch.testing.assert_close(x.grad, kept.view(4, 1, 1).expand(4, 3, 5))


def test_the_attrs_of_a_readout_make_it_again():
    assert Readout(**Readout(tau=0.75).attrs).tau == 0.75
    assert Readout().attrs == Readout(tau=1).attrs == {}  # as in a checkpoint without the option


@pytest.mark.parametrize("tau", [0.3, -0.5, 1.5])
def test_a_leak_without_a_short_form_is_refused(tau):
    with pytest.raises(InputError, match=f"^tau = {tau:g} has no short form.*nearest are [^\n]*$"):
        Readout(tau=tau)
