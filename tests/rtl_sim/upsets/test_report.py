"""`python -m rtl_sim upsets`: what it counts, shows and refuses."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from hw_models.folder import evidence, reference_vectors
from hw_models.report.evidence_rows import evidence_rows
from hw_models.report.shown import reports
from rtl_sim.__main__ import cli
from rtl_sim.simulation.simulate import Model
from rtl_sim.simulation.trace import MISSING
from rtl_sim.upsets import model, report
from tests.builders.reference_builds import saved_hardware
from tests.cli import assert_one_line, status_of
from tests.mutation import builds

FLIPS = ("--sim", "icarus", "--samples", 4, "--trials", 1, "--jobs", 2)


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    plain = builds.build("spikes")
    return saved_hardware(tmp_path_factory.mktemp("upsets") / "b", plain, dict(plain.files), 6)


def most(report: dict, kind: str) -> int:
    """The most flips of the report, of 0 and 40, that leave 99 % of the classes."""
    _, point = (point for point in report["points"] if point["memory"] == kind)
    return 40 if point["trials"][0]["agreeing"] >= 0.99 * point["samples"] else 0


def test_table_plot_list_and_evidence(build, tmp_path, capsys):
    pytest.importorskip("matplotlib")
    names = ("report.json", "plot.svg", "flips.csv")
    written, plot, listed = (tmp_path / name for name in names)
    given = ("--json", written, "--plot", plot, "--list", listed, "--flips", 40)
    assert status_of(cli, "upsets", build.path, *FLIPS, *given) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("weights", "accumulators", "agree"))
    made = json.loads(written.read_text())
    assert evidence.read(build)["upsets"] == made | {evidence.SHA256: build.sha256}
    points = [(p["memory"], p["flips"], p["samples"], len(p["trials"])) for p in made["points"]]
    kinds = {"weights": 6, "membranes": 4, "accumulators": 4}
    assert points == [
        (kind, count, samples, 1) for kind, samples in kinds.items() for count in (0, 40)
    ]
    for point in made["points"]:
        for trial in point["trials"]:
            assert trial["difference"] is None
            if not point["flips"]:  # all labels are the golden model's classes
                assert trial["correct"] == trial["agreeing"] == point["samples"]
                assert trial["other_logits"] == 0
    changed = {p["memory"]: p["trials"][0]["other_logits"] for p in made["points"] if p["flips"]}
    assert all(changed.values())
    rows = [row for row in evidence_rows(reports(build)) if row.evidence == "upsets"]
    assert [row.result for row in rows] == ["all equal", *(str(most(made, kind)) for kind in kinds)]
    lines = listed.read_text().splitlines()
    assert len(lines) == 1 + 40 * (1 + 4 + 4)
    assert lines[0].split(",")[-2:] == ["sample", "cycle"]
    assert b"<svg" in plot.read_bytes()


def test_a_core_that_stops_gives_no_classes(build, monkeypatch):
    """What never came is no class, not even the first one."""
    reference, run = reference_vectors.load(build), Model.run
    monkeypatch.setattr(model, "predictions", lambda build, x, weights: np.zeros(4, np.int64))

    def stopping(self, x, *args, upsets=b"", **options):
        got = run(self, x, *args, upsets=upsets, **options)
        logits = got.logits.copy()
        logits[1:] = MISSING if upsets else logits[1:]
        return replace(got, logits=logits, problem="stuck" if upsets else "")

    monkeypatch.setattr(Model, "run", stopping)
    made = report.run(build, reference, [1], kinds=["membranes"], samples=4, trials=1, sim="icarus")
    (sound,), (trial,) = (point.trials for point in made.points)
    assert (sound.unanswered, sound.agreeing, sound.correct) == (0, 0, 4)
    assert (trial.unanswered, trial.agreeing, trial.correct) == (3, 0, 1)
    assert made.points[1].stuck == 1 and made.first_difference is None


def test_a_model_that_differs_is_named(build, monkeypatch, capsys):
    monkeypatch.setattr(model, "flipped_weights", lambda *_: {})
    given = ("--flips", "40", "--memory", "weights")
    assert status_of(cli, "upsets", build.path, *FLIPS, *given) == 1
    err = capsys.readouterr().err
    assert "first difference: 40 flips" in err and "kind=0" in err and "expected" in err


def test_more_flips_than_bits_are_refused(build, capsys):
    assert status_of(cli, "upsets", build.path, *FLIPS, "--flips", 1 << 20) == 2
    assert_one_line(capsys.readouterr().err, "--flips: 1048576 flips, but the weights have", "less")


def test_what_a_plot_needs_is_asked_first(build, tmp_path, capsys, monkeypatch):
    assert status_of(cli, "upsets", build.path, "--plot", tmp_path / "a.txt") == 2
    assert_one_line(capsys.readouterr().err, "a.txt", ".png, .svg, .pdf")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert status_of(cli, "upsets", build.path, "--plot", tmp_path / "a.png") == 2
    assert_one_line(capsys.readouterr().err, "pip install 'trispike[bench]'")
