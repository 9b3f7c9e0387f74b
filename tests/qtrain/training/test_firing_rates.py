"""The firing-rate penalty: its value is the true rate's, its gradient pushes the right way."""

import pytest
import torch
from torch import nn

from qtrain.layers import BatchNorm, BinaryLIF, QuantLinear, Readout, TernaryLIF
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from qtrain.training.firing_rates import HOLD, firing_rate, hold_back, rate_penalty

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


def test_the_limit_scales_the_currents_of_layers_above_it_alone():
    """currents - lif1, read by fc - bn - sum with lif1's spikes - lif2."""
    net = build_network(*trace(Joined(), (5,), "ternary"))
    before = {key: value.clone() for key, value in net.tensors().items()}
    u = {"lif1": torch.zeros(1, 8, 5), "lif2": U.expand(1, 8, 5)}  # none and 0.4 of them fire
    hold_back(net, u, 0.1)
    after = net.tensors()
    scaled = {"bn2.weight", "bn2.bias", "lif1.amplitude"}
    assert {key for key, value in before.items() if not value.equal(after[key])} == scaled
    for key in scaled:
        assert torch.allclose(after[key], before[key] * (1 - HOLD * 0.3))


class Joined(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.lif1 = QuantLinear(5, 5), TernaryLIF(1)
        self.fc2, self.bn2, self.lif2 = QuantLinear(5, 5), BatchNorm(5), TernaryLIF(1)
        self.fc3, self.readout = QuantLinear(5, 2, scaling="tensor"), Readout()
        nn.init.constant_(self.bn2.bias, 0.5)

    def forward(self, x):
        x = self.lif1(self.fc1(x))
        return self.readout(self.fc3(self.lif2(self.bn2(self.fc2(x)) + x)))
