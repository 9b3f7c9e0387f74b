"""A finished run with weights of 16 bits: a checkpoint of half the size, evaluated as it is."""

from pathlib import Path

import msgspec
import torch
from torch import Tensor

from hw_models import files
from hw_models.errors import InputError
from qtrain import checkpoint, data
from qtrain.graph import build_module
from qtrain.train import Evaluation, evaluate


def halve(run: Path, out: Path, split: data.Split) -> Evaluation:
    """Write out/ckpt.pt and out/log.jsonl: a run's last epoch, its weights rounded to float16.

    float16 has 11 bits, which move a weight of 8 bits by no more than a 32nd of its LSB; a few go
    to the next integer. So the network is another one, and the accuracy that is written is its own.
    It cannot be resumed.

    Args:
        run: folder with ckpt.pt and log.jsonl, at its last epoch.
        out: another folder.
        split: the test split.

    Raises:
        InputError: the run is not finished or damaged, a weight does not fit float16, or `out` has
            a checkpoint.
    """
    source, target = run / checkpoint.NAME, out / checkpoint.NAME
    if target.exists():
        raise InputError(f"{target}: exists; name another folder with --out")
    trained = checkpoint.load(source)
    if "test_accuracy" not in trained.metrics:
        raise InputError(f"{source}: not evaluated on the test split; run all of its epochs first")
    tensors = {key: _halved(source, key, value) for key, value in trained.tensors.items()}
    result = evaluate(build_module(trained.graph, tensors), split)
    metrics = trained.metrics | {
        "test_accuracy": result.accuracy,
        "firing_rate": result.firing_rate,
    }
    halved = msgspec.structs.replace(trained, tensors=tensors, metrics=metrics, training={})
    *before, _ = (run / checkpoint.LOG).read_bytes().splitlines()
    log = b"\n".join([*before, msgspec.json.encode(metrics), b""])
    files.write({target: checkpoint.content_of(halved), out / checkpoint.LOG: log})
    return result


def _halved(source: Path, key: str, value: Tensor) -> Tensor:
    """Weights alone: what has one value a channel is small, and thresholds follow from it."""
    if value.ndim < 2:
        return value
    half = value.half()
    if not torch.isfinite(half).all():
        raise InputError(f"{source}: {key!r} reaches {float(value.abs().max()):g}; need <= 65504")
    return half
