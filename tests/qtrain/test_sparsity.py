"""The firing-rate penalty: its value is the true rate's, its gradient pushes the right way."""

import pytest
import torch

from qtrain.neurons import BinaryLIF, TernaryLIF
from qtrain.sparsity import firing_rate, rate_penalty

U = torch.tensor([[[-0.6, -0.4, 0.0, 0.4, 0.6]]])


@pytest.mark.parametrize(("lif", "rate"), [(TernaryLIF(1), 0.4), (BinaryLIF(1), 0.2)])
def test_value_is_the_share_that_fires(lif, rate):
    assert firing_rate(lif, U).item() == pytest.approx(rate)


def test_gradient_shrinks_or_grows_membranes_on_both_sides_of_the_threshold():
    for target, sign in ((0.1, 1), (0.9, -1)):
        u = U.clone().requires_grad_()
        rate_penalty({"lif": TernaryLIF(1)}, {"lif": u}, target).backward()
        assert u.grad is not None
        assert (sign * u.grad[0, 0]).sign().tolist() == [-1, -1, 0, 1, 1]


def test_layers_add_up():
    lifs = {"a": TernaryLIF(1), "b": TernaryLIF(1)}
    seen = {"a": U, "b": torch.zeros(1, 1, 1000)}
    assert rate_penalty(lifs, seen, 0.1).item() == pytest.approx(0.3 + 0.1)
