"""CIFAR's binary batches: the labels and pixels of each record, and refusals of what is none."""

import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain.data import cifar, datasets
from tests.builders.cifar_files import write_batches


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("batches", [cifar.CIFAR10, cifar.CIFAR100])
def test_records_are_labels_and_pixels(tmp_path, batches, split):
    images, labels = write_batches(tmp_path / batches.folder, batches, split)
    x, y = cifar.read_split(batches, split, tmp_path)
    np.testing.assert_array_equal(x, images)
    np.testing.assert_array_equal(y, labels)
    assert cifar.read_split(batches, split, tmp_path / batches.folder)[0].shape == x.shape


def test_pixels_are_the_integers_that_enter_the_network(tmp_path):
    images, labels = write_batches(tmp_path, cifar.CIFAR10, "test")
    split = datasets.load("cifar10", "test", tmp_path)
    x = split.inputs(slice(None))
    assert x.shape == (1, 3, 3, 32, 32)
    counts = torch.from_numpy(images.astype(np.int64) - 128)
    assert torch.equal(x[0], counts / 64)
    assert torch.equal((x[0] / split.spec.input_scale).to(torch.int64), counts)
    assert split.y.tolist() == labels.tolist()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "0 bytes"),
        (b"1234", "4 bytes, not a"),
        (b"\x0a" * 3073, "label 10; accepted: 0"),
    ],
)
def test_what_is_no_batch_is_refused(tmp_path, content, message):
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(InputError, match=message):
        cifar.read_split(cifar.CIFAR10, "test", tmp_path)


def test_a_missing_batch_is_named(tmp_path):
    write_batches(tmp_path, cifar.CIFAR10, "train")
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(InputError, match=r"data_batch_3.bin.* not found; looked in"):
        cifar.read_split(cifar.CIFAR10, "train", tmp_path)
    with pytest.raises(InputError, match="no folder, as none was named"):
        cifar.read_split(cifar.CIFAR10, "train", None)
