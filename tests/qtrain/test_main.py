"""The command line: what it leaves and prints, and one line for every bad input."""

import pytest
import torch

from qtrain import checkpoint
from qtrain.__main__ import cli as main
from tests.builders.own_files import pictures, write_npz
from tests.cli import assert_one_line, status_of

SHORT = ("--hidden", "16", "--epochs", "2", "--batch-size", "128")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("digits")
    assert status_of(main, "train", "--out", out, *SHORT) == 0
    return out


def test_train_leaves_a_checkpoint_and_reports_each_epoch(run, tmp_path, capsys):
    assert {path.name for path in run.iterdir()} == {"ckpt.pt", "log.jsonl"}
    options = ("--spike", "binary", "--tau", "0.5", "--weight-bits", "4", "--timesteps", "2")
    assert status_of(main, "train", "--out", tmp_path, *SHORT, *options, "--hidden", "16,8") == 0
    out = capsys.readouterr().out
    assert "epoch 1/2" in out
    assert "epoch 2/2" in out
    assert "lif2" in out
    loaded = checkpoint.load(tmp_path / "ckpt.pt")
    lifs = [node.attrs for node in loaded.graph.nodes if node.op == "lif"]
    assert [lif["spike"] for lif in lifs] == ["binary", "binary"]
    assert lifs[0]["tau"] == 0.5
    assert lifs[0]["timesteps"] == 2
    assert lifs[0]["amplitude"] == "fixed"
    assert loaded.tensors["fc2.weight"].shape == (8, 16)
    assert {n.attrs["weight_bits"] for n in loaded.graph.nodes if n.op == "linear"} == {4}
    assert str(tmp_path) not in str(loaded.config)


def test_eval_and_info(run, capsys):
    metrics = checkpoint.load(run / "ckpt.pt").metrics
    assert status_of(main, "eval", run / "ckpt.pt") == 0
    out = capsys.readouterr().out
    assert f"accuracy {metrics['test_accuracy']:.2%}" in out
    assert f"lif1 {metrics['firing_rate']['lif1']:.1%}" in out
    assert status_of(main, "info", run / "ckpt.pt") == 0
    out = capsys.readouterr().out
    for part in ("fc1", "batchnorm", "weight_bits=8", "epochs=2", "test_accuracy", "brevitas="):
        assert part in out


def test_resume_goes_on_from_a_checkpoint(run, tmp_path, capsys):
    """By the folder of --out or by the file's name; a finished run needs more epochs."""
    for out in (tmp_path / "a", tmp_path / "b"):
        out.mkdir()
        (out / "ckpt.pt").write_bytes((run / "ckpt.pt").read_bytes())
    assert status_of(main, "train", "--resume", "--out", tmp_path / "a") == 0
    assert "2 epochs are done" in capsys.readouterr().out
    assert status_of(main, "train", "--resume", "--out", tmp_path / "a", "--epochs", "4") == 0
    assert "epoch 3/4" in capsys.readouterr().out
    assert status_of(main, "train", "--resume", tmp_path / "b/ckpt.pt", "--epochs", "4") == 0
    a, b = (checkpoint.load(tmp_path / x / "ckpt.pt") for x in "ab")
    assert a.training["epoch"] == 4
    assert all(torch.equal(a.tensors[key], b.tensors[key]) for key in a.tensors)


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["--tau", "0.3"], ["tau = 0.3", "nearest", "0.298828"]),
        (["--weight-bits", "7"], ["weight_bits = 7", "8, 4, 2"]),
        (["--dataset", "cifar"], ["cifar", "digits"]),
        (["--hidden", "12,x"], ["12,x", "256,128"]),
        (["--epochs", "0"], ["epochs = 0"]),
        (["--firing-rate", "2"], ["2"]),
        (["--timesteps", "0"], ["timesteps = 0"]),
        (["--resume", "none.pt"], ["none.pt", "no such file"]),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(tmp_path, capsys, args, parts):
    assert status_of(main, "train", "--out", tmp_path / "run", *args) == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not (tmp_path / "run").exists()


def test_a_missing_data_set_is_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TRISPIKE_DATA", raising=False)
    args = ("train", "--dataset", "mnist", "--data-dir", tmp_path, "--out", tmp_path / "run")
    assert status_of(main, *args) == 2
    assert_one_line(capsys.readouterr().err, "train-images-idx3-ubyte", str(tmp_path), "mnist")
    assert not (tmp_path / "run").exists()


def test_resume_refuses_other_options(run, capsys):
    assert status_of(main, "train", "--resume", run / "ckpt.pt", "--tau", "0.5") == 2
    assert_one_line(capsys.readouterr().err, "tau = 0.5", "0.25")


@pytest.mark.parametrize("command", ["eval", "info"])
def test_a_bad_checkpoint_is_one_line(tmp_path, capsys, command):
    path = tmp_path / "ckpt.pt"
    path.write_bytes(b"PK nonsense")
    assert status_of(main, command, path) == 2
    assert_one_line(capsys.readouterr().err, str(path))


def test_own_data_are_noted_found_again_and_named_anew(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_npz(tmp_path / "mine.npz", pictures)
    options = ("--model", "mlp", "--hidden", "4")
    small = ("train", "--data", "mine.npz", "--epochs", "1", *options)
    assert status_of(main, *small, "--zero", "250", "--scale", "2000") == 0
    printed = capsys.readouterr()
    assert "note: mine.npz, training samples: values" in printed.err
    assert "wrote runs/mine/ckpt.pt" in printed.out
    assert status_of(main, *small) == 2
    assert_one_line(capsys.readouterr().err, "on data that were prepared otherwise", "--overwrite")
    moved = path.rename(tmp_path / "moved.npz")
    resume = ("train", "--resume", "runs/mine/ckpt.pt", "--epochs", "2", "--data")
    assert status_of(main, "eval", "runs/mine/ckpt.pt") == 2
    assert_one_line(capsys.readouterr().err, "mine.npz: No such file", "--data")
    assert status_of(main, *resume, moved, "--scale", "3") == 2
    assert_one_line(capsys.readouterr().err, "--scale with --resume")
    other = write_npz(tmp_path / "other.npz", pictures, train=48)
    assert status_of(main, *resume, other) == 2
    assert_one_line(capsys.readouterr().err, "trained on other samples")
    assert status_of(main, *resume, moved) == 0
    assert checkpoint.load(tmp_path / "runs/mine/ckpt.pt").config["dataset"] == str(moved)
    assert status_of(main, "eval", "runs/mine/ckpt.pt", "--dataset", other) == 0
    assert "other.npz, 16 test samples" in capsys.readouterr().out
