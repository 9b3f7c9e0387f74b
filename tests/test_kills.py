"""The command of kills: it passes on some, and names what is wrong with which kill."""

from qtrain.training import log
from tests.cli import status_of
from tests.kills.__main__ import cli


def test_some_kills(capsys):
    assert status_of(cli, "--only", "train, over a run", "--call", 5) == 0
    out = capsys.readouterr().out
    assert "train, over a run: 1 kills at calls, 0 at random moments: nothing lost or left" in out


def test_a_file_that_is_written_in_place_is_found(monkeypatch, capsys):
    def in_place(contents, **options):
        for path, content in contents.items():
            path.write_bytes(content)

    monkeypatch.setattr(log.files, "write", in_place)
    assert status_of(cli, "--only", "train, over a run", "--call", 3) == 1
    err = capsys.readouterr().err
    assert err.startswith("train, over a run: after the kill: run/ckpt.pt: ")
    assert err.endswith('again: python -m tests.kills --only "train, over a run" --call 3\n')
