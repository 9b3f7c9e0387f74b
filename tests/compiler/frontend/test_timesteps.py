"""Another T through the same weights: as the trained network computes with it."""

import numpy as np
import pytest

from compiler.__main__ import cli
from compiler.frontend.timesteps import with_timesteps
from hw_models.engines import fast
from hw_models.errors import InputError
from hw_models.folder import artefact, reference_vectors
from qtrain import checkpoint as checkpoints
from qtrain.network.recording import record
from qtrain.zoo import CheckpointPath
from tests.builders.networks import checkpoint, digits, save
from tests.cli import assert_one_line, status_of


@pytest.mark.parametrize("timesteps", [1, 2, 6])
def test_another_t_computes_as_the_trained_network_with_it(tmp_path, timesteps):
    """Fewer steps than the training had, and more; new reference vectors are of the same T."""
    ckpt, folder = save(checkpoint(), tmp_path / "net.pt"), tmp_path / "b"
    args = "--timesteps", timesteps, "--out", folder
    assert status_of(cli, "build", ckpt, *args) == 0
    build = artefact.load(folder)
    assert build.dataflow.timesteps == build.dataflow.provenance["timesteps"] == timesteps
    vectors = reference_vectors.load(build)
    recording = record(with_timesteps(checkpoint(), timesteps).network(), digits())
    trace = fast.run(build, vectors.x)
    for name, spikes in recording.spikes.items():
        assert spikes.shape[0] == timesteps
        np.testing.assert_array_equal(vectors.spikes[name], spikes[:, :200].numpy())
        assert np.mean(trace.spikes[name] != spikes.numpy()) < 1e-3
    equal = trace.predictions == recording.logits.argmax(1).numpy()
    assert equal.mean() > 0.99
    assert status_of(cli, "reference", folder, ckpt, "--split", "train") == 0
    assert {s.shape[0] for s in reference_vectors.load(build).spikes.values()} == {timesteps}


def test_the_trained_t_changes_nothing():
    trained = checkpoint()
    assert with_timesteps(trained, 4).graph == trained.graph


def test_a_t_that_is_none_is_refused(tmp_path, capsys):
    ckpt = save(checkpoint(), tmp_path / "net.pt")
    assert status_of(cli, "build", ckpt, "--timesteps", "0", "--out", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "timesteps = 0; accepted: 1 or more")


def test_spikes_have_a_t_of_their_own():
    trained = checkpoints.load(CheckpointPath().convert("zoo:nmnist", None, None), build=False)
    with pytest.raises(InputError, match=r"^timesteps = 4: input is binary spikes, whose samples"):
        with_timesteps(trained, 4)
