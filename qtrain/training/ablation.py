"""Kinds of spike x time steps x weight bits over seeds: the file, the runs, and their integers."""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from hw_models.errors import InputError
from hw_models.folder import evidence
from qtrain import checkpoint
from qtrain.training import config, run_folder
from qtrain.training.config import TrainConfig
from qtrain.training.train import Epoch, train

SPIKES = {
    "binary": {"spike": "binary", "amplitude": "fixed"},
    "ternary": {"spike": "ternary", "amplitude": "fixed"},
    "trainable": {"spike": "ternary", "amplitude": "trainable"},
}
TARGETS = {8: "int8", 4: "int4", 2: "ternary"}  # the compiler's, by weight bits
GRID = ("seeds", "spikes", "timesteps", "weight_bits")
SET_BY = {"spike": "spikes", "amplitude": "spikes", "seed": "seeds"} | {
    option: option for option in ("timesteps", "weight_bits")
}
INTEGERS = "integers.json"

Options = msgspec.defstruct(
    "Options",
    [
        (field.name, field.type | None, None)
        for field in msgspec.structs.fields(TrainConfig)
        if field.name not in SET_BY and field.name != "init"
    ],
    forbid_unknown_fields=True,
)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the grid."""

    spikes: str  # of SPIKES
    timesteps: int
    weight_bits: int
    seed: int

    @property
    def name(self) -> str:
        """Of the run's folder."""
        return f"{self.spikes}-T{self.timesteps}-w{self.weight_bits}-seed{self.seed}"


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of an ablation, see docs/ablation.md."""

    seeds: tuple[int, ...]
    spikes: tuple[str, ...]
    timesteps: tuple[int, ...]
    weight_bits: tuple[int, ...]
    train: dict[str, Any] = {}  # options that all runs have in common

    def __post_init__(self) -> None:
        known = {"spikes": tuple(SPIKES), "weight_bits": tuple(TARGETS)}
        for key in GRID:
            values = getattr(self, key)
            if not values or len(set(values)) < len(values):
                raise InputError(f"{key} = {list(values)}; accepted: one value or more, each once")
            for value in values:
                if value not in known.get(key, values):
                    accepted = ", ".join(map(str, known[key]))
                    raise InputError(f"{key} has {value!r}; accepted: {accepted}")
        if min(self.timesteps) < 1:
            raise InputError(f"timesteps = {list(self.timesteps)}; accepted: 1 or more")
        for option in SET_BY.keys() & self.train.keys():
            raise InputError(f"[train] {option}: `{SET_BY[option]}` gives it; leave it out")
        for cell in self.cells:
            self.options(cell)

    @property
    def cells(self) -> list[Cell]:
        """Seed by seed within each combination."""
        grid = product(self.spikes, self.timesteps, self.weight_bits, self.seeds)
        return [
            Cell(spikes=spikes, timesteps=timesteps, weight_bits=bits, seed=seed)
            for spikes, timesteps, bits, seed in grid
        ]

    def options(self, cell: Cell) -> TrainConfig:
        """The configuration of a run."""
        try:
            common = msgspec.structs.asdict(msgspec.convert(self.train, Options))
        except msgspec.ValidationError as error:
            raise InputError(
                f"[train]: {error}; accepted: options of python -m qtrain train, _ in place of -"
            ) from error
        dataset = common.pop("dataset") or "digits"
        own = {key: getattr(cell, key) for key in ("timesteps", "weight_bits", "seed")}
        return config.for_dataset(dataset, **common, **own, **SPIKES[cell.spikes])


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run; shares are 0..1, counts per inference. None: not reported."""

    cell: Cell
    checkpoint_sha256: str
    trained_accuracy: float  # after the last epoch, on what the run held back
    accuracy: float  # of the integers; this and what follows on the compiler's reference samples
    predictions_equal: float  # share that training's network says as well
    additions: float  # synaptic
    firing_rate: float | None  # spikes per hidden neuron and time step
    energy_ratio: float | None  # to the same network's as an int8 ANN
    entropy_bits: float | None  # mean over the hidden neurons and time steps


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured."""

    trained_on: str  # data set and split of trained_accuracy
    integers_on: str  # and of the integers
    results: list[Result]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """INTEGERS of a run's folder."""

    checkpoint_sha256: str
    report: dict[str, Any]  # hw_models'


def read(path: Path) -> Plan:
    """The plan that a TOML file holds.

    Raises:
        InputError: the file is missing or no TOML, or a value in it cannot be used.
    """
    try:
        content = tomllib.loads(path.read_text())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; docs/ablation.md has an example") from error
    except ValueError as error:
        raise InputError(f"{path}: no TOML: {error}; docs/ablation.md has an example") from error
    try:
        return msgspec.convert(content, Plan)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; docs/ablation.md has an example") from error


def run(
    plan: Plan,
    out: Path,
    data_dir: Path | None = None,
    *,
    on_step: Callable[[Cell, int, int, int], None] = lambda cell, epoch, done, total: None,
    on_epoch: Callable[[Cell, Epoch], None] = lambda cell, epoch: None,
) -> Ablation:
    """Train and measure what of the plan is not in `out` yet; all of it is returned.

    Args:
        plan: what to train.
        out: has, or gets, a run's folder for each cell.
        data_dir: where the data set's files are; see data.load.
        on_step: called after each batch with the cell, the epoch from 1, and (done, total).
        on_epoch: called after each epoch's checkpoint is written.

    Raises:
        InputError: a folder in `out` has a run of another configuration, or a run cannot be
            trained or compiled.
    """
    done = [finished(plan.options(cell), out / cell.name) for cell in plan.cells]
    results = []
    for cell, trained in zip(plan.cells, done, strict=True):
        options, folder = plan.options(cell), out / cell.name
        path = folder / checkpoint.NAME
        if not trained:
            train(
                options,
                folder,
                data_dir,
                resume=checkpoint.load(path) if path.exists() else None,
                on_step=lambda *step, cell=cell: on_step(cell, *step),
                on_epoch=lambda epoch, cell=cell: on_epoch(cell, epoch),
            )
        kept = integers(cell, folder, data_dir)
        results.append(result(cell, checkpoint.load(path, build=False).metrics, kept))
    held_back = "validation" if options.validation else "test"
    return Ablation(
        trained_on=f"{options.dataset}/{held_back}",
        integers_on=kept.report["dataset"],
        results=results,
    )


def finished(options: TrainConfig, folder: Path) -> bool:
    """Whether the folder's checkpoint is of the last epoch.

    Raises:
        InputError: it was trained with other options, or is damaged.
    """
    path = folder / checkpoint.NAME
    if not path.exists():
        return False
    found = checkpoint.load(path)
    if other := run_folder.difference(found, options):
        raise InputError(f"{path}: {other}; remove the folder or name another one with --out")
    return found.training.get("epoch") == options.epochs


def integers(cell: Cell, folder: Path, data_dir: Path | None) -> Kept:
    """hw_models' report on the run's checkpoint, compiled; from INTEGERS, if it is about that.

    Raises:
        InputError: the compiler or the model cannot take it.
    """
    path, trained = folder / INTEGERS, folder / checkpoint.NAME
    sha256 = checkpoint.sha256_of(trained)
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        if kept.checkpoint_sha256 == sha256:
            return kept
    except (FileNotFoundError, msgspec.DecodeError):
        pass  # made anew
    with TemporaryDirectory() as temporary:
        build, report = Path(temporary) / "build", Path(temporary) / "report.json"
        where = ["--data-dir", data_dir] if data_dir else []
        target = TARGETS[cell.weight_bits]
        _python("compiler", "build", trained, "--target", target, "--out", build, *where)
        _python("hw_models", "run", build, "--json", report)
        kept = Kept(checkpoint_sha256=sha256, report=msgspec.json.decode(report.read_bytes()))
    evidence.write_json(kept, path)
    return kept


def _python(package: str, *args: object) -> None:
    """Run a command of a package that training must not import."""
    command = [sys.executable, "-m", package, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = [f"exit status {done.returncode}", *done.stderr.strip().splitlines()][-1]
        said = last.removeprefix("error: ")
        raise InputError(f"python -m {package} {args[0]} {args[1]}: {said}")


def result(cell: Cell, metrics: dict[str, Any], kept: Kept) -> Result:
    """The numbers of a run, whose checkpoint holds these metrics."""
    report = kept.report
    operations = report["operations"]

    def over_neurons(by_layer: dict[str, float]) -> float | None:
        """The mean over layers, weighted by neurons, each of which updates once a step."""
        neurons = {layer: operations[layer]["MembraneUpdates"] for layer in by_layer}
        if not neurons:
            return None
        return sum(by_layer[layer] * n for layer, n in neurons.items()) / sum(neurons.values())

    held = "validation_accuracy" if "validation_accuracy" in metrics else "test_accuracy"
    return Result(
        cell=cell,
        checkpoint_sha256=kept.checkpoint_sha256,
        trained_accuracy=metrics[held],
        accuracy=report["accuracy"],
        predictions_equal=report["predictions_equal"],
        additions=operations["total"]["synaptic_additions"],
        firing_rate=over_neurons(report["firing_rate"]),
        energy_ratio=(report["energy"].get("total") or {}).get("ratio"),
        entropy_bits=over_neurons(report.get("entropy_bits") or {}),
    )
