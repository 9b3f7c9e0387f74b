"""Saves a module that was trained in a loop of the user's own."""

from pathlib import Path

from torch import nn

from qtrain import checkpoint
from qtrain.data.source import DataSource
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from qtrain.training.evaluation import evaluate


def save(
    module: nn.Module, path: Path | str, data: DataSource, data_dir: Path | None = None
) -> Path:
    """Write a checkpoint of a trained module, which `compiler.build` takes; returns its path.

        data = qtrain.open_source("signals.npz")
        train, test = data.load("train"), data.load("test")
        ...                                     # train.inputs(which) are the real inputs, train.y
        qtrain.save(module, "runs/mine/ckpt.pt", data)

    The accuracy on the test split is measured and saved too. Training cannot be resumed from the
    checkpoint, but start from it with `--init`.

    Args:
        module: made of qtrain.layers; it is not changed.
        path: the file, or a folder's name, in which the file is then called ckpt.pt.
        data: what the module was trained on, from open_source. Later commands find it again.
        data_dir: the folder that has the files of a known data set.

    Raises:
        InputError: the module cannot be traced, or does not take the data; a tensor is not finite.
    """
    path = Path(path)
    if path.suffix != ".pt":
        path /= checkpoint.NAME
    spec = data.spec
    net = build_network(*trace(module, spec.shape, spec.encoding))
    result = evaluate(net, data.load("test", data_dir))
    checkpoint.save(
        path,
        config=data.config,
        graph=net.graph,
        tensors=net.tensors(),
        metrics={"test_accuracy": result.accuracy, "firing_rate": result.firing_rate},
        training={},
    )
    return path
