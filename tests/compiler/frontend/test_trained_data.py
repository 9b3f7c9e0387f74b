"""What a build says of the data that its network was trained on."""

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

import compiler
from hw_models.dataflow import Dataflow, Input
from hw_models.sample.integers import input_integers
from qtrain.data import datasets
from qtrain.data.source import open_source
from qtrain.data.split import Split
from qtrain.layers import InputQuant, QuantLinear, Readout, TernaryLIF
from qtrain.network.recording import integer_inputs
from qtrain.network.trace import trace
from tests.builders.networks import checkpoint, checkpoint_of


def described(config, **options) -> Dataflow:
    trained = msgspec.structs.replace(checkpoint(**options), config=config)
    return compiler.build(trained).dataflow


@pytest.mark.parametrize(
    ("name", "zero", "unit", "first_and_last"),
    [
        ("digits", 0.0, 1 / 16, ()),
        ("mnist", 0.0, 1 / 255, ()),
        ("fashion-mnist", 0.0, 1 / 255, ("T-shirt/top", "Ankle boot")),
        ("cifar10", 128.0, 1 / 64, ("airplane", "truck")),
    ],
)
def test_a_build_says_what_raw_values_and_classes_are(name, zero, unit, first_and_last):
    flow = described({"dataset": name})
    assert (flow.input.zero, flow.input.unit) == (zero, unit)
    assert flow.labels[:1] + flow.labels[-1:] == first_and_last
    assert len(flow.labels) in (0, 10)


@pytest.mark.parametrize(
    "config", [{}, {"dataset": "own"}, {"dataset": "nmnist"}], ids=["none", "unknown", "spikes"]
)
def test_raw_values_of_unknown_data_are_real_values(config):
    flow = described(config)
    assert (flow.input.zero, flow.input.unit, flow.labels) == (0.0, 1.0, ())


def test_cifar100_has_a_hundred_names_in_the_order_of_its_labels():
    labels = datasets.spec("cifar100").labels
    assert len(labels) == len(set(labels)) == datasets.spec("cifar100").classes == 100
    assert list(labels) == sorted(labels)
    assert (labels[0], labels[49], labels[99]) == ("apple", "mountain", "worm")


@pytest.mark.parametrize("bits", [8, 7, 4, 3, 2])
@pytest.mark.parametrize("name", ["digits", "mnist", "cifar10"])
def test_any_raw_value_becomes_the_integer_that_the_network_takes(name, bits):
    spec = datasets.spec(name)
    low, high = spec.value_range
    raw = np.arange(low, high + 1)
    values = np.resize(raw, (len(raw), 1, *spec.shape))
    split = Split(spec, torch.from_numpy(values), torch.zeros(len(raw), dtype=torch.int64))
    quantizer = InputQuant(spec.scale_of(bits), bits)
    described = Input(
        name="input", shape=spec.shape, encoding="static", x_max=quantizer.x_max,
        scale=quantizer.scale, zero=spec.zero, unit=spec.unit,
    )  # fmt: skip
    expected = quantizer.integers(split.inputs(slice(None))).numpy()
    np.testing.assert_array_equal(input_integers(described, values.swapaxes(0, 1)), expected)


class Tiny(nn.Module):
    """A network of 3 neurons and 2 classes for samples of 5 values."""

    def __init__(self, scale: float, bits: int) -> None:
        super().__init__()
        self.encode, self.lif, self.readout = InputQuant(scale, bits), TernaryLIF(2), Readout()
        self.hidden, self.classes = QuantLinear(5, 3), QuantLinear(3, 2, scaling="tensor")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.readout(self.classes(self.lif(self.hidden(self.encode(x)))))


@pytest.mark.parametrize("bits", [8, 5, 2])
@pytest.mark.parametrize("kind", ["floats", "bytes"])
def test_own_raw_values_become_the_integers_that_the_network_takes(kind, bits):
    rng = np.random.default_rng(bits)
    x = rng.integers(0, 256, (400, 5), np.uint8) if kind == "bytes" else rng.normal(3, 2, (400, 5))
    y = np.array(["no", "yes"] * 200)
    data = open_source({"x": x, "y": y, "test_x": x[:200], "test_y": y[:200]})
    module = Tiny(data.spec.scale_of(bits), bits)
    graph, tensors = trace(module, data.spec.shape)
    trained = msgspec.structs.replace(checkpoint_of(graph, tensors), config=data.config)
    flow = compiler.build(trained).dataflow
    assert flow.labels == ("no", "yes")
    test = data.load("test")
    assert torch.equal(test.inputs(slice(None)), test.inputs(slice(None)))  # it changes no sample
    expected = integer_inputs(trained.network(), test.inputs(slice(None)))
    np.testing.assert_array_equal(input_integers(flow.input, x[:200]), expected[0])
