"""Data of a user's own go through the whole chain, each command in a process of its own."""

import json
import subprocess
import sys

import pytest

from tests.builders.own_files import pictures, signals, write_npz


def command(folder, package, *args):
    """Run `python -m package args...` in a folder; gives what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", package, *map(str, args)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("make", "model"), [(signals, "4k9s8-4k3s4-4"), (pictures, "2c3s4-4c3s4-2")]
)
def test_from_a_file_to_verilog(tmp_path, make, model):
    write_npz(tmp_path / "mine.npz", make)
    command(
        tmp_path, "qtrain", "train", "--data", "mine.npz", "--model", model, "--timesteps", 1,
        "--input-bits", 3, "--epochs", 3,
    )  # fmt: skip
    (tmp_path / "mine.npz").rename(tmp_path / "moved.npz")
    build = ("build", "runs/mine/ckpt.pt", "--data", "moved.npz", "--out", "build")
    assert "mine" in command(tmp_path, "compiler", *build)
    command(tmp_path, "hw_models", "run", "build", "--engine", "golden", "--json", "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["dataset"] == "moved.npz/test" and found["predictions_equal"] == 1
    command(tmp_path, "rtl_sim", "run", "build", "--samples", 2, "--json", "found.json")
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["samples_equal"] == 2 and found["events_compared"] > 0
