"""What all commands take: --quiet, and --json to a file or to standard output."""

import json

import pytest

from hw_models.__main__ import cli
from tests.builders.reference_builds import saved_build
from tests.cli import assert_one_line, status_of


@pytest.fixture
def run(tmp_path):
    """`hw_models run` on a build; returns the exit status."""
    saved_build(tmp_path / "build", seed=1)
    return lambda *options: status_of(cli, "run", tmp_path / "build", "--samples", "3", *options)


def test_json_on_standard_output_is_alone_there(run, capsys, tmp_path):
    assert run("--json", "-") == 0
    printed = capsys.readouterr().out
    assert json.loads(printed)["samples"] == 3
    assert run("--json", tmp_path / "report.json") == 0
    assert (tmp_path / "report.json").read_text() == printed
    assert "accuracy" in capsys.readouterr().out


def test_quiet_prints_errors_alone(run, capsys, tmp_path):
    assert run("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert run("-q", "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 3
    assert status_of(cli, "run", tmp_path / "none", "--quiet") == 2
    assert_one_line(capsys.readouterr().err, "none")
    assert run() == 0  # and later commands of the process are not quiet
    assert "accuracy" in capsys.readouterr().out
