"""Flips bits in the memories of a simulated core, and counts which classes survive it."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder.reference_vectors import Reference
from hw_models.semantics import Ints
from rtl_sim import sources
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.simulate import Model, compile_model
from rtl_sim.simulation.trace import MISSING, Simulation
from rtl_sim.upsets import model as software
from rtl_sim.upsets.flips import Flip, as_bytes, draw
from rtl_sim.upsets.memories import KINDS, Kind, Memory, memories_of

NO_CLASS = -1


class Seed(NamedTuple):
    """The seed of a trial, for numpy's default_rng."""

    chosen: int  # by the user
    kind: int  # the memory's number in KINDS
    flips: int
    trial: int  # its number


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """All samples once, with flips drawn from one seed."""

    seed: Seed
    correct: int  # samples whose class is the label
    agreeing: int  # samples whose class is that of the golden model
    other_logits: int  # simulated samples with another logit than the golden model's, or none
    unanswered: int  # simulated samples without logits: the core got stuck
    flagged: int | None = None  # simulated samples with a parity error; None: a core without parity
    silent: int | None = None  # simulated samples with another logit, and no parity error
    difference: str | None  # of the Verilog from the model of its flipped weights


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """All trials with one number of flips in one kind of memory."""

    memory: Kind
    flips: int  # of weights for all samples together, else for each sample
    samples: int  # of each trial
    simulated: int  # of them in the simulator
    trials: tuple[Trial, ...]

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """The accuracy in each trial."""
        return np.array([trial.correct / self.samples for trial in self.trials])

    @property
    def agreements(self) -> NDArray[np.float64]:
        """The share of the golden model's classes, in each trial."""
        return np.array([trial.agreeing / self.samples for trial in self.trials])

    @property
    def other_logits(self) -> float:
        """The share of simulated samples with another logit than without flips."""
        return float(np.mean([trial.other_logits / self.simulated for trial in self.trials]))

    @property
    def flagged(self) -> float | None:
        """The share of simulated samples with a parity error; None without parity."""
        counts = [trial.flagged for trial in self.trials if trial.flagged is not None]
        return float(np.mean(counts)) / self.simulated if counts else None

    @property
    def silent(self) -> int | None:
        """The simulated samples with another logit and no parity error, in all trials."""
        counts = [trial.silent for trial in self.trials if trial.silent is not None]
        return sum(counts) if counts else None

    @property
    def stuck(self) -> int:
        """The trials in which the core got stuck."""
        return sum(trial.unanswered > 0 for trial in self.trials)


class Upsets(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim upsets`."""

    name: str
    target: str
    simulator: str
    verilog_sha256: str
    seed: int
    cycles: int  # from one sample to the next; a sample's flip falls into any
    bits: dict[Kind, int]  # of each kind of memory
    points: tuple[Point, ...]
    first_difference: str | None  # of the Verilog from the model
    dataflow_sha256: str | None = None


def run(
    build: Build,
    reference: Reference,
    counts: Sequence[int],
    *,
    kinds: Collection[Kind] = KINDS,
    samples: int = 100,
    trials: int = 8,
    seed: int = 0,
    sim: str = "verilator",
    jobs: int = 1,
    begin: Callable[[str, int | None], None] = lambda step, parts: None,
    advance: Callable[[int], None] = lambda n: None,
) -> Upsets:
    """Simulate a build's Verilog while bits of its memories flip.

    Flips of weights come before the first sample and stay. The Verilog is compared with the model
    of its flipped weights (model.py), value for value, and the model classifies all reference
    samples. Flips of membranes and accumulators come anew in each sample, in any of its cycles, and
    the Verilog classifies.

    Args:
        build: a build with its Verilog.
        reference: its reference vectors.
        counts: the numbers of flips, besides 0.
        kinds: the memories; those that the core does not have are left out.
        samples: the number of samples to be simulated.
        trials: how often flips are drawn anew for each number and kind of memory.
        seed: begins the seed of each trial.
        jobs: the number of simulations at a time; it changes no number.

    Raises:
        InputError: a kind of memory has fewer bits than should flip; also as compile_model() does.
        Unfinished: as compile_model() and Model.run() do.
    """
    memories = memories_of(build)
    bits: dict[Kind, int] = {
        kind: sum(m.bits for m in memories if m.kind == kind) for kind in KINDS if kind in kinds
    }
    plan: list[tuple[Kind, int]] = [
        (kind, count) for kind in bits if bits[kind] for count in sorted({0, *counts})
    ]
    for kind, count in plan:
        draw(memories, kind, count, (seed,), 1, 1)  # refuses too many before it takes long
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        begin("compiling", None)
        model = compile_model(build, Path(scratch), sim, memories=[m.name for m in memories])
        bench = Bench(model, memories, reference, samples)

        def one(seed: Seed) -> Trial:
            trial = bench.trial(seed)
            advance(1)
            return trial

        seeds = [
            Seed(seed, KINDS.index(kind), count, number)
            for kind, count in plan
            for number in range(trials if count else 1)
        ]
        begin("simulating", len(seeds))
        with ThreadPoolExecutor(jobs) as pool:
            done = list(pool.map(one, seeds))
        made = tuple(
            bench.point(kind, count, tuple(t for t in done if t.seed[1:3] == (number, count)))
            for number, kind in enumerate(KINDS)
            for count in sorted({t.seed.flips for t in done if t.seed.kind == number})
        )
    differences = [bench.difference, *(t.difference for p in made for t in p.trials)]
    return Upsets(
        name=build.dataflow.name,
        target=build.dataflow.target,
        simulator=sim,
        verilog_sha256=sources.sha256(build),
        seed=seed,
        cycles=bench.cycles,
        bits=bits,
        points=made,
        first_difference=next(filter(None, differences), None),
        dataflow_sha256=build.sha256,
    )


class Bench:
    """A model on which bits flip, and what it gives without flips."""

    def __init__(
        self, model: Model, memories: list[Memory], reference: Reference, samples: int
    ) -> None:
        self.model, self.memories, self.reference = model, memories, reference
        self.x = reference.x[:, :samples]
        trace = golden.run(model.build, self.x)
        sound = compared(model.build, self.x, trace, model.run(self.x), 0)
        between = sound.intervals if len(sound.intervals) else sound.latencies
        self.cycles = max(1, round(float(between.mean())))
        self.difference = sound.difference
        self.logits = trace.logits
        self.classes = software.predictions(model.build, reference.x, {})

    def trial(self, seed: Seed) -> Trial:
        """One trial: the simulation and, of weights, the model as well."""
        build, x, kind = self.model.build, self.x, KINDS[seed.kind]
        flips = draw(self.memories, kind, seed.flips, seed, x.shape[1], self.cycles)
        name = "-".join(map(str, seed))
        simulation = self.model.run(x, name=name, upsets=as_bytes(flips))
        unanswered = (simulation.logits == MISSING).any(axis=1)
        classes = np.where(unanswered, NO_CLASS, simulation.logits.argmax(axis=1))
        difference = ""
        if kind == "weights":
            weights = software.flipped_weights(build, self.memories, flips)
            trace = software.run(build, x, weights)
            difference = compared(build, x, trace, simulation, 0).difference
            classes = software.predictions(build, self.reference.x, weights)
        changed = (simulation.logits != self.logits).any(axis=1)
        flagged = flagged_samples(simulation)
        return Trial(
            seed=seed,
            correct=equal(classes, self.reference.labels),
            agreeing=equal(classes, self.classes),
            unanswered=int(unanswered.sum()),
            other_logits=int(changed.sum()),
            flagged=None if flagged is None else int(flagged.sum()),
            silent=None if flagged is None else int((changed & ~flagged & ~unanswered).sum()),
            difference=f"{seed.flips} flips, {seed}: {difference}" if difference else None,
        )

    def point(self, kind: Kind, count: int, trials: tuple[Trial, ...]) -> Point:
        """All trials of one number of flips."""
        simulated = self.x.shape[1]
        samples = self.reference.samples if kind == "weights" else simulated
        return Point(memory=kind, flips=count, samples=samples, simulated=simulated, trials=trials)


def flagged_samples(simulation: Simulation) -> NDArray[np.bool_] | None:
    """The samples with a parity error while they were in the core; None without parity.

    Of a sample that never left, the last cycle is the run's.
    """
    if simulation.alarms is None:
        return None
    ends = np.where(simulation.ends == MISSING, np.iinfo(np.int64).max, simulation.ends)
    first = np.searchsorted(simulation.alarms, simulation.starts, side="left")
    return first < np.searchsorted(simulation.alarms, ends, side="right")


def equal(classes: Ints, others: Ints) -> int:
    """How many of the first classes are equal."""
    return int((classes == others[: len(classes)]).sum())


def flips_of(build: Build, upsets: Upsets) -> Iterator[tuple[Point, Trial, Memory, Flip]]:
    """All flips of a report, drawn again from their seeds."""
    memories = memories_of(build)
    for point in upsets.points:
        for trial in point.trials:
            drawn = draw(
                memories, point.memory, point.flips, trial.seed, point.simulated, upsets.cycles
            )
            for flip in drawn:
                yield point, trial, memories[flip.memory], flip
