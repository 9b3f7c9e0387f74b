"""Our speed beside that of other frameworks and engines: a table, JSON and a plot.

python -m tests.benchmarks.speed [--rounds 7] [--only training] [--out build/bench]

`make bench` makes the environments and builds that it needs. All run on one thread, in turns, and
times are CPU times, so that another load of the machine changes little. A training step is forward,
backward and AdamW; our weights are quantized to 8 bits, and the others' are not quantized. Each
framework is measured in float32 and, for convolutions, in bfloat16, and the faster of the two
counts. An inference gives the spikes of all layers and the logits in integers (ours), the logits in
integers (ONNX Runtime), or the logits in floats (PyTorch).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from hw_models.folder import files
from tests.benchmarks.speed.growth import growth, plot
from tests.benchmarks.speed.turns import ONE_THREAD, ROOT, Contestant, Worker, in_turns, ratio

ENVIRONMENTS = ROOT / "build" / "environments"
PYTHONS = {
    "spikingjelly_neurons": ENVIRONMENTS / "spikingjelly" / "bin" / "python",
    "snntorch_neurons": ENVIRONMENTS / "snntorch" / "bin" / "python",
}  # of the other kinds: this one
PEERS = {
    "SpikingJelly": "spikingjelly_neurons",
    "snnTorch": "snntorch_neurons",
    "PyTorch": "plain_torch",
}
TRAINING: dict[str, tuple[dict[str, Any], float]] = {  # what, and our share of the best peer's time
    "dense": ({"network": "dense", "timesteps": 4, "batch": 128}, 1.15),
    "conv": ({"network": "conv", "timesteps": 4, "batch": 128}, 1.0),
    "residual": ({"network": "residual", "timesteps": 2, "batch": 128}, 1.0),
}
UNQUANTIZED = "ours, unquantized"
INFERENCE = {  # the build folder, None for random weights, and PyTorch's network of the same shape
    "dense": ("build/bench/mnist-int8", {"network": "dense", "timesteps": 2}),
    "conv": ("build/bench/mnist-convnet", {"network": "conv", "timesteps": 1}),
    "residual": (None, {"network": "residual", "timesteps": 2}),
}
BATCHES = 1, 64, 250
BUILD_SECONDS = 4.0  # of resnet20's build
BUILD_ROUNDS, GROWTH_ROUNDS = 5, 3  # at most


class Row(NamedTuple):
    """One comparison; times in seconds, of one step or one sample."""

    what: str
    ours: float
    others: dict[str, float]
    ratios: dict[str, float]  # our time as a share of each other's
    goal: float | None  # the largest ratio that is wanted; None: it is for information

    @property
    def met(self) -> bool | None:
        counted = [value for name, value in self.ratios.items() if name != UNQUANTIZED]
        return None if self.goal is None else max(counted) <= self.goal


@contextmanager
def workers(*kinds: str) -> Iterator[dict[str, Worker]]:
    """A worker of each kind."""
    started = {kind: Worker(PYTHONS.get(kind, Path(sys.executable)), kind) for kind in kinds}
    try:
        yield started
    finally:
        for worker in started.values():
            worker.close()


def training(rounds: int) -> Iterator[Row]:
    """A training step of each network, in each framework."""
    with workers("ours", *PEERS.values()) as here:
        for what, (case, goal) in TRAINING.items():
            names = {"ours": "ours", UNQUANTIZED: "ours", **PEERS}
            precisions = ("float32",) if what == "dense" else ("float32", "bfloat16")
            contestants = {}
            for name, kind in names.items():
                for precision in precisions:
                    taken = {"task": "training", **case, "precision": precision}
                    if name == UNQUANTIZED:
                        taken["quantized"] = False
                    contestants[f"{name}, {precision}"] = Contestant(kind, taken)
            seconds = in_turns(here, contestants, rounds)
            fastest = {
                name: min((seconds[f"{name}, {p}"] for p in precisions), key=median)
                for name in names
            }
            yield row(f"training step, {what}", fastest, goal)


def inference(rounds: int) -> Iterator[Row]:
    """One sample of each network, in batches of each size."""
    with workers("fast_engine", "onnx_runtime", "plain_torch") as here:
        for what, (folder, shape) in INFERENCE.items():
            for batch in BATCHES:
                of_build = {"folder": folder, "batch": batch}
                of_torch = {"task": "inference", **shape, "batch": batch}
                seconds = in_turns(
                    here,
                    {
                        "ours": Contestant("fast_engine", of_build),
                        "ONNX Runtime": Contestant("onnx_runtime", of_build),
                        "PyTorch": Contestant("plain_torch", of_torch),
                    },
                    rounds,
                )
                each = {name: [s / batch for s in took] for name, took in seconds.items()}
                yield row(f"inference, {what}, batch {batch}", each, 1.0)


def row(what: str, seconds: dict[str, list[float]], goal: float) -> Row:
    ours = seconds.pop("ours")
    return Row(
        what,
        median(ours),
        {name: median(took) for name, took in seconds.items()},
        {name: ratio(ours, took) for name, took in seconds.items()},
        goal,
    )


def build_seconds(rounds: int) -> dict[str, float]:
    """The CPU time of `compiler build` of resnet20 as in the paper, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "ckpt.pt"
        program = [sys.executable, "-m", "tests.benchmarks.speed.checkpoint", checkpoint]
        subprocess.run(list(map(str, program)), check=True, cwd=ROOT)
        command = [sys.executable, "-m", "compiler", "build", checkpoint, "--no-reference"]
        command += ["--out", Path(folder) / "build"]
        took = []
        for _ in range(rounds):
            start = children_seconds()
            subprocess.run(
                list(map(str, command)), check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
                env=os.environ | ONE_THREAD,
            )  # fmt: skip
            took.append(children_seconds() - start)
    return {"median": median(took), "goal": BUILD_SECONDS}


def children_seconds() -> float:
    """The CPU time of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(rows: list[Row]) -> Table:
    others = list(dict.fromkeys(name for row in rows for name in row.others))
    made = Table("our time as a share of", "ours, us", *others, "goal", "met", box=None)
    for row in rows:
        made.add_row(
            row.what,
            f"{row.ours * 1e6:,.1f}",
            *(f"{row.ratios[name]:.2f}" if name in row.ratios else "" for name in others),
            "" if row.goal is None else f"{row.goal:.2f}",
            {True: "yes", False: "NO", None: ""}[row.met],
        )
    return made


PARTS = ("training", "inference", "build", "growth")


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--rounds", type=click.IntRange(min=1), default=7, show_default=True)
@click.option("--only", "parts", multiple=True, type=click.Choice(PARTS), default=PARTS)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("build/bench"), show_default=True
)
def main(rounds: int, parts: tuple[str, ...], out: Path) -> None:
    console, report = Console(highlight=False, width=140), {}
    for part, measure in (("training", training), ("inference", inference)):
        if part in parts:
            rows = list(measure(rounds))
            console.print(table(rows))
            report[part] = [{**row._asdict(), "met": row.met} for row in rows]
    if "build" in parts:
        found = build_seconds(min(rounds, BUILD_ROUNDS))
        seconds, goal = found["median"], found["goal"]
        met = "met" if seconds <= goal else "NOT met"
        console.print(f"build of resnet20: {seconds:.2f} s; goal {goal:.0f} s: {met}")
        report["build"] = found
    if "growth" in parts:
        with workers("ours", "spikingjelly_neurons", "fast_engine", "onnx_runtime") as here:
            report["growth"] = growth(here, min(rounds, GROWTH_ROUNDS))
        plot(report["growth"], out / "growth.png")
        console.print(f"plot: {out / 'growth.png'}")
    files.write({out / "speed.json": json.dumps(report, indent=1).encode()})
    console.print(f"report: {out / 'speed.json'}")


if __name__ == "__main__":
    main()
