"""The dense layer and the quantizers of weights."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.layers import QuantLinear


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scaling", ["channel", "tensor"])
@pytest.mark.parametrize(("bits", "most"), [(8, 127), (4, 7), (2, 1)])
def test_weights_are_narrow_integers_times_a_scale(bits, most, scaling):
    layer = QuantLinear(40, 6, bits, scaling=scaling).eval()
    with torch.no_grad():
        layer.weight.copy_(torch.cat((normal(3, 40), -normal(3, 40))))
    weight = layer.quant_weight()
    w_int = weight.int()
    assert w_int.min() == -most
    assert w_int.max() == most
    assert weight.scale.numel() == (6 if scaling == "channel" else 1)
    assert torch.equal(weight.value, w_int * weight.scale)
    x = normal(3, 5, 40)
    assert torch.equal(layer(x), torch.nn.functional.linear(x, weight.value))


def test_ternary_weights_are_zero_below_half_of_mean_plus_sigma():
    layer = QuantLinear(1000, 2, 2).eval()
    with torch.no_grad():
        layer.weight.copy_(normal(2, 1000))
    size = layer.weight.detach().abs()
    scale = size.mean(1) + 1.5 * size.std(1)
    expected = (size >= scale[:, None] / 2).to(torch.int8) * layer.weight.detach().sign()
    assert torch.equal(layer.quant_weight().int().float(), expected)


def test_weights_are_the_same_after_saving_and_in_training():
    for bits in (8, 4, 2):
        layer, other = QuantLinear(30, 5, bits), QuantLinear(30, 5, bits).eval()
        other.load_state_dict(layer.state_dict())
        assert torch.equal(layer.quant_weight().int(), other.quant_weight().int())
        assert torch.equal(layer.quant_weight().scale, other.quant_weight().scale)


@pytest.mark.parametrize(
    ("options", "part"),
    [({"weight_bits": 7}, "weight_bits = 7"), ({"scaling": "group"}, "scaling = 'group'")],
)
def test_linear_refuses_options(options, part):
    with pytest.raises(InputError, match=part):
        QuantLinear(4, 4, **options)
