"""The firing-rate penalty: its value is the true rate's, its gradient pushes the right way."""

import pytest
import torch

from qtrain.neurons import BinaryLIF, TernaryLIF
from qtrain.sparsity import LIMIT_SHARE, LIMIT_WEIGHT, firing_rate, limit_penalty, rate_penalty

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


def test_the_limit_pulls_at_layers_above_it_alone():
    lifs = {"above": TernaryLIF(1), "below": TernaryLIF(1)}
    u = U.expand(1, LIMIT_SHARE + 1, 5).clone().requires_grad_()
    quiet = (0.8 * U).requires_grad_()  # 0.4 of U fire, none of these
    penalty = limit_penalty(lifs, {"above": u, "below": quiet}, 0.1)
    assert penalty.item() == pytest.approx(LIMIT_WEIGHT * 0.3)
    penalty.backward()
    assert u.grad is not None and quiet.grad is not None
    assert u.grad[0, :, 0].ne(0).tolist() == [True, True, False, False, False]
    assert not quiet.grad.any()
