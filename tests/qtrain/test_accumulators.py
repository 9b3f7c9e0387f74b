"""Bounded l1 norms: of any weights, nearly reached, trained with, and proven by the compiler."""

import pytest
import torch

from compiler.frontend import import_network
from compiler.pipeline import Options, compile_graph
from hw_models.errors import InputError
from qtrain import checkpoint, config
from qtrain.accumulators import l1_max, projected, times_of
from qtrain.checkpoint import Checkpoint
from qtrain.graph import build_module, trace
from qtrain.layers import QuantLinear
from qtrain.models import network, parse, stack
from qtrain.spatial import QuantConv2d
from qtrain.train import train

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


@pytest.mark.parametrize("scaling", ["channel", "tensor"])
@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("most", [3, 31, 237, 2047])
def test_integers_keep_to_the_bound_whatever_the_weights(most, bits, scaling):
    generator = torch.Generator().manual_seed(most)
    layer = QuantLinear(300, 8, bits, scaling, l1_max=most)
    one, same, large = torch.zeros(300), torch.full((300,), 0.1), torch.full((300,), 1e6)
    one[7] = -3.0
    cube = torch.randn(300, generator=generator) ** 3
    with torch.no_grad():
        layer.weight.copy_(torch.stack([one, same, large, cube, cube * 1e-6, -cube, same, one]))
        norm = dict(layer.named_parameters())["weight_quant.tensor_quant.pre_scaling_impl.value"]
        norm.fill_(60)  # 2**60: any norm is allowed
        assert (l1(layer) <= most).all()
        assert (l1(layer, torch.tensor([0.01, -100.0, 3.0])) <= most).all()
        assert l1(layer)[0] == min(most, 127 if bits == 8 else 7)


def test_a_new_layer_starts_near_its_bound_and_sparse():
    layer = QuantLinear(784, 64, l1_max=237)
    assert (l1(layer) <= 237).all()
    assert (l1(layer) > 190).all()
    conv = QuantConv2d(16, 8, 3, l1_max=127)
    assert (l1(conv) <= 127).all()
    assert (l1(conv) > 100).all()
    wide = QuantLinear(10, 4, l1_max=1 << 20)  # nothing to bound
    plain = QuantLinear(10, 4)
    with torch.no_grad():
        plain.weight.copy_(wide.weight)
    difference = wide.quant_weight().int() - plain.quant_weight().int()
    assert difference.abs().max() <= 1  # rounded towards zero, and not to the nearest


def test_the_projection_is_the_nearest_point():
    rows = torch.randn(20, 30, generator=torch.Generator().manual_seed(0))
    near = projected(rows, 4.0)
    assert torch.allclose(near.abs().sum(1), torch.full((20,), 4.0))
    assert (near * rows >= 0).all()
    moved = (rows - near).abs()
    for row, step in zip(near, moved, strict=True):
        assert torch.allclose(step[row != 0], step.max())  # all that stay move alike
    assert torch.equal(projected(rows * 1e-3, 4.0), rows * 1e-3)


def test_gradients_reach_weights_norms_and_scales():
    layer = QuantLinear(50, 6, l1_max=1000)
    layer(
        torch.randn(2, 3, 50, generator=torch.Generator().manual_seed(0))
    ).square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in layer.parameters())


@pytest.mark.parametrize("spike", ["ternary", "binary"])
@pytest.mark.parametrize("text", ["20-12", "4c3-p2-6c3-p2", "5c3s2-gap-9"])
def test_the_compiler_proves_the_width(text, spike):
    torch.manual_seed(1)
    module = stack(
        parse(text), (1, 8, 8), 10, acc_bits=9, acc_bits_input=13, spike=spike, **OPTIONS
    )
    graph, tensors = trace(module, (1, 8, 8))
    net = build_module(graph, tensors)
    net.train()(torch.rand(1, 64, 1, 8, 8))
    made = Checkpoint({}, graph, net.eval().tensors(), {}, {}, {})
    build = compile_graph(import_network(made, "int8", "net"), Options())
    first, *others = [group.acc_bits for layer in build.dataflow.layers for group in layer.groups]
    assert first in (12, 13)
    assert all(bits <= 9 for bits in others)
    assert max(others) >= 8


def test_trained_saved_and_loaded(tmp_path):
    options = config.for_dataset("digits", hidden=(24,), epochs=8, acc_bits=8, acc_bits_input=16)
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
        network("resnet20s", (), (), (3, 32, 32), 10, acc_bits=12, **OPTIONS)
    with pytest.raises(InputError, match="weight_bits = 2 with a bound"):
        QuantLinear(4, 4, 2, l1_max=5)
    with pytest.raises(InputError, match="acc_bits_input = 16; accepted: with acc_bits alone"):
        config.for_dataset("digits", acc_bits_input=16)
