"""What a build says of the data that its network was trained on."""

import msgspec
import pytest

import compiler
from hw_models.dataflow import Dataflow
from qtrain.data import datasets
from tests.builders.networks import checkpoint


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
