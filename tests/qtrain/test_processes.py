"""Processes that train together give what one gives with the whole batch."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hw_models.errors import InputError
from qtrain import checkpoint, processes
from qtrain.__main__ import cli
from tests.cli import status_of

TRAIN = ("train", "--epochs", "2", "--batch-size", "128", "--quiet")
CONVNET = ("--model", "4c3s2-8c3s2-10", "--timesteps", "2", "--firing-limit", "0.1", "--shift", "1")
MLP = ("--hidden", "16", "--firing-rate", "0.1", "--weight-decay", "0.01", "--timesteps", "2")


def trained_by_two(folder: Path, *options: str) -> None:
    """Train in two processes, started as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    line = [sys.executable, "-m", "qtrain", *TRAIN, *options, "--out", str(folder)]
    processes = [
        subprocess.Popen(line, env={**os.environ, **world, "RANK": rank}, stderr=subprocess.PIPE)
        for rank in ("0", "1")
    ]
    for process in processes:
        assert process.communicate(timeout=120) == (None, b"")
        assert process.returncode == 0


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("options", [MLP, CONVNET], ids=["mlp", "convnet"])
def test_two_processes_have_the_losses_of_the_joint_batch(tmp_path, options):
    trained_by_two(tmp_path / "two", *options)
    assert status_of(cli, *TRAIN, *options, "--out", tmp_path / "one") == 0
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
    one, two = (checkpoint.load(tmp_path / name / "ckpt.pt") for name in ("one", "two"))
    for name, tensor in one.tensors.items():
        assert torch.allclose(tensor.float(), two.tensors[name].float(), atol=2e-3), name


def test_a_batch_has_equal_shares(monkeypatch):
    monkeypatch.setattr(processes, "count", lambda: 3)
    processes.check_batch(96)
    with pytest.raises(InputError, match="accepted: a multiple of 3"):
        processes.check_batch(128)
