"""From a NIR graph to a trained network as the compiler takes it."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.frontend.trained import TrainedNetwork, name_of
from hw_models.dataflow import STATIC, TARGET_BITS
from hw_models.errors import InputError
from hw_models.report.evaluate import Evaluation, batches
from hw_models.report.import_report import ImportReport, LayerImport
from qtrain.checkpoint import Checkpoint, versions
from qtrain.data.source import DataSource
from qtrain.data.spec import DatasetSpec
from qtrain.data.split import Split
from qtrain.interchange import nir_graph
from qtrain.interchange.calibration import calibrated
from qtrain.interchange.float_run import FloatGraph, FloatRun
from qtrain.interchange.nir_graph import NirGraph
from qtrain.interchange.nir_network import ImportedNetwork, imported
from qtrain.interchange.step_equations import Steps

BATCH = 16  # samples that are run in float64 at once
CALIBRATION_SAMPLES = 100  # of the training split
RANDOM = "random"  # the name of the data where none are given
RANDOM_SAMPLES, RANDOM_RATE, RANDOM_STEPS, SEED = 32, 0.2, 32, 0


@dataclass(frozen=True, slots=True)
class NirOptions:
    """What NIR does not say of a graph; see qtrain.interchange.step_equations.Steps."""

    dt: float | None = None
    decay: str = "euler"
    reset: str = "hard"
    timesteps: int | None = None  # T, where the data do not have time steps of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class NirNetwork(TrainedNetwork):
    """A NIR graph as the compiler takes it. What it is compared with is the graph in float64."""

    original: FloatGraph
    made: ImportedNetwork
    random: Split | None  # seeded samples, where no data were given

    def predictions(self, x: Tensor) -> NDArray[np.int64]:
        """The classes [B] that the graph gives to real inputs x [T', B, *shape]."""
        parts = [self._run(x[:, part]).logits.argmax(1) for part in batches(x.shape[1], BATCH)]
        return torch.cat(parts).numpy()

    def spikes(self, x: Tensor) -> dict[str, NDArray[np.int8]]:
        """The graph's spikes [T, B, ...] by layer of the network, for inputs x [T', B, *shape]."""
        runs = [self._run(x[:, part]).spikes for part in batches(x.shape[1], BATCH)]
        found = {}
        for node, (name, shape) in self.made.spiking.items():
            s = torch.cat([run[node] for run in runs], 1).numpy()
            found[name] = s.reshape(*s.shape[:2], *shape)
        return found

    def _run(self, x: Tensor) -> FloatRun:
        return self.original.run(x.reshape(*x.shape[:2], *self.original.graph.input.shape))


def open_nir(
    path: Path | str,
    data: DataSource | None = None,
    options: NirOptions | None = None,
    *,
    target: str = "int8",
    data_dir: Path | None = None,
    name: str | None = None,
    calibrate: bool = True,
) -> NirNetwork:
    """Read a NIR graph and make a network of it whose weights are quantized.

    Args:
        path: the file.
        data: the data that it was trained on. Without any, it takes seeded random spikes, which say
            nothing of accuracy.
        options: what NIR does not say of a graph.
        target: int8, int4 or ternary.
        data_dir: where the files of a known data set lie.
        name: of the build; by default the file's.
        calibrate: round with the least harm to samples of the training split.

    Raises:
        InputError: the file is no sound graph, the hardware cannot do what it asks for, or the data
            do not fit it.
    """
    path, options = Path(path), options or NirOptions()
    graph = nir_graph.read(path)
    spec = data.spec if data else random_spec(graph, options)
    steps = steps_for(graph, spec, options)
    original = FloatGraph(graph, steps)
    check_classes(graph, spec)
    calibration = None
    if data and calibrate:
        calibration = calibrated(original, training_samples(graph, data, data_dir))
    made = imported(
        graph, steps, TARGET_BITS[target], spec.encoding, spec.scale_of(8), calibration, spec.shape
    )
    config = data.config if data else {"dataset": RANDOM}
    checkpoint = Checkpoint(config, made.graph, made.tensors, {}, {}, versions())
    origin = {"nir_decay": steps.decay, "nir_reset": steps.reset}
    return NirNetwork(
        checkpoint,
        checkpoint.network(),
        name or name_of(path),
        graph.sha256,
        origin | ({} if steps.dt is None else {"nir_dt": steps.dt}),
        original=original,
        made=made,
        random=None if data else random_samples(spec, original),
    )


def steps_for(graph: NirGraph, spec: DatasetSpec, options: NirOptions) -> Steps:
    """How time is cut into steps for these data.

    Raises:
        InputError: the number of time steps is missing, or contradicts the data.
    """
    timesteps = options.timesteps
    if spec.encoding == STATIC and timesteps is None:
        raise InputError(
            f"{graph.path}: the samples of {spec.name} have no time steps; say for how many they "
            "are shown with --timesteps"
        )
    if spec.encoding != STATIC and timesteps not in (None, spec.timesteps):
        raise InputError(
            f"--timesteps {timesteps}: the samples of {spec.name} have {spec.timesteps}; leave it "
            "out"
        )
    timesteps = spec.timesteps if timesteps is None else timesteps
    return Steps(timesteps, options.dt, options.decay, options.reset)


def check_classes(graph: NirGraph, spec: DatasetSpec) -> None:
    """Raise InputError unless the graph has an output for each class."""
    outputs = int(np.prod(graph.output.shape))
    if outputs != spec.classes:
        raise InputError(
            f"{graph.path}: {outputs} outputs, but {spec.name} has {spec.classes} classes"
        )


def training_samples(graph: NirGraph, data: DataSource, data_dir: Path | None) -> Tensor:
    """Samples spread over the training split, as the graph takes them, [T', B, *shape]."""
    split = data.load("train", data_dir)
    chosen = np.linspace(0, len(split) - 1, min(CALIBRATION_SAMPLES, len(split))).astype(int)
    x = split.inputs(torch.from_numpy(chosen))
    if x[0, 0].numel() != np.prod(graph.input.shape):
        raise InputError(
            f"{graph.path}: takes samples of {list(graph.input.shape)}; those of {data.spec.name} "
            f"are of {list(data.spec.shape)}"
        )
    return x.reshape(*x.shape[:2], *graph.input.shape)


def random_spec(graph: NirGraph, options: NirOptions) -> DatasetSpec:
    """Seeded binary spikes of the shape that the graph takes."""

    def read(split: str, _: Path | None):
        raise AssertionError("random samples are made, not read")

    return DatasetSpec(
        RANDOM,
        shape=graph.input.shape,
        timesteps=RANDOM_STEPS if options.timesteps is None else options.timesteps,
        classes=int(np.prod(graph.output.shape)),
        encoding="binary",
        unit=1.0,
        input_scale=None,
        read=read,
    )


def random_samples(spec: DatasetSpec, graph: FloatGraph) -> Split:
    """Samples of random spikes, whose labels are what the graph makes of them."""
    shape = (RANDOM_SAMPLES, spec.timesteps, *spec.shape)
    rng = np.random.default_rng(SEED)
    x = torch.from_numpy((rng.random(shape) < RANDOM_RATE).astype(np.int8))
    labels = [
        graph.run(x[part].transpose(0, 1).float()).logits.argmax(1)
        for part in batches(RANDOM_SAMPLES, BATCH)
    ]
    return Split(spec, x, torch.cat(labels))


def import_report(network: NirNetwork, report: Evaluation) -> ImportReport:
    """What was rounded in each layer, and what that changed.

    Args:
        report: of the build on reference vectors that `network` recorded.
    """
    steps = network.original.steps
    layers = (
        LayerImport(
            **msgspec.structs.asdict(rounding),
            updates_differing=report.updates_differing.get(rounding.layer),
            spikes_differing=report.spikes_differing.get(rounding.layer),
        )
        for rounding in network.made.roundings
    )
    return ImportReport(
        graph_sha256=network.sha256,
        timesteps=steps.timesteps,
        dt=steps.dt,
        decay=steps.decay,
        reset=steps.reset,
        dataset=report.dataset,
        samples=report.samples,
        graph_accuracy=report.reference_accuracy,
        integer_accuracy=report.accuracy,
        predictions_equal=report.predictions_equal,
        layers=tuple(layers),
    )
