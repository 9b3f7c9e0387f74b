"""The kit of a checkpoint: its graphs, and the samples that its builds are compared on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from compiler.explore.jobs import Kit, Samples
from compiler.explore.measures import TEST, TRAIN, VALIDATION
from compiler.frontend.importer import import_network
from compiler.frontend.samples import calibration_inputs, samples_for
from compiler.frontend.trained import TrainedNetwork, open_checkpoint
from compiler.frontend.trained_data import with_data
from hw_models.errors import InputError
from qtrain.data.source import DataSource, recorded
from qtrain.data.split import Split
from qtrain.network.recording import integer_inputs


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint that is explored."""

    kit: Kit
    source: DataSource
    timesteps: int  # the T that it was trained with
    split: str  # the split that builds are compared on
    dataset: str
    trained_accuracy: float  # of the trained network on these samples, on its own T


def opened(
    path: Path,
    targets: Sequence[str],
    timesteps: Sequence[int] | None,
    *,
    split: str | None,
    most: int,
    test: bool,
    name: str | None = None,
    data: str | None = None,
    data_dir: Path | None = None,
    workers: int | None = None,
) -> tuple[Opened, Sequence[int]]:
    """Open a checkpoint for its exploration; also gives the numbers of time steps to try.

    Args:
        timesteps: None: the checkpoint's T, and for a static input its halves down to 1.
        split: of SPLITS; None: the samples that the training held back, or else those it saw.
        most: so many samples of it at most, spread over it.
        test: whether to measure the accuracy on the test split beside.
        name, data, data_dir, workers: as `compiler build` takes them.

    Raises:
        InputError: the checkpoint or its data cannot be read, or do not have what is asked for.
    """
    trained = open_checkpoint(path, name)
    own = steps_of(trained)
    source = recorded(trained.checkpoint.config, data, workers)
    static = trained.checkpoint.graph.nodes[0].attrs["encoding"] == "static"
    tried = timesteps or (halves(own) if static else [own])
    networks = {
        steps: trained if steps == own else open_checkpoint(path, name, timesteps=steps)
        for steps in tried
    }
    held = 0 if data else int(trained.checkpoint.config.get("validation") or 0)
    split = split or (VALIDATION if held else TRAIN)
    samples = spread_over(split_of(trained, split, held, data_dir, source), most)
    kit = Kit(
        name=trained.name,
        checkpoint_sha256=trained.sha256,
        graphs={
            (target, steps): with_data(
                import_network(network.network, target, trained.name), network.checkpoint
            )
            for target in targets
            for steps, network in networks.items()
        },
        samples=as_integers(trained, samples),
        test=as_integers(trained, samples_for(trained.checkpoint, TEST, data_dir, source))
        if test
        else None,
        calibration=calibration_inputs(trained, data_dir, source),
    )
    predictions = np.concatenate(
        [trained.predictions(samples.inputs(part)) for part in parts(len(samples))]
    )
    accuracy = float(np.mean(predictions == samples.y.numpy()))
    return Opened(kit, source, own, split, samples.spec.name, accuracy), tried


def steps_of(trained: TrainedNetwork) -> int:
    """The T of a trained network.

    Raises:
        InputError: it has no spiking layer.
    """
    for node in trained.checkpoint.graph.nodes:
        if "timesteps" in node.attrs:
            return int(node.attrs["timesteps"])
    raise InputError(f"{trained.name}: has no spiking layer, so there is nothing to explore")


def halves(timesteps: int) -> list[int]:
    """T, its half, and so on down to 1."""
    return [timesteps, *(halves(timesteps // 2) if timesteps > 1 else [])]


def split_of(
    trained: TrainedNetwork, split: str, held: int, data_dir: Path | None, source: DataSource
) -> Split:
    """The samples of a split.

    Args:
        held: how many of the last training samples were held back.
    """
    if split == TEST:
        return samples_for(trained.checkpoint, TEST, data_dir, source)
    samples = samples_for(trained.checkpoint, TRAIN, data_dir, source)
    if held:
        seen, kept = samples.cut(held)
        return kept if split == VALIDATION else seen
    if split == VALIDATION:
        raise InputError(
            f"--split {VALIDATION}: the training of {trained.name} held no samples back; accepted: "
            f"{TRAIN}, {TEST}; or train it with --validation N"
        )
    return samples


def spread_over(samples: Split, most: int) -> Split:
    """At most so many samples, evenly spread over a split."""
    if len(samples) <= most:
        return samples
    chosen = torch.from_numpy(np.linspace(0, len(samples) - 1, most).astype(int))
    return Split(samples.spec, samples.x[chosen], samples.y[chosen])


def as_integers(trained: TrainedNetwork, samples: Split) -> Samples:
    """Samples as the core takes them."""
    with torch.no_grad():
        inputs = [
            integer_inputs(trained.network, samples.inputs(part)).numpy()
            for part in parts(len(samples))
        ]
    return Samples(np.concatenate(inputs, axis=1), samples.y.numpy().astype(np.int64))


def parts(samples: int, size: int = 256) -> list[slice]:
    """Consecutive slices, so that memory stays bounded."""
    return [slice(first, first + size) for first in range(0, samples, size)]
