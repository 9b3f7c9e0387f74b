"""What each part of a data set's recommended recipe is worth: the recipe less that part.

python -m tests.benchmarks.recipe --dataset cifar10 --data-dir DATA [--epochs 3] [--seed 0]

Trains on the training split less its last samples and evaluates on those, never on the test set;
prints a Markdown table. `--only NAME` runs chosen rows alone. docs/training.md has the tables.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import click
import torch

from qtrain.training import default_config, train
from qtrain.training.loop import Epoch

CIFAR = {"model": "32c3-64c3s2-64c3-128c3s2-128c3-256c3s2-gap-10"}
JOINED = {"model": "32c3-64c3s2-64r3-128c3s2-128r3-gap-10"}
TRIALS: dict[str, dict[str, dict[str, Any]]] = {
    "cifar10": {
        "recipe": {},
        "offset 0": {"offset": 0.0},
        "offset 0.4": {"offset": 0.4},
        "AdamW": {"optimizer": "adamw"},
        "hard spikes from the start": {"soft_spikes": 0.0},
        "spikes harden over 0.9": {"soft_spikes": 0.9},
        "surrogate width 1": {"surrogate_width": 1.0},
        "no firing limit": {"firing_limit": 1.0},
        "firing limit 0.05": {"firing_limit": 0.05},
        "8-bit input": {"input_bits": 8},
        "4-bit weights": {"weight_bits": 4},
        "cosine": {"schedule": "cosine"},
        "labels not smoothed": {"label_smoothing": 0.0},
        "zeros at the border": {"border": "zeros"},
        "binary spikes": {"spike": "binary"},
        "with shortcuts": JOINED,
        "with shortcuts, triangle where they end": {**JOINED, "join_surrogate": "triangle"},
    },
    "mnist": {
        "recipe": {},
        "offset 0, hard spikes, width 1": {
            "offset": 0.0,
            "soft_spikes": 0.0,
            "surrogate_width": 1.0,
        },
        "hard spikes, width 1": {"soft_spikes": 0.0, "surrogate_width": 1.0},
        "offset 0, width 1": {"offset": 0.0, "surrogate_width": 1.0},
        "labels smoothed by 0.1": {"label_smoothing": 0.1},
        "firing rate 0.4": {"firing_rate": 0.4},
        "firing rate as it comes": {"firing_rate": 1.0},
        "images moved by 2 pixels": {"shift": 2},
    },
}
VALIDATION = {"cifar10": 5000, "mnist": 10000, "fashion-mnist": 10000, "digits": 400, "nmnist": 200}


def run(dataset: str, data_dir: Path | None, **options: Any) -> tuple[Epoch, float]:
    """The last epoch of a training run, and its CPU seconds."""
    epochs: list[Epoch] = []
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        chosen = default_config(dataset, **options)
        train(chosen, Path(folder), data_dir, on_epoch=epochs.append)
    return epochs[-1], time.process_time() - start


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--dataset", type=click.Choice(list(VALIDATION)), default="cifar10")
@click.option("--data-dir", type=click.Path(path_type=Path))
@click.option("--epochs", default=3, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--only", multiple=True, help="Rows to run; default: all.")
def main(
    dataset: str, data_dir: Path | None, epochs: int, seed: int, only: tuple[str, ...]
) -> None:
    torch.set_num_threads(1)
    common = {"epochs": epochs, "seed": seed, "evaluate_every": epochs}
    common |= {"validation": VALIDATION[dataset]} | (CIFAR if dataset == "cifar10" else {})
    trials = TRIALS.get(dataset, TRIALS["mnist"])
    print(f"{dataset}, {epochs} epochs, seed {seed}", flush=True)
    print(
        "| recipe, but | validation accuracy | firing rate | CPU s |\n|---|---|---|---|", flush=True
    )
    for name in only or trials:
        last, seconds = run(dataset, data_dir, **{**common, **trials[name]})
        assert last.held is not None
        rates = last.held.firing_rate.values()
        mean = sum(rates) / len(rates)
        print(f"| {name} | {last.held.accuracy:.2%} | {mean:.1%} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
