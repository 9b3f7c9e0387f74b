"""Accumulators asked for in training, as the compiler proves them from the integers alone."""

import pytest
import torch

from compiler.frontend.importer import import_network
from compiler.pipeline import Options, compile_graph
from qtrain.checkpoint import Checkpoint
from qtrain.models.stack import stack
from qtrain.models.stages import parse_stages
from qtrain.network.trace import trace

SHAPE = (1, 12, 12)


def built(text, target="int8", spike="ternary", static=True, **options):
    """acc_bits of each synapse of an untrained network, the first one's apart."""
    torch.manual_seed(1)
    net = stack(
        parse_stages(text), SHAPE, 10, input_scale=0.01 if static else None, timesteps=2,
        spike=spike, **options,
    )  # fmt: skip
    graph, tensors = trace(net, SHAPE, "static" if static else spike)
    tensors = {name: tensor.detach() for name, tensor in tensors.items()}
    trained = Checkpoint({}, graph, tensors, {}, {}, {})
    build = compile_graph(import_network(trained.network(), target, "net"), Options(target))
    return [synapse.acc_bits for layer in build.dataflow.layers for synapse in layer.synapses]


@pytest.mark.parametrize("spike", ["ternary", "binary"])
@pytest.mark.parametrize("text", ["200-200", "32c3-p2-64c3-p2", "32c3-gap", "p2-32c5s2-64c3-p3-90"])
def test_every_accumulator_is_as_narrow_as_asked_for(text, spike):
    first, *others = built(text, spike=spike, acc_bits=10, acc_bits_input=14)
    assert first == 14
    assert max(others) <= 10
    wide_first, *wide = built(text, spike=spike)
    assert wide_first > 14
    assert max(wide) > 10


def test_ternary_spikes_use_all_the_bits():
    assert built("200-200", acc_bits=10, acc_bits_input=14) == [14, 10, 10]
    assert built("200-200", static=False, acc_bits=10) == [10, 10, 10]


@pytest.mark.parametrize("target", ["int4", "ternary"])
def test_weights_quantized_again_keep_the_bound(target):
    first, *others = built("32c3-p2-64c3-p2-90", target, acc_bits=8, acc_bits_input=12)
    assert first <= 12
    assert max(others) <= 8


def test_amplitudes_of_channels_are_within_the_bound():
    options = {"acc_bits": 10, "acc_bits_input": 14, "amplitude_per": "channel"}
    options["amplitude"] = "trainable"
    assert max(built("32c3-p2-64c3-p2", **options)[1:]) <= 10
