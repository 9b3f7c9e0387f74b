"""The middle of the inputs through the same weights: as the trained network computes on it."""

import numpy as np
import pytest

from compiler.__main__ import cli
from compiler.frontend.crop import cropped
from hw_models.engines import fast
from hw_models.folder import artefact, reference_vectors
from qtrain import checkpoint as checkpoints
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, users_checkpoint
from tests.cli import assert_one_line, status_of


@pytest.fixture
def save(tmp_path):
    def saved(trained):
        path = tmp_path / "net.pt"
        checkpoints.save(path, trained.config, trained.graph, trained.tensors, {}, {})
        return path

    return saved


def test_a_smaller_map_through_the_same_weights(save, tmp_path):
    trained, folder = users_checkpoint(), tmp_path / "b"
    ckpt = save(trained)
    assert status_of(cli, "build", ckpt, "--crop", "5", "--out", folder) == 0
    build = artefact.load(folder)
    vectors, flow = reference_vectors.load(build), build.dataflow
    assert flow.name == "net-5x5" and flow.input.shape == (1, 5, 5)
    middle = digits()[..., 1:6, 1:6]
    recording = record(cropped(trained, 5).network(), middle)
    np.testing.assert_array_equal(vectors.x, recording.inputs.numpy())
    trace = fast.run(build, vectors.x)
    assert {name: s.shape[2:] for name, s in trace.spikes.items()} == {
        "stem_lif": (6, 5, 5), "deep_lif": (12, 2, 2)
    }  # fmt: skip
    for name, spikes in recording.spikes.items():
        assert np.mean(trace.spikes[name] != spikes.numpy()) < 1e-3
    status_of(cli, "reference", folder, ckpt, "--split", "train")
    assert reference_vectors.load(build).x.shape[2:] == (1, 5, 5)


@pytest.mark.parametrize("size", ["0", "9"])
def test_a_size_that_is_none_is_refused(save, tmp_path, capsys, size):
    ckpt = save(users_checkpoint())
    assert status_of(cli, "build", ckpt, "--crop", size, "--out", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, f"crop = {size}, need 1..8", "[1, 8, 8]")


def test_weights_on_every_place_of_the_map_cannot_follow(save, tmp_path, capsys):
    ckpt = save(checkpoint())
    assert status_of(cli, "build", ckpt, "--crop", "5", "--out", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "fc1: 64 inputs, but input has 25")
