"""`python -m compiler inspect`: what a build is, if its files are those that were built."""

from compiler.__main__ import cli
from tests.cli import assert_one_line, status_of


def test_inspect_shows_layers_and_provenance(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    capsys.readouterr()
    assert status_of(cli, "inspect", tmp_path / "b") == 0
    out = capsys.readouterr().out
    assert "lif2" in out and "checkpoint_sha256" in out


def test_a_changed_byte_in_a_build_is_refused(ckpt, tmp_path, capsys):
    status_of(cli, "build", ckpt, "--out", tmp_path / "b", "--no-reference")
    memory = next((tmp_path / "b/mem").iterdir())
    content = bytearray(memory.read_bytes())
    content[0] ^= 1
    memory.write_bytes(bytes(content))
    assert status_of(cli, "inspect", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, memory.name, "sha256 differs")
