"""What the frameworks' scripts share: MNIST, training, and the folder that a network leaves.

| file | what it holds |
|---|---|
| graph.nir | the network, as the framework's own exporter wrote it |
| recording.npz | pixels [1000, 784] of 0 to 127 and labels of the first test images; |
| | predictions of all; `spikes/NODE` [T, 200, N] of the first ones |
| facts.json | `Facts` |
"""

import argparse
import dataclasses
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import nir
import numpy as np
import torch
from torch import Tensor, nn

from qtrain.data.mnist import read_split

TIMESTEPS = 10
LEVELS = 127
IMAGES, RECORDED = 1000, 200

Run = Callable[[Tensor], dict[str, Tensor]]
"""Images [B, 1, 28, 28] to the spikes [T, B, ...] of each spiking node; the last one decides."""


@dataclass(frozen=True)
class Facts:
    """What nobody can read off a graph.

    Args:
        framework: its name and version.
        dt: the step in seconds with which the graph's equations become the framework's step.
        reset: "soft" or "hard".
        accuracy: of the framework's own network on the 10,000 test images.
    """

    framework: str
    dt: float
    reset: str
    accuracy: float
    timesteps: int = TIMESTEPS


@dataclass(frozen=True)
class Network:
    """A network of a framework: its parameters, how it runs, and how it is exported."""

    net: nn.Module
    run: Run
    export: Callable[[], nir.NIRGraph]


def arguments(description: str, epochs: int) -> argparse.Namespace:
    """The options of every script: the folder of MNIST, that of the results, and the epochs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, required=True, help="one folder a network goes here")
    parser.add_argument("--epochs", type=int, default=epochs, help=f"of each network ({epochs})")
    return parser.parse_args()


def mnist(data_dir: Path, split: str) -> tuple[Tensor, Tensor]:
    """Images [N, 1, 28, 28] of integers 0 to 127, as float32, and labels [N]."""
    images, labels = read_split("mnist", split, [data_dir, data_dir / "mnist"], "its authors")
    pixels = np.round(images / 255 * LEVELS).astype(np.float32)
    return torch.from_numpy(pixels)[:, None], torch.from_numpy(labels).long()


def unroll(step: Callable[[], Iterable[tuple[str, Tensor]]]) -> dict[str, Tensor]:
    """The spikes of all time steps [T, B, ...] by node, from a function that runs one."""
    steps = [dict(step()) for _ in range(TIMESTEPS)]
    return {name: torch.stack([spikes[name] for spikes in steps]) for name in steps[0]}


def counts(spikes: dict[str, Tensor]) -> Tensor:
    """Spikes of the last node over all time steps, [B, classes]."""
    return list(spikes.values())[-1].sum(0)


def train(network: Network, data_dir: Path, epochs: int) -> None:
    """Adam on the cross entropy of the spike counts."""
    images, labels = mnist(data_dir, "train")
    optimizer = torch.optim.Adam(network.net.parameters(), lr=1e-3)
    for epoch in range(epochs):
        for batch in torch.randperm(len(images)).split(128):
            spikes = network.run(images[batch] / LEVELS)
            loss = nn.functional.cross_entropy(counts(spikes), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(f"epoch {epoch + 1}: loss of the last batch {loss.item():.4f}", flush=True)


def record(network: Network, facts: dict, data_dir: Path, folder: Path) -> None:
    """Writes the folder of a network."""
    images, labels = mnist(data_dir, "test")
    with torch.no_grad():
        batches = [network.run(batch / LEVELS) for batch in images.split(RECORDED)]
    # numpy's argmax takes the lowest of equal counts, torch's need not.
    predictions = np.concatenate([counts(spikes).numpy().argmax(1) for spikes in batches])
    accuracy = float((predictions == labels.numpy()).mean())
    folder.mkdir(parents=True, exist_ok=True)
    nir.write(folder / "graph.nir", network.export())
    spikes = {
        f"spikes/{name}": s.flatten(2).numpy().astype(np.int8) for name, s in batches[0].items()
    }
    np.savez_compressed(
        folder / "recording.npz",
        pixels=images[:IMAGES].flatten(1).numpy().astype(np.int8),
        labels=labels[:IMAGES].numpy().astype(np.int8),
        predictions=predictions.astype(np.int8),
        **spikes,
    )
    said = dataclasses.asdict(Facts(accuracy=accuracy, **facts))
    (folder / "facts.json").write_text(json.dumps(said, indent=2) + "\n")
    print(f"{folder.name}: accuracy {accuracy:.2%}", flush=True)
