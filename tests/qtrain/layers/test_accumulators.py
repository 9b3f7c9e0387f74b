"""Bounded l1 norms: of any weights, nearly reached, trained with."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.layers import QuantConv2d, QuantLinear
from qtrain.layers.accumulators import l1_max, times_of
from qtrain.models.named import named_module
from qtrain.models.stack import stack
from qtrain.models.stages import parse_stages
from qtrain.training import default_config, train

OPTIONS = {"input_scale": 1 / 127, "timesteps": 2}


def l1(layer, amplitude=None):
    return layer.quant_weight_for(amplitude).int().to(torch.int64).abs().flatten(1).sum(1)


def test_the_largest_norm_of_a_width():
    assert l1_max(12) == 2047
    assert l1_max(16, x_max=127) == 237  # 138 * 237 == 32706 <= 32767 < 138 * 238
    assert l1_max(12, times=4) == 511
    assert times_of([(2, 2), (3, 1)]) == 12
    for bits in (3, 33):
        with pytest.raises(InputError, match="accepted: 4 to 32"):
            l1_max(bits)
    with pytest.raises(InputError, match="a weight of 1 adds up to 138; accepted: 9 or more"):
        l1_max(8, x_max=127)
    assert l1_max(9, x_max=127) == 1


def rows_of_all_kinds(n_in):
    """[7, n_in]: normal, heavy tails, all equal, two sizes, halves of a step, one alone, none."""
    generator = torch.Generator().manual_seed(n_in)
    normal = torch.randn(n_in, generator=generator)
    halves = torch.randint(-254, 255, (n_in,), generator=generator) / 2
    return torch.stack(
        (
            normal, normal**5, torch.full((n_in,), 0.3), 1 + (normal > 0).float(), halves,
            torch.eye(n_in)[0] * -1e6, torch.zeros(n_in),
        )
    )  # fmt: skip


@pytest.mark.parametrize("scaling", ["channel", "tensor"])
@pytest.mark.parametrize("bits", [8, 4, 2])
@pytest.mark.parametrize("most", [1, 3, 31, 237, 2047])
@pytest.mark.parametrize("n_in", [3, 784])
def test_integers_keep_to_the_bound_whatever_the_weights(n_in, most, bits, scaling):
    layer = QuantLinear(n_in, 7, bits, scaling, l1_max=most)
    with torch.no_grad():
        layer.weight.copy_(rows_of_all_kinds(n_in))
    for mode in (True, False):
        layer.train(mode)
        assert (l1(layer) <= most).all()
        assert (l1(layer, torch.linspace(-2, 3, n_in)) <= most).all()


@pytest.mark.parametrize("most", [127, 237, 511, 2047])
def test_the_bound_is_nearly_reached(most):
    torch.manual_seed(0)
    assert (l1(QuantLinear(784, 40, l1_max=most)) >= 0.97 * most).all()
    assert l1(QuantLinear(784, 40, scaling="tensor", l1_max=most)).max() >= 0.97 * most
    for groups in (1, 4):
        assert (l1(QuantConv2d(64, 12, 3, groups=groups, l1_max=most)) >= 0.97 * most).all()


def pair_of(rows, most):
    """The same two rows of weights, bounded and not, after a step backwards."""
    free, bound = QuantLinear(784, 2), QuantLinear(784, 2, l1_max=most)
    for layer in (free, bound):
        with torch.no_grad():
            layer.weight.copy_(rows)
        (layer.quant_weight().value ** 2).sum().backward()
        assert layer.weight.grad is not None
    return free, bound


def test_a_row_within_the_bound_is_as_without_one():
    rows = torch.randn(2, 784, generator=torch.Generator().manual_seed(0))
    rows[0] *= torch.arange(784) < 8
    for most, kept in ((1 << 20, 2), (2047, 1)):
        free, bound = pair_of(rows, most)
        same = free.quant_weight().scale == bound.quant_weight().scale
        assert same.sum() == kept
        for found in (lambda m: m.quant_weight().value, lambda m: m.weight.grad):
            assert torch.equal(found(free)[:kept], found(bound)[:kept])


def test_every_weight_gets_the_gradient_of_its_value():
    torch.manual_seed(0)
    layer, factor = QuantLinear(784, 9, l1_max=14), torch.randn(9, 784)
    (layer.quant_weight().value * factor).sum().backward()
    assert layer.weight.grad is not None
    torch.testing.assert_close(layer.weight.grad, factor)


def bounds(net):
    return [layer.attrs["l1_max"] for layer in net if "l1_max" in layer.attrs]


def test_each_layer_of_a_network_knows_what_it_reads():
    static = {"input_scale": 1 / 127, "timesteps": 2, "acc_bits": 12, "acc_bits_input": 16}
    net = stack(parse_stages("p2-4c3-p2-6c3-p2-gap-8"), (1, 16, 16), 10, **static)
    assert bounds(net) == [l1_max(16, 4, 127), 2047 // 4, 2047 // (4 * 4), 2047]
    assert bounds(stack([], (4,), 2, **static)) == [237]
    assert bounds(stack([], (4,), 2, input_bits=2, **static)) == [l1_max(16)]
    spikes = stack(parse_stages("3-2"), (4,), 2, input_scale=None, timesteps=2, acc_bits=12)
    assert bounds(spikes) == [2047, 2047, 2047]
    assert bounds(stack(parse_stages("3"), (4,), 2, **OPTIONS)) == [None, None]


def test_trained_saved_and_loaded(tmp_path):
    options = default_config("digits", hidden=(24,), epochs=8, acc_bits=8, acc_bits_input=16)
    net = train(options, tmp_path)
    loaded = checkpoint.load(tmp_path / "ckpt.pt")
    again = loaded.network()
    for name in ("fc1", "fc2"):
        assert torch.equal(l1(net.layer(name)), l1(again.layer(name)))
    assert loaded.metrics["test_accuracy"] > 0.85
    assert (l1(net.layer("fc2")) <= 127).all()
    assert (l1(net.layer("fc1")) <= 237).all()


def test_what_cannot_be_kept_is_refused():
    with pytest.raises(InputError, match=r"acc_bits with model 'resnet20s'.*without shortcuts"):
        named_module("resnet20s", (), (), (3, 32, 32), 10, acc_bits=12, **OPTIONS)
    with pytest.raises(InputError, match="acc_bits_input = 16; accepted: with acc_bits alone"):
        default_config("digits", acc_bits_input=16)
