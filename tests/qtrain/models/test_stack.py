"""Networks from a short text: layers in order, shapes that fit, refusals."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.models.blocks import Block
from qtrain.models.named import named_module, named_stages
from qtrain.models.stack import mlp, stack
from qtrain.models.stages import Conv, Conv1d, Dense, Pool, Residual, parse_stages

CONV_AND_POOL = ("conv", "pool")
OPTIONS = {"input_scale": 1 / 127, "timesteps": 2}


def test_a_text_is_its_layers():
    assert parse_stages("16c3-p2-32c5s2-gap-128") == [
        Conv(16, 3), Pool(2), Conv(32, 5, 2), Pool(0), Dense(128),
    ]  # fmt: skip
    assert parse_stages("8r3-16r5s2") == [Residual(8, 3), Residual(16, 5, 2)]
    assert parse_stages("32k5s2-8k3") == [Conv1d(32, 5, 2), Conv1d(8, 3)]


@pytest.mark.parametrize("text", ["", "16c", "c3", "16c3--10", "p", "16q3", "0c3", "16c0", "gap2"])
def test_what_is_no_layer_is_refused(text):
    with pytest.raises(InputError, match="is no layer; accepted: 16c3"):
        parse_stages(text)


def test_named_models():
    assert named_stages("mlp", (8, 4), (), 10) == [Dense(8), Dense(4)]
    assert named_stages("convnet", (), (4, 6), 10) == [Conv(4, 3), Pool(2), Conv(6, 3), Pool(2)]
    assert named_stages("4c3-10", (), (), 10) == [Conv(4, 3)]
    with pytest.raises(InputError, match="must end in -10"):
        named_stages("4c3-5", (), (), 10)


@pytest.mark.parametrize(
    "text", ["4c3-p2-6c3-p2", "4c5s2-gap", "4c3-12-8", "p2-4c1", "4c3-4r3-6r3s2-gap"]
)
def test_every_stack_runs(text):
    net = stack(parse_stages(text), (2, 11, 9), 5, **OPTIONS)
    assert net(torch.rand(1, 3, 2, 11, 9)).shape == (3, 5)


def test_a_signal_is_a_map_of_one_row():
    """Its convolutions and pools have windows of one row; 2-D ones see zeros around the row."""
    net = stack(parse_stages("4k5s2-p2-6k3-p3-8c3-4r3-gap"), (2, 1, 60), 5, **OPTIONS)
    attrs = {name: layer.attrs for name, layer in net.named_children() if name[:4] in CONV_AND_POOL}
    assert attrs["conv1"]["kernel_size"] == [1, 5] and attrs["conv1"]["padding"] == [0, 2]
    assert attrs["conv1"]["stride"] == [1, 2]
    assert attrs["pool1"]["kernel_size"] == [1, 2] and attrs["pool2"]["kernel_size"] == [1, 3]
    assert attrs["conv3"]["kernel_size"] == [3, 3]
    assert net(torch.rand(1, 3, 2, 1, 60)).shape == (3, 5)
    with pytest.raises(InputError, match=r"needs a signal, a map of one row, found .* use 4c5"):
        stack(parse_stages("4k5"), (2, 8, 60), 5, **OPTIONS)
    with pytest.raises(InputError, match="use those alone where samples are no maps"):
        stack(parse_stages("4k5"), (60,), 5, **OPTIONS)


def test_names_of_layers():
    net = stack(parse_stages("4c3-p2-12"), (1, 8, 8), 10, **OPTIONS)
    assert [name for name, _ in net.named_children()] == [
        "input_quant", "conv1", "bn1", "lif1", "pool1", "flatten", "fc2", "bn2", "lif2", "fc3",
        "readout",
    ]  # fmt: skip
    assert net.get_submodule("fc3").attrs["scaling"] == "tensor"


@pytest.mark.parametrize("model", ["4c3-10", "resnet20s"])
def test_the_input_has_the_bits_that_are_asked_for(model):
    net = named_module(model, (), (), (3, 8, 8), 10, input_bits=3, **OPTIONS)
    quantizer = net.get_submodule("input_quant")
    assert quantizer.attrs == {"scale": 1 / 127, "bits": 3}


def test_an_input_of_spikes_has_no_quantizer():
    net = mlp((4,), [3], 2, input_scale=None, timesteps=2)
    assert next(layer.op for layer in net) == "flatten"


@pytest.mark.parametrize(
    ("text", "message"), [("p2-p2-p2-p2", "leaves a map of"), ("12-4c3", "needs a map, found")]
)
def test_stages_that_do_not_fit_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        stack(parse_stages(text), (1, 8, 8), 10, **OPTIONS)


def test_a_residual_block_of_a_text():
    net = stack(
        parse_stages("4c3-4r3-6r5s2"), (1, 8, 8), 10, weight_bits=4, edge_bits=8, offset=0.25,
        join_surrogate="wide", **OPTIONS,
    )  # fmt: skip
    same, wider = net.get_submodule("block2"), net.get_submodule("block3")
    assert isinstance(same, Block)
    assert isinstance(wider, Block)
    assert len(same.shortcut) == 0
    assert [layer.op for layer in wider.shortcut] == ["conv2d", "batchnorm"]
    assert wider.get_submodule("conv1").attrs["kernel_size"] == [5, 5]
    assert same.conv1.attrs["weight_bits"] == same.conv2.attrs["weight_bits"] == 4
    assert (same.lif1.surrogate, same.lif2.surrogate) == ("triangle", "wide")
    norms = [same.bn1, same.bn2, net.get_submodule("bn1")]
    assert all((norm.bias == 0.25).all() for norm in norms)
    with pytest.raises(InputError, match="acc_bits with Residual"):
        stack(parse_stages("4c3-4r3"), (1, 8, 8), 10, acc_bits=12, **OPTIONS)
    with pytest.raises(InputError, match="odd kernels"):
        stack(parse_stages("4c3-4r2"), (1, 8, 8), 10, **OPTIONS)
    with pytest.raises(InputError, match="needs a map, found"):
        stack(parse_stages("12-4r3"), (1, 8, 8), 10, **OPTIONS)
