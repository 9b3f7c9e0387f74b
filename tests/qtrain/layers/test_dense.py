"""Quantized synapses, batch norm, input quantizer and readout."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.layers.dense import BatchNorm, Flatten, InputQuant, QuantLinear, Readout


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


def test_input_quant_rounds_clamps_and_keeps_zero():
    layer = InputQuant(0.5)
    x = torch.tensor([0.0, 0.24, 0.26, -0.26, 100.0, -100.0])
    assert layer.integers(x).tolist() == [0, 0, 1, -1, 127, -127]
    assert layer.integers(x).dtype == torch.int8
    assert torch.equal(layer(x), 0.5 * layer.integers(x))
    with pytest.raises(InputError, match="input scale"):
        InputQuant(0.0)


@pytest.mark.parametrize(("bits", "x_max"), [(2, 1), (3, 3), (4, 7), (7, 63), (8, 127)])
def test_input_quant_of_few_bits(bits, x_max):
    layer = InputQuant(0.25, bits)
    steps = torch.arange(-2 * x_max, 2 * x_max + 1)
    assert layer.x_max == x_max
    assert torch.equal(layer.integers(0.25 * steps), steps.clamp(-x_max, x_max).to(torch.int8))
    assert torch.equal(layer(0.25 * steps), 0.25 * steps.clamp(-x_max, x_max))
    halves = torch.tensor([0.5, -0.5, 1.5])  # ties go to the even neighbour
    assert layer.integers(0.25 * halves).tolist() == [0, 0, min(2, x_max)]


@pytest.mark.parametrize("bits", [1, 9])
def test_input_quant_refuses_other_bits(bits):
    with pytest.raises(InputError, match=f"input bits = {bits}; accepted: 2 to 8"):
        InputQuant(1.0, bits)


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
