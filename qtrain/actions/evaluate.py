"""A checkpoint on its test split."""

from pathlib import Path

import msgspec

from hw_models.options import Giver
from qtrain import checkpoint
from qtrain.actions.terminal import console, summary
from qtrain.data.source import recorded
from qtrain.training import evaluation


def evaluate(
    ckpt: Path, data: str | None, workers: int | None, data_dir: Path | None, give_json: Giver
) -> None:
    """Do what `python -m qtrain eval --help` says."""
    trained = checkpoint.load(ckpt)
    split = recorded(trained.config, data, workers).load("test", data_dir)
    result = evaluation.evaluate(trained.network(), split)
    give_json({"data": split.spec.name, "samples": len(split), **msgspec.to_builtins(result)})
    console.print(f"{split.spec.name}, {len(split)} test samples: {summary(result)}")
