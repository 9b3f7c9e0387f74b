"""The same training and the same build give the same bytes, wherever and however they run."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

TRAIN = ("qtrain", "train", "--epochs", "2", "--hidden", "16", "--timesteps", "2")
BUILD = ("compiler", "build", "ckpt.pt", "--name", "net", "--axi-lite")


def sha256s(folder: Path) -> dict[str, str]:
    """The sha256 of each file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def made(folder: Path, *, seed: str, threads: str) -> dict[str, str]:
    """What a training and a build leave in a folder, in processes of their own."""
    folder.mkdir(parents=True)
    env = {**os.environ, "PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads}
    for line in ((*TRAIN, "--out", "."), (*BUILD, "--out", "build")):
        subprocess.run(
            [sys.executable, "-m", *line], cwd=folder, env=env, check=True, capture_output=True
        )
    return sha256s(folder)


def test_two_hash_seeds_thread_counts_folders_and_trainings(tmp_path):
    first = made(tmp_path / "a", seed="0", threads="1")
    assert {"ckpt.pt", "log.jsonl", "build/dataflow.json", "build/tensors.npz"} < set(first)
    assert made(tmp_path / "elsewhere" / "b", seed="4242", threads="2") == first
