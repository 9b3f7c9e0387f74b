"""`python -m compiler reference`: vectors of other samples, for the build that they belong to."""

from compiler.__main__ import cli
from hw_models.folder import artefact, reference_vectors
from tests.builders.networks import checkpoint, digits, save
from tests.builders.nmnist_files import write_set
from tests.cli import assert_one_line, status_of


def test_vectors_of_another_split(ckpt, tmp_path):
    assert status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference") == 0
    assert status_of(cli, "reference", tmp_path / "b", ckpt, "--split", "train") == 0
    vectors = reference_vectors.load(artefact.load(tmp_path / "b"))
    assert vectors.about.split == "train"
    assert vectors.samples > len(digits()[0])


def test_vectors_of_another_shape_are_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    write_set(tmp_path / "data", 1)
    options = ["--dataset", "nmnist", "--data-dir", tmp_path / "data"]
    assert status_of(cli, "reference", tmp_path / "b", ckpt, *options) == 2
    assert_one_line(capsys.readouterr().err, "nmnist", "[1, 34, 34]", "[1, 8, 8]")


def test_vectors_from_another_checkpoint_are_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    other = save(checkpoint(seed=1), tmp_path / "other.pt")
    assert status_of(cli, "reference", tmp_path / "b", other) == 2
    assert_one_line(capsys.readouterr().err, "built from another checkpoint")
