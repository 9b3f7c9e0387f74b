"""Ablations: the file that plans one, its training runs, and their integers compared.

An ablation trains each combination of a kind of spike, a number of time steps and a width of
weights, over several seeds.
"""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from hw_models.dataflow import TARGET_BITS
from hw_models.errors import InputError
from hw_models.folder import evidence, files, leftovers, reading
from qtrain import checkpoint
from qtrain.data.own.preparation import Preparation
from qtrain.data.source import DataSource, open_source
from qtrain.training import log, run_folder
from qtrain.training.defaults import default_config
from qtrain.training.loop import Epoch, train
from qtrain.training.train_config import TrainConfig

SPIKES = {
    "binary": {"spike": "binary", "amplitude": "fixed"},
    "ternary": {"spike": "ternary", "amplitude": "fixed"},
    "trainable": {"spike": "ternary", "amplitude": "trainable"},
}
TARGETS = {bits: target for target, bits in TARGET_BITS.items()}
GRID = ("seeds", "spikes", "timesteps", "weight_bits")
# option of a run -> the key of the plan that gives it
SET_BY = {"spike": "spikes", "amplitude": "spikes", "seed": "seeds"} | {
    option: option for option in ("timesteps", "weight_bits")
}
INTEGERS = "integers.json"  # the IntegerReport in a run's folder

# the options that [train] may give: those of TrainConfig and Preparation, by default None
CommonOptions = msgspec.defstruct(
    "CommonOptions",
    [
        (field.name, field.type | None, None)
        for field in (*msgspec.structs.fields(TrainConfig), *msgspec.structs.fields(Preparation))
        if field.name not in (*SET_BY, "init", "own")
    ],
    forbid_unknown_fields=True,
)


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the grid."""

    spikes: str  # a key of SPIKES
    timesteps: int
    weight_bits: int
    seed: int

    @property
    def name(self) -> str:
        """The name of the run's folder."""
        return f"{self.spikes}-T{self.timesteps}-w{self.weight_bits}-seed{self.seed}"


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an ablation's file says, see docs/ablation.md.

    Raises:
        InputError: a value cannot be used.
    """

    seeds: tuple[int, ...]
    spikes: tuple[str, ...]
    timesteps: tuple[int, ...]
    weight_bits: tuple[int, ...]
    train: dict[str, Any] = {}  # the options that all runs have in common

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
        source = self.source()
        for cell in self.cells:
            self.config(cell, source)

    @property
    def cells(self) -> list[Cell]:
        """All runs; those that differ in the seed alone follow each other."""
        grid = product(self.spikes, self.timesteps, self.weight_bits, self.seeds)
        return [
            Cell(spikes=spikes, timesteps=timesteps, weight_bits=bits, seed=seed)
            for spikes, timesteps, bits, seed in grid
        ]

    @property
    def common(self) -> dict[str, Any]:
        """The options that [train] gives, those of a Preparation among them.

        Raises:
            InputError: an option is unknown or has the wrong type.
        """
        try:
            options = msgspec.structs.asdict(msgspec.convert(self.train, CommonOptions))
        except msgspec.ValidationError as error:
            raise InputError(
                f"[train]: {error}; accepted: options of python -m qtrain train, _ in place of -"
            ) from error
        return {option: value for option, value in options.items() if value is not None}

    def source(self) -> DataSource:
        """The data of all runs, opened.

        Raises:
            InputError: there are no such data, or they cannot be used.
        """
        options = self.common
        chosen = {key: options[key] for key in Preparation.__struct_fields__ if key in options}
        return open_source(options.get("dataset", "digits"), Preparation(**chosen))

    def config(self, cell: Cell, source: DataSource) -> TrainConfig:
        """The configuration of a run on the data of `source`.

        Raises:
            InputError: an option is out of range.
        """
        aside = ("dataset", *Preparation.__struct_fields__)
        common = {option: value for option, value in self.common.items() if option not in aside}
        own = {key: getattr(cell, key) for key in ("timesteps", "weight_bits", "seed")}
        return default_config(source, **common, **own, **SPIKES[cell.spikes])


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a run. Shares are 0..1, counts are per inference; None: not reported."""

    cell: Cell
    checkpoint_sha256: str
    trained_accuracy: float  # after the last epoch, on the samples that the run evaluates
    accuracy: float  # of the integers; it and the rest are on the compiler's reference samples
    predictions_equal: float  # share of the predictions that the trained network makes too
    additions: float  # synaptic additions
    firing_rate: float | None  # spikes per hidden neuron and time step
    energy_ratio: float | None  # to the energy of the same network as an int8 ANN
    entropy_bits: float | None  # mean over the hidden neurons and time steps


class Ablation(msgspec.Struct, frozen=True, kw_only=True):
    """The results of all runs of a plan."""

    trained_on: str  # data set and split of trained_accuracy
    integers_on: str  # data set and split of the other figures
    results: list[Result]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a Result takes from a report of `python -m hw_models run --json`."""

    dataset: str
    accuracy: float
    predictions_equal: float
    operations: dict[str, dict[str, float]]
    energy: dict[str, dict[str, float | None] | float]  # in `total`: the ratio, if it is there
    firing_rate: dict[str, float]
    entropy_bits: dict[str, float] = {}


class IntegerReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report on a run's compiled network, as its folder keeps it."""

    checkpoint_sha256: str
    report: dict[str, Any]  # as python -m hw_models run --json writes it

    @property
    def measured(self) -> Measured:
        """The figures in the report.

        Raises:
            InputError: it is of another version.
        """
        try:
            found = msgspec.convert(self.report, Measured)
        except msgspec.ValidationError as error:
            raise InputError(f"the report of python -m hw_models run: {error}") from error
        layers = (*found.firing_rate, *found.entropy_bits)
        needed = [("total", "synaptic_additions"), *((name, "MembraneUpdates") for name in layers)]
        for what, kind in needed:
            if kind not in found.operations.get(what, {}):
                raise InputError(f"the report of python -m hw_models run: no {kind} of {what}")
        return found


def read_plan(path: Path) -> Plan:
    """The plan that a TOML file holds.

    Raises:
        InputError: the file is missing or no TOML, or a value in it cannot be used.
    """
    try:
        content = tomllib.loads(reading.text(reading.plain(path)))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; docs/ablation.md has an example") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no TOML: {error}; docs/ablation.md has an example") from error
    try:
        return msgspec.convert(content, Plan)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; docs/ablation.md has an example") from error


def ablate(
    plan: Plan,
    out: Path,
    data_dir: Path | None = None,
    *,
    on_step: Callable[[Cell, int, int, int], None] = lambda cell, epoch, done, total: None,
    on_epoch: Callable[[Cell, Epoch], None] = lambda cell, epoch: None,
) -> Ablation:
    """Train and measure the runs of a plan that `out` does not have yet; returns all results.

    Args:
        plan: the runs.
        out: the folder that holds a folder for each run.
        data_dir: where the data set's files are; see datasets.load.
        on_step: called after each batch with the run, the number of its epoch, from 1, and how many
            batches of it are done and how many there are.
        on_epoch: called after each epoch's checkpoint is written.

    Raises:
        InputError: a folder in `out` holds a run with other options, or a run cannot be trained
            or compiled.
    """
    source = plan.source()
    done = [is_finished(plan.config(cell, source), out / cell.name) for cell in plan.cells]
    results = []
    for cell, trained in zip(plan.cells, done, strict=True):
        config, folder = plan.config(cell, source), out / cell.name
        path = folder / checkpoint.NAME
        if not trained:
            train(
                config,
                folder,
                data_dir,
                data=source,
                resume=checkpoint.load(path) if path.exists() else None,
                on_step=lambda *step, cell=cell: on_step(cell, *step),
                on_epoch=lambda epoch, cell=cell: on_epoch(cell, epoch),
            )
        metrics = checkpoint.load(path, build=False).metrics
        log.settle(folder, metrics)
        measured = integer_report(cell, folder, data_dir, source)
        results.append(result_of(cell, metrics, measured))
    split = "validation" if config.validation else "test"
    return Ablation(
        trained_on=f"{source.name}/{split}",
        integers_on=measured.measured.dataset,
        results=results,
    )


def is_finished(config: TrainConfig, folder: Path) -> bool:
    """Whether the folder has the checkpoint of a run's last epoch.

    Raises:
        InputError: it was trained with other options, or is damaged.
    """
    path = folder / checkpoint.NAME
    if not path.exists():
        return False
    found = checkpoint.load(path)
    if other := run_folder.difference(found, config):
        raise InputError(f"{path}: {other}; remove the folder or name another one with --out")
    return found.training.get("epoch") == config.epochs


def integer_report(
    cell: Cell, folder: Path, data_dir: Path | None, source: DataSource
) -> IntegerReport:
    """The report on a run's compiled network.

    It is read from the folder if the one there is about the folder's checkpoint; otherwise the
    checkpoint is compiled and run, and the report is kept in the folder.

    Raises:
        InputError: the compiler or hw_models refuses it.
    """
    path, trained = folder / INTEGERS, folder / checkpoint.NAME
    sha256 = files.sha256_of(trained)
    if kept := kept_report(path, sha256):
        return kept
    with leftovers.scratch() as scratch:
        build, report = scratch / "build", scratch / "report.json"
        where = ["--data", source.dataset, *(["--data-dir", data_dir] if data_dir else [])]
        target = TARGETS[cell.weight_bits]
        run_python("compiler", "build", trained, "--target", target, "--out", build, *where)
        run_python("hw_models", "run", build, "--json", report)
        content = msgspec.json.decode(report.read_bytes())
        kept = IntegerReport(checkpoint_sha256=sha256, report=content)
    evidence.write_json(kept, path)
    return kept


def kept_report(path: Path, sha256: str) -> IntegerReport | None:
    """The report in a run's folder; None if it is missing, damaged or of another checkpoint."""
    try:
        kept = reading.decoded(reading.plain(path), IntegerReport)
        kept.measured  # noqa: B018 - whether it is one
    except (FileNotFoundError, InputError):
        return None
    return kept if kept.checkpoint_sha256 == sha256 else None


def run_python(package: str, *args: object) -> None:
    """Run a command of a package that this one may not import.

    Raises:
        InputError: the command fails.
    """
    command = [sys.executable, "-m", package, *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = [f"exit status {done.returncode}", *done.stderr.strip().splitlines()][-1]
        said = last.removeprefix("error: ")
        raise InputError(f"python -m {package} {args[0]} {args[1]}: {said}")


def result_of(cell: Cell, metrics: dict[str, Any], measured: IntegerReport) -> Result:
    """The figures of a run, from its checkpoint's metrics and the report on its integers."""
    report = measured.measured
    operations, total = report.operations, report.energy.get("total")

    def over_neurons(by_layer: dict[str, float]) -> float | None:
        """The mean over layers, weighted by their neurons, each of which updates once a step."""
        neurons = {layer: operations[layer]["MembraneUpdates"] for layer in by_layer}
        if not sum(neurons.values()):
            return None
        return sum(by_layer[layer] * n for layer, n in neurons.items()) / sum(neurons.values())

    held = "validation_accuracy" if "validation_accuracy" in metrics else "test_accuracy"
    return Result(
        cell=cell,
        checkpoint_sha256=measured.checkpoint_sha256,
        trained_accuracy=metrics[held],
        accuracy=report.accuracy,
        predictions_equal=report.predictions_equal,
        additions=operations["total"]["synaptic_additions"],
        firing_rate=over_neurons(report.firing_rate),
        energy_ratio=total.get("ratio") if isinstance(total, dict) else None,
        entropy_bits=over_neurons(report.entropy_bits),
    )
