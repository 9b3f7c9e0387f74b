"""Evidence is about one build, and says so."""

import pytest

from hw_models.__main__ import cli
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.report.tables import ANN_ENERGY, RATIO
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_build
from tests.cli import assert_one_line, status_of
from tests.processes import finish, finish_at_once


def test_evidence_of_an_earlier_build_is_left_out(tmp_path):
    build = artefact.save(random_build(0), tmp_path / "b")
    evidence.write(build, "golden", {"accuracy": 1.0})
    assert evidence.read(build)["golden"]["accuracy"] == 1.0
    other = Build(build.dataflow, build.tensors, build.path, "0" * 64)
    assert evidence.read(other) == {}


def test_damaged_evidence_is_refused_by_name(tmp_path):
    build = artefact.save(random_build(0), tmp_path / "b")
    path = evidence.write(build, "golden", {"accuracy": 1.0})
    path.write_text(path.read_text()[:-4])
    with pytest.raises(InputError, match=r"golden\.json"):
        evidence.read(build)


def test_the_report_shows_what_a_run_left(tmp_path, capsys):
    saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert status_of(cli, "report", tmp_path / "b") == 0
    assert "nothing yet" in capsys.readouterr().out
    assert status_of(cli, "run", tmp_path / "b") == 0
    capsys.readouterr()
    assert status_of(cli, "report", tmp_path / "b") == 0
    out = capsys.readouterr().out
    assert "75.00%" in out and "100.00%" in out
    assert ANN_ENERGY in out and RATIO in out


def test_evidence_of_an_earlier_version_is_refused_by_name(tmp_path, capsys):
    build, _ = saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    evidence.write(build, "golden", {"accuracy": 1.0})
    assert status_of(cli, "report", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "golden.json", "write it again")


def test_commands_on_one_build_at_the_same_time(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 3)

    def command(*arguments):
        cli.main([str(each) for each in arguments], standalone_mode=False)

    actions = [
        lambda: command("run", tmp_path / "b"),
        lambda: command("energy", tmp_path / "b", "--json", tmp_path / "energy.json"),
        lambda: command("report", tmp_path / "b"),
        lambda: command("report", tmp_path / "b", "-o", tmp_path / "page.html"),
        lambda: reference_vectors.save(vectors, tmp_path / "b"),
    ]
    for action in actions:
        finish(action)
    alone = {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()}
    finish_at_once(actions * 3)
    assert {path: path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()} == alone
    assert list(evidence.read(build)) == ["golden"]
