"""Samples for a build: those that it is judged by, and those that its lanes are chosen on."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from compiler.frontend.crop import CROP, middle
from compiler.frontend.trained import TrainedNetwork
from hw_models.errors import InputError
from hw_models.folder.reference_vectors import About, Reference
from hw_models.report.evaluate import batches
from qtrain.checkpoint import Checkpoint
from qtrain.data.source import DataSource, recorded
from qtrain.data.split import Split
from qtrain.network.recording import integer_inputs

SPIKE_SAMPLES = 200
CALIBRATION_SAMPLES = 100


def recorded_vectors(
    trained: TrainedNetwork, dataflow_sha256: str, samples: Split, split: str = "test"
) -> Reference:
    """Reference vectors: samples, and what the trained network makes of them.

    The spikes of the first SPIKE_SAMPLES samples are kept.

    Args:
        dataflow_sha256: of the build to which the vectors belong.
        samples: as `samples_for` gives them.
        split: the split of their data set that they are.
    """
    inputs, predictions = [], []
    with torch.no_grad():
        for part in batches(len(samples)):
            x = samples.inputs(part)
            inputs.append(integer_inputs(trained.network, x).numpy())
            predictions.append(trained.predictions(x))
    return Reference(
        About(dataset=samples.spec.name, split=split, dataflow_sha256=dataflow_sha256),
        np.concatenate(inputs, axis=1),
        samples.y.numpy().astype(np.int64),
        np.concatenate(predictions),
        trained.spikes(samples.inputs(slice(0, SPIKE_SAMPLES))),
    )


def calibration_inputs(
    trained: TrainedNetwork, data_dir: Path | None = None, data: DataSource | None = None
) -> NDArray[np.int8]:
    """Integer inputs [T', B, *shape] of samples that are spread over the training split.

    Args and errors are those of `samples_for`.
    """
    samples = samples_for(trained.checkpoint, "train", data_dir, data)
    chosen = np.linspace(0, len(samples) - 1, min(CALIBRATION_SAMPLES, len(samples))).astype(int)
    with torch.no_grad():
        return integer_inputs(trained.network, samples.inputs(torch.from_numpy(chosen))).numpy()


def samples_for(
    checkpoint: Checkpoint, split: str, data_dir: Path | None = None, data: DataSource | None = None
) -> Split:
    """A split of a data set whose samples the network can take.

    Args:
        split: "train" or "test".
        data_dir: the folder that has the files of a known data set.
        data: the data; by default those that the network was trained on.

    Raises:
        InputError: the data set is missing, or its samples do not fit the network.
    """
    samples = (data or recorded(checkpoint.config)).load(split, data_dir)
    if size := checkpoint.config.get(CROP):
        samples = middle(samples, size)
    spec, taken = samples.spec, checkpoint.graph.nodes[0].attrs
    if [list(spec.shape), spec.encoding] != [list(taken["shape"]), taken["encoding"]]:
        raise InputError(
            f"{spec.name}: {spec.encoding} samples of {list(spec.shape)}, but the network takes "
            f"{taken['encoding']} ones of {list(taken['shape'])}; use the data it was trained on"
        )
    return samples
