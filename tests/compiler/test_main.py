"""`python -m compiler`: what holds of several commands."""

import pytest

from compiler.__main__ import cli
from tests.builders.networks import checkpoint, save
from tests.cli import assert_one_line, status_of
from tests.disk import full_after


@pytest.mark.parametrize("command", ["build", "reference"])
def test_a_data_folder_that_is_not_read_is_refused(tmp_path, capsys, command):
    """The digits come with a package."""
    ckpt = save(checkpoint(), tmp_path / "runs/net/ckpt.pt")
    folder = tmp_path / "b"
    arguments = [ckpt, "--out", folder]
    if command == "reference":
        assert status_of(cli, "build", ckpt, "--out", folder, "--no-reference") == 0
        capsys.readouterr()
        arguments = [folder, ckpt]
    assert status_of(cli, command, *arguments, "--data-dir", tmp_path) == 2
    assert_one_line(capsys.readouterr().err, f"--data-dir {tmp_path}: digits comes with a package")
    assert not (folder / "reference").exists()


def folder_bytes(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", ["build", "reference", "export", "load"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path, capsys, command):
    ckpt = save(checkpoint(), tmp_path / "runs/net/ckpt.pt")
    folder = tmp_path / "b"
    assert status_of(cli, "build", ckpt, "--loadable", "--out", folder) == 0
    assert status_of(cli, "export", folder, "--format", "onnx") == 0
    assert status_of(cli, "load", folder, folder) == 0
    capsys.readouterr()
    before = folder_bytes(folder)
    arguments = {
        "build": [ckpt, "--out", folder],
        "reference": [folder, ckpt, "--split", "train"],
        "export": [folder, "--format", "onnx"],
        "load": [folder, folder],
    }
    with full_after(2000):
        assert status_of(cli, command, *arguments[command]) == 2
    assert_one_line(capsys.readouterr().err, str(folder), "File too large")
    assert folder_bytes(folder) == before
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == ["b"]
