"""What is written down of the event data sets, against tonic's classes and against the recipes."""

import pytest
import tonic

from hw_models.errors import InputError
from qtrain.data import datasets
from qtrain.data.event_sets import EVENT_SETS
from qtrain.data.events import FrameOptions
from qtrain.training import default_config


@pytest.mark.parametrize("entry", EVENT_SETS, ids=lambda entry: entry.name)
def test_entries_agree_with_tonic(entry):
    original = getattr(tonic.datasets, entry.tonic)
    if original.sensor_size:  # N-Caltech101 has none: its recordings differ
        assert original.sensor_size[:2] == entry.sensor[::-1]
        assert original.sensor_size[2] == (1 if entry.is_audio else 2)
    if hasattr(original, "classes"):  # the others read them from their files
        assert len(original.classes) == entry.classes
    assert len(entry.labels) in (0, entry.classes)


def test_labels_stand_in_the_order_of_tonic():
    gesture, cifar, poker = (
        datasets.spec(name).labels for name in ("dvs-gesture", "cifar10-dvs", "poker-dvs")
    )
    theirs = [name.lower() for name in tonic.datasets.DVSGesture.classes]
    short = [
        name.replace("counter-clockwise", "ccw").replace("clockwise", "cw") for name in gesture
    ]
    assert short == theirs
    assert cifar == tuple(tonic.datasets.CIFAR10DVS.classes)
    assert [name[:2] for name in poker] == tonic.datasets.POKERDVS.classes


@pytest.mark.parametrize(
    ("name", "timesteps", "shape"),
    [
        ("dvs-gesture", 16, (2, 32, 32)),
        ("cifar10-dvs", 10, (2, 43, 43)),
        ("shd", 100, (1, 1, 140)),
        ("ssc", 100, (1, 1, 140)),
        ("n-caltech101", 10, (2, 45, 60)),
        ("poker-dvs", 8, (2, 35, 35)),
    ],
)
def test_samples_by_the_defaults(name, timesteps, shape):
    spec = default_config(name).spec
    assert (spec.timesteps, spec.shape, spec.encoding) == (timesteps, shape, "binary")


@pytest.mark.parametrize("polarity", ["signed", "split"])
def test_audio_has_no_polarity(polarity):
    with pytest.raises(InputError) as error:
        default_config("shd", polarity=polarity)
    assert str(error.value) == (
        f"polarity = {polarity}; accepted: merged, as the events of shd have no polarity"
    )
    assert datasets.spec("shd").encoding == "binary"


def test_any_part_of_a_row_can_become_one_pixel():
    def shape(downsample):
        options = FrameOptions(polarity="merged", downsample=downsample)
        return datasets.spec("ssc", options).shape

    assert [shape(n) for n in (1, 3, 700)] == [(1, 1, 700), (1, 1, 234), (1, 1, 1)]
    with pytest.raises(InputError, match="downsample = 701; accepted: 1 to 700, the sensor of ssc"):
        shape(701)
