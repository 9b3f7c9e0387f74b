"""The fused weight quantizers equal Brevitas's, value and gradient, bit for bit."""

import pytest
import torch
from torch import nn

from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.layers.fake_quant import MaxFakeQuant
from qtrain.layers.quantizers import quantized_weight, weight_value

LAYERS = {
    "dense": lambda **options: QuantLinear(50, 6, **options),
    "conv": lambda **options: QuantConv2d(4, 6, 3, **options),
    "grouped": lambda **options: QuantConv2d(4, 6, 3, groups=2, **options),
    "one weight a channel": lambda **options: QuantConv2d(6, 6, 1, groups=6, **options),
}
WEIGHTS = {
    "random": lambda w: w,
    "halves, some as large as the largest": lambda w: (4 * w).round() / 2,
    "a channel of zeros": lambda w: w * (torch.arange(len(w)) > 0).view(-1, *[1] * (w.ndim - 1)),
    "tiny": lambda w: 1e-12 * w,
    "zeros": lambda w: 0 * w,
}


def gradients(layer: nn.Module, amplitude: torch.Tensor | None, value: torch.Tensor) -> list:
    tensors = [layer.weight] if amplitude is None else [layer.weight, amplitude]
    g = torch.randn(value.shape, generator=torch.Generator().manual_seed(1))
    return [value.detach(), *torch.autograd.grad(value, tensors, g)]


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("scaling", ["channel", "tensor"])
@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("kind", LAYERS)
def test_value_and_gradient_are_those_of_brevitas(kind, bits, scaling, weights):
    layer = LAYERS[kind](weight_bits=bits, scaling=scaling)
    drawn = torch.randn(layer.weight.shape, generator=torch.Generator().manual_seed(bits))
    with torch.no_grad():
        layer.weight.copy_(WEIGHTS[weights](drawn))
    groups = getattr(layer, "groups", 1)
    for amplitude in (None, torch.tensor([0.5, -1.25], requires_grad=True)):
        wanted = gradients(layer, amplitude, quantized_weight(layer, amplitude, groups).value)
        got = gradients(layer, amplitude, weight_value(layer, amplitude, groups))
        for a, b in zip(got, wanted, strict=True):
            assert torch.equal(a, b)


def test_only_the_fused_one_runs_where_the_scale_follows_the_largest(monkeypatch):
    used = []
    monkeypatch.setattr(MaxFakeQuant, "apply", lambda w, *_: used.append(w) or w)
    for options, fused in (
        ({"weight_bits": 8}, True),
        ({"weight_bits": 4, "scaling": "tensor"}, True),
        ({"weight_bits": 2}, False),
        ({"weight_bits": 8, "l1_max": 100}, False),
    ):
        used.clear()
        layer = QuantLinear(20, 3, **options)
        layer(torch.zeros(1, 1, 20))
        assert bool(used) is fused
