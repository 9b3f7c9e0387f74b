"""`python -m compiler explore`: a table, files, builds; or one clear line."""

import json
import shlex

import pytest

from compiler.__main__ import cli
from hw_models.folder import artefact, reference_vectors
from tests.builders.networks import checkpoint, save
from tests.cli import assert_one_line, status_of

SMALL = ("--target", "int4", "--timesteps", "1", "--samples", "20", "--cycles", "400,900")
SMALL += ("--frac-bits", "auto", "--jobs", "1")


@pytest.fixture
def explored(ckpt, tmp_path, capsys):
    def run(*options, status=0):
        out = "--out", tmp_path / "explored"
        assert status_of(cli, "explore", ckpt, *SMALL, *out, *options) == status
        return capsys.readouterr()

    return run


def test_the_front_is_shown_and_written(explored, tmp_path):
    files = [tmp_path / name for name in ("points.json", "plot.svg", "plot.png")]
    text = explored(
        "--json", files[0], "--plot", files[1], "--test", "--best", "luts",
        "--goal", "cycles<=900",
    )  # fmt: skip
    assert "accuracy on 20 samples of digits/train, which the training saw" in text.out
    assert "net: 2 of 2 builds" in text.out
    lines = text.out.splitlines()
    rows = [line.split() for line in lines if line.lstrip().startswith("int4")]
    assert max(map(len, lines[:-1])) <= 80
    report = json.loads(files[0].read_text())
    assert [point["front"] for point in report["points"]] == [True, True]
    by_goal = {point["design"]["cycles"]: point for point in report["points"]}
    for row in rows:
        point = by_goal[int(row[3].removeprefix("<="))]
        assert row[5] == f"{point['core']['cycles']:,.0f}"
        assert row[6] == f"{point['core']['luts']:,}"
        assert row[9] == f"{100 * point['integers']['test_accuracy']:.2f}"
    assert [row[3] for row in rows if row[-1] == "*"] == ["<=900"]
    assert "<text" in files[1].read_text()
    again = explored("--plot", files[2], "--test")
    assert files[2].read_bytes().startswith(b"\x89PNG")
    assert "0 measurements in" in again.err and "3 from" in again.err


def test_the_front_is_kept_as_builds_and_by_commands(explored, ckpt, tmp_path, capsys):
    """A build that is kept is the one that the command makes, byte for byte."""
    text = explored("--keep", tmp_path / "kept", "--goal", "cycles<=400", "--best", "cycles")
    (folder,) = (tmp_path / "kept").iterdir()
    kept = artefact.load(folder)
    assert folder.name == "net-int4-T1-fracauto-cycles400"
    assert reference_vectors.load(kept).about.split == "test"
    assert f"python -m rtl_sim sweep {tmp_path / 'kept'}/* --device ecp5 --no-place" in text.out
    command = text.out.split("* best in cycles: ")[1].split("\n")[0]
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "compiler", "build"]
    assert status_of(cli, *words[3:], "--out", tmp_path / "b") == 0
    assert artefact.load(tmp_path / "b").sha256 == kept.sha256
    assert kept.dataflow.timesteps == 1


def test_samples_that_training_held_back_decide(tmp_path, capsys):
    """And not those that it saw, nor the test split."""
    trained = checkpoint()
    trained.config["validation"] = 30
    ckpt = save(trained, tmp_path / "net.pt")
    out = "--out", tmp_path / "e"
    assert status_of(cli, "explore", ckpt, *SMALL, *out, "--samples", "1000") == 0
    assert "accuracy on 30 samples of digits/validation; " in capsys.readouterr().out
    assert status_of(cli, "explore", ckpt, *SMALL, *out, "--split", "test") == 0
    assert "the test split itself: it has a say in this choice" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--goal", "cycles<20"), ["goal 'cycles<20'", "cycles<=NUMBER"]),
        (("--best", "speed"), ["'speed'", "accuracy", "energy_nj"]),
        (("--measures", "luts,speed"), ["'speed'", "accuracy", "energy_nj"]),
        (("--target", "int2"), ["'int2'", "int8", "int4", "ternary"]),
        (("--timesteps", "0"), ["0 is not in the range x>=1"]),
        (("--frac-bits", "auto,x"), ["'x': need auto or a number"]),
        (("--frac-bits", "99"), ["frac_bits = 99, need auto or 0..24"]),
        (("--split", "validation"), ["held no samples back", "train, test"]),
        (("--plot", "plot.pdf"), ["plot.pdf", ".svg or .png"]),
    ],
)
def test_bad_input_is_one_line(explored, options, parts):
    assert_one_line(explored(*options, status=2).err, *parts)


def test_goals_that_nothing_meets_are_one_line(explored):
    text = explored("--goal", "cycles<=1", status=2)
    assert_one_line(text.err.splitlines(keepends=True)[-1], "no build of 2 meets cycles<=1")
    text = explored("--cycles", "1", status=2)
    assert_one_line(text.err.splitlines(keepends=True)[-1], "--cycles 1 cannot be met")


def test_a_folder_of_something_else_is_refused(explored, tmp_path):
    (tmp_path / "explored").mkdir()
    (tmp_path / "explored/notes.txt").write_text("mine")
    assert_one_line(explored(status=2).err, "no folder of an exploration")


def test_a_nir_graph_is_refused(tmp_path, capsys):
    (tmp_path / "net.nir").touch()
    assert status_of(cli, "explore", tmp_path / "net.nir") == 2
    assert_one_line(capsys.readouterr().err, "a NIR graph; accepted: a checkpoint")
