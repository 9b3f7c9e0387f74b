"""Runs a build on its reference vectors: accuracy, agreement with training, operations, energy."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models import parallel
from hw_models.cost import energy, neurobench, operations, paper_energy
from hw_models.cost.energy import Energy
from hw_models.cost.entropy import Signs
from hw_models.cost.neurobench import NeuroBench
from hw_models.cost.operations import Operations
from hw_models.dataflow import Build
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.engines.golden import Trace
from hw_models.engines.onnx_runtime import Difference
from hw_models.errors import InputError
from hw_models.folder.reference_vectors import Reference
from hw_models.report.agreement import agreeing, share

BATCH = 64  # small enough that the allocator reuses the same memory
ENGINES: dict[str, Callable[[Build, NDArray[np.int8]], Trace]] = {
    "fast": functools.partial(fast.run, keep_membranes=False),
    "golden": golden.run,
    "onnx": onnx_runtime.run,
}
# Engines with foreign arithmetic, by the name that tables show: each is compared with the fast
# engine bit for bit, and its report is evidence of its own.
FOREIGN = {"onnx": "ONNX Runtime"}


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m hw_models run`; shares are 0..1, counts are per inference."""

    name: str
    target: str
    timesteps: int
    dataset: str
    engine: str
    samples: int
    accuracy: float
    reference_accuracy: float  # accuracy of the QAT network on the same samples
    predictions_equal: float
    # By layer, over the samples that have reference spikes: the neuron updates whose s differs from
    # the QAT network's, as a share of all updates and as a share of that network's spikes.
    updates_differing: dict[str, float]
    spikes_differing: dict[str, float]
    spike_samples: int
    firing_rate: dict[str, float]  # by layer: spikes per neuron and time step
    entropy_bits: dict[str, float]  # by layer, mean over neurons and steps (cost/entropy.py)
    pooled_entropy_bits: dict[str, float]  # by layer, all its neurons and steps as one distribution
    operations: dict[str, dict[str, float]]  # by layer and in `total`, mean per inference
    energy: dict[str, dict[str, float]]  # by layer and in `total`, mean per inference
    neurobench: NeuroBench
    differences: tuple[Difference, ...] = ()  # for a foreign engine, the first of each layer


def batches(samples: int, size: int = BATCH) -> Iterator[slice]:
    """Consecutive slices over the samples."""
    return (slice(i, min(i + size, samples)) for i in range(0, samples, size))


@dataclasses.dataclass(slots=True)
class Tally:
    """Sums over batches, so that memory stays bounded."""

    correct: int = 0
    reference_correct: int = 0
    equal: int = 0
    signs: dict[str, Signs] = dataclasses.field(default_factory=dict)
    differing: dict[str, int] = dataclasses.field(default_factory=dict)
    trained_spikes: dict[str, int] = dataclasses.field(default_factory=dict)
    operations: dict[str, Operations] = dataclasses.field(default_factory=dict)
    differences: list[Difference] = dataclasses.field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Add the sums over another batch; the differences of the first that has any stay."""
        self.correct += other.correct
        self.reference_correct += other.reference_correct
        self.equal += other.equal
        for name in ("signs", "differing", "trained_spikes", "operations"):
            add_to(getattr(self, name), getattr(other, name))
        self.differences = self.differences or other.differences


def evaluate(
    build: Build,
    reference: Reference,
    samples: int | None = None,
    engine: str = "fast",
    advance: Callable[[int], None] = lambda n: None,
    jobs: int = 1,
) -> Evaluation:
    """Execute the first `samples` of the reference, all of them by default.

    Args:
        advance: called after each batch with its number of samples.
        jobs: the number of batches that run at a time; it changes no result.

    Raises:
        InputError: there are no samples, or fewer than 1 are asked for.
    """
    samples = reference.samples if samples is None else min(samples, reference.samples)
    if samples < 1:
        raise InputError(f"{samples} of {reference.samples} samples; accepted: 1 or more")
    known = min(samples, min((s.shape[1] for s in reference.spikes.values()), default=0))

    def tallied(part: slice) -> tuple[slice, Tally]:
        return part, tally_of(build, reference, part, engine)

    tally = Tally()
    for part, found in parallel.in_order(tallied, batches(samples), jobs):
        tally.add(found)
        advance(part.stop - part.start)
    return report(build, reference, samples, known, engine, tally)


def tally_of(build: Build, reference: Reference, part: slice, engine: str) -> Tally:
    """The sums over one batch."""
    x, tally = reference.x[:, part], Tally()
    trace = ENGINES[engine](build, x)
    if engine in FOREIGN:
        expected = fast.run(build, x, keep_membranes=False)
        tally.differences = onnx_runtime.differences(expected, trace, part.start)
    labels, trained = reference.labels[part], reference.predictions[part]
    tally.correct += agreeing(trace.predictions, labels)
    tally.reference_correct += agreeing(trained, labels)
    tally.equal += agreeing(trace.predictions, trained)
    for name, s in trace.spikes.items():
        tally.signs[name] = Signs.of(s)
        if name in reference.spikes:
            expected = reference.spikes[name][:, part]
            differing = np.count_nonzero(s[:, : expected.shape[1]] != expected)
            tally.differing[name] = int(differing)
            tally.trained_spikes[name] = int(np.count_nonzero(expected))
    tally.operations.update(operations.count(build, x, trace))
    return tally


def add_to(sums: dict[str, Any], values: dict[str, Any]) -> None:
    """Add values to sums, key by key."""
    for name, value in values.items():
        sums[name] = sums[name] + value if name in sums else value


def report(
    build: Build, reference: Reference, samples: int, known: int, engine: str, tally: Tally
) -> Evaluation:
    flow = build.dataflow
    size = {layer.name: layer.size for layer in flow.layers if layer.fires}
    steps = flow.timesteps
    spikes = {name: signs.spikes for name, signs in tally.signs.items()}
    total = sum(tally.operations.values(), start=Operations())
    counts = {**tally.operations, "total": total}
    energies = energy.by_layer(build, tally.operations)
    accuracy = share(tally.correct, samples)
    return Evaluation(
        name=flow.name,
        target=flow.target,
        timesteps=steps,
        dataset=f"{reference.about.dataset}/{reference.about.split}",
        engine=engine,
        samples=samples,
        accuracy=accuracy,
        reference_accuracy=share(tally.reference_correct, samples),
        predictions_equal=share(tally.equal, samples),
        updates_differing={
            n: c / (size[n] * steps * known) for n, c in tally.differing.items() if known
        },
        spikes_differing={
            n: c / max(1, tally.trained_spikes[n]) for n, c in tally.differing.items() if known
        },
        spike_samples=known,
        firing_rate={n: c / (size[n] * steps * samples) for n, c in spikes.items()},
        entropy_bits={n: signs.neuron_bits(samples) for n, signs in tally.signs.items()},
        pooled_entropy_bits={n: signs.pooled_bits(samples) for n, signs in tally.signs.items()},
        operations={n: mean(ops, samples) for n, ops in counts.items()},
        energy={n: picojoules(e, counts[n], samples) for n, e in energies.items()},
        neurobench=neurobench.metrics(build, total, sum(spikes.values()), samples, accuracy),
        differences=tuple(tally.differences),
    )


def mean(sums: msgspec.Struct, samples: int) -> dict[str, float]:
    return {f: getattr(sums, f) / samples for f in sums.__struct_fields__}


def picojoules(of_table: Energy, ops: Operations, samples: int) -> dict[str, float]:
    """A layer's energy per inference, by the 45 nm table and by the Ternary Spike paper."""
    return {
        **mean(of_table, samples),
        "total_pj": of_table.total_pj / samples,
        "ann_total_pj": of_table.ann_total_pj / samples,
        "ratio": of_table.ratio,
        "paper_pj": paper_energy.picojoules(ops) / samples,
    }
