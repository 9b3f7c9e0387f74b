"""Convolution on [T', B, C, H, W] against torch, one step at a time."""

import pytest
import torch
import torch.nn.functional as F

from hw_models.errors import InputError
from qtrain.layers import QuantConv2d, QuantLinear

X = torch.randn(3, 2, 4, 9, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "padding": 1}, {"groups": 2, "bias": True, "padding": (0, 2)}]
)
def test_conv_is_torchs_with_the_quantized_weights(bits, options):
    layer = QuantConv2d(4, 6, 3, weight_bits=bits, **options).eval()
    weight = layer.quant_weight().value
    stride, padding = options.get("stride", 1), options.get("padding", 0)
    for t in range(3):
        groups = options.get("groups", 1)
        expected = F.conv2d(X[t], weight, layer.bias, stride, padding, groups=groups)
        torch.testing.assert_close(layer(X)[t], expected)


@pytest.mark.parametrize("bits", [8, 4, 2])
def test_weights_are_scale_times_narrow_integers(bits):
    quantized = QuantConv2d(4, 6, 3, weight_bits=bits).eval().quant_weight()
    integers = quantized.int()
    assert quantized.scale.numel() == 6
    assert int(integers.abs().max()) <= (1 << (bits - 1)) - 1
    torch.testing.assert_close(integers * quantized.scale, quantized.value)


def test_amplitudes_of_channels_meet_the_weights_of_their_group():
    conv = QuantConv2d(4, 6, (1, 2), groups=2)
    amplitude = torch.tensor([2.0, -1.0, 0.5, 3.0])
    expected = conv.weight.detach().clone()  # [6, 2, 1, 2]; outputs 0 to 2 see channels 0 and 1
    for output in range(6):
        for c in range(2):
            expected[output, c] *= amplitude[2 * (output // 3) + c]
    with torch.no_grad():
        quantized = conv.quant_weight_for(amplitude).value
        conv.weight.copy_(expected)
        assert torch.equal(quantized, conv.quant_weight_for(None).value)


@pytest.mark.parametrize(
    "layer",
    [
        QuantConv2d(1, 4, 1, weight_bits=2),
        QuantConv2d(4, 4, 1, groups=4, weight_bits=2),
        QuantConv2d(1, 1, 1, weight_bits=2, scaling="tensor"),
        QuantLinear(1, 4, 2),
        QuantLinear(1, 1, 2, scaling="tensor"),
        QuantLinear(1, 4, 2, l1_max=1),
    ],
)
def test_the_scale_of_a_single_ternary_weight_is_its_size(layer):
    weight = layer.quant_weight()
    assert torch.equal(weight.scale.flatten(), layer.weight.detach().abs().flatten())
    assert torch.equal(weight.int().flatten(), layer.weight.sign().flatten().to(torch.int8))
    layer.quant_weight().value.sum().backward()
    assert layer.weight.grad.isfinite().all()


@pytest.mark.parametrize(
    ("kernel", "dilation", "padding"), [(3, 1, [1, 1]), ((5, 1), 1, [2, 0]), ((2, 3), 2, [1, 2])]
)
def test_padding_same_is_torch_s(kernel, dilation, padding):
    layer = QuantConv2d(2, 3, kernel, padding="same", dilation=dilation)
    assert layer.attrs["padding"] == padding
    x = torch.rand(2, 3, 2, 6, 7)
    y = F.conv2d(x.flatten(0, 1), layer.quant_weight().value, padding="same", dilation=dilation)
    assert torch.equal(layer(x), y.unflatten(0, (2, 3)))
    assert QuantConv2d(2, 3, kernel, padding="valid").attrs["padding"] == [0, 0]


@pytest.mark.parametrize(("kernel", "padding"), [(2, "same"), ((3, 4), "same"), (3, "reflect")])
def test_a_padding_that_cannot_be(kernel, padding):
    with pytest.raises(InputError, match=f"padding = .{padding}.*; accepted: "):
        QuantConv2d(2, 3, kernel, padding=padding)
