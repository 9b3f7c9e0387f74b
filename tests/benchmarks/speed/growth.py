"""How times grow with time steps, width, depth and firing, of ours beside a peer's."""

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib
import numpy as np

from hw_models.engines import fast
from tests.benchmarks.speed.builds import build_and_samples
from tests.benchmarks.speed.turns import Contestant, Worker, in_turns

matplotlib.use("Agg")
from matplotlib import pyplot as plt

BATCH = 8
AXES: dict[str, tuple[float, ...]] = {
    "timesteps": (1, 2, 4, 8),
    "width": (1, 2, 3),
    "depth": (1, 2, 3),
    "threshold": (0.3, 1.0, 2.0, 4.0),  # which sets the firing rate
}
LABELS = {
    "timesteps": "time steps",
    "width": "width, ResNet-20s = 1",
    "depth": "depth, ResNet-20s = 1",
    "threshold": "firing rate",
}
INFERENCE = {"fast engine": "fast_engine", "ONNX Runtime": "onnx_runtime"}
TRAINING = {"ours, quantized": "ours", "SpikingJelly": "spikingjelly_neurons"}


def growth(workers: Mapping[str, Worker], rounds: int) -> list[dict[str, Any]]:
    """A point for each value of each axis: seconds a sample, by what was timed."""
    points = []
    for axis, values in AXES.items():
        for value in values:
            of_build = {"folder": None, "batch": BATCH, axis: value}
            contestants = {n: Contestant(kind, of_build) for n, kind in INFERENCE.items()}
            if axis != "threshold":
                size = {"network": "residual", "timesteps": 2, "batch": BATCH, axis: value}
                case = {"task": "training", **size}
                contestants |= {n: Contestant(kind, case) for n, kind in TRAINING.items()}
            took = in_turns(workers, contestants, rounds)
            seconds = {name: median(each) / BATCH for name, each in took.items()}
            at = firing_rate(of_build) if axis == "threshold" else value
            points.append({"axis": axis, "value": value, "at": at, "seconds": seconds})
    return points


def firing_rate(of_build: Mapping[str, Any]) -> float:
    """The share of all updates that fire."""
    build, x = build_and_samples(**of_build)
    spikes = fast.run(build, x, keep_membranes=False).spikes.values()
    return sum(map(np.count_nonzero, spikes)) / sum(s.size for s in spikes)


def plot(points: list[dict[str, Any]], path: Path) -> None:
    """A panel for each axis, CPU times in milliseconds a sample; PNG."""
    figure, panels = plt.subplots(1, len(AXES), figsize=(4 * len(AXES), 3.5), sharey=True)
    for axis, panel in zip(AXES, panels, strict=True):
        here = [point for point in points if point["axis"] == axis]
        for name in here[0]["seconds"]:
            times = [1e3 * point["seconds"][name] for point in here]
            style = "o-" if name in INFERENCE else "s--"
            panel.plot([point["at"] for point in here], times, style, label=name)
        if axis == "threshold":
            panel.set_xscale("log")  # of firing rates
        else:
            panel.set_xticks([point["at"] for point in here])
        panel.set_yscale("log")
        panel.set_xlabel(LABELS[axis])
        panel.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("CPU ms a sample")
    panels[0].legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
