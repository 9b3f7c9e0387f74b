"""Reference vectors: integer inputs, labels and what the trained network makes of them."""

from pathlib import Path

import numpy as np
import torch

from hw_models.reference import About, Reference
from qtrain import data
from qtrain.checkpoint import Checkpoint
from qtrain.graph import record

SPIKE_SAMPLES = 200


def reference_vectors(
    checkpoint: Checkpoint,
    dataflow_sha256: str,
    data_dir: Path | None = None,
    dataset: str | None = None,
    split: str = "test",
) -> Reference:
    """Run the trained network on a split; the spikes of the first SPIKE_SAMPLES are kept.

    Raises:
        InputError: the data set is missing, or its samples do not fit the network.
    """
    dataset = dataset or str(checkpoint.config["dataset"])
    samples = data.load(dataset, split, data_dir)
    net = checkpoint.network()
    recording = record(net, samples.inputs(slice(None)))
    first = record(net, samples.inputs(slice(0, SPIKE_SAMPLES)))
    return Reference(
        About(dataset=dataset, split=split, dataflow_sha256=dataflow_sha256),
        recording.inputs.numpy(),
        samples.y.numpy().astype(np.int64),
        torch.argmax(recording.logits, dim=1).numpy(),
        {name: spikes.numpy() for name, spikes in first.spikes.items()},
    )
