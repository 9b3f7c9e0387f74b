"""The quantizer of a static input."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.layers import InputQuant


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
