"""Flips that a core with parity bits must report, and the number of its reports."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build, Dense
from hw_models.engines import golden
from hw_models.hardware import hardware_of
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.simulate import NO_STALLS, Model, compile_model
from rtl_sim.simulation.trace import MISSING
from rtl_sim.upsets.flips import Flip, as_bytes, draw
from rtl_sim.upsets.memories import KINDS, memories_of
from rtl_sim.upsets.report import flagged_samples
from tests.builders.random_builds import random_input

SAMPLES = 16
WEIGHTS = 4  # runs with one flipped weight bit each


def first_problem(build: Build, change: Callable[[Build], Build] = lambda build: build) -> str:
    """The first flip that the Verilog of a build with parity reports wrongly; "" if there is none.

    Args:
        change: what is simulated in its place.
    """
    x = random_input(build, SAMPLES, 3)
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        names = [memory.name for memory in memories_of(build)]
        wrong = change(build)
        model = compile_model(wrong, Path(scratch) / "flips", memories=names)
        problems = (*of_values(model, build, x), *of_parity_bits(model, build, x))
        if found := next(filter(None, problems), ""):
            return found
        for number, (what, reads, files) in enumerate(of_channels(build, wrong)):
            changed = Build(wrong.dataflow, wrong.tensors, files=files)
            model = compile_model(changed, Path(scratch) / f"channels{number}", memories=names)
            alarms = model.run(x).alarms
            if alarms is None or len(alarms) != SAMPLES * reads:
                return f"{what}: {said(alarms)}, expected {SAMPLES * reads}"
    return ""


def of_values(model: Model, build: Build, x: NDArray[np.int8]) -> Iterator[str]:
    """With one flip in each sample, or one weight flipped: each sample that it changes is named."""
    memories, trace = memories_of(build), golden.run(build, x)
    for kind in KINDS:
        flagged = 0
        for seed in range(WEIGHTS if kind == "weights" else 1):
            flips = draw(memories, kind, 1, (seed,), SAMPLES, 40)
            simulation = model.run(x, NO_STALLS, upsets=as_bytes(flips))
            named = flagged_samples(simulation)
            if named is None:
                yield "no alarms"
                return
            # A core that stopped, as Icarus does on an x, needs no alarm.
            answered = (simulation.logits != MISSING).all(axis=1)
            changed = ~compared(build, x, trace, simulation, 0).equal & answered
            for sample in np.flatnonzero(changed & ~named):
                yield f"{kind}: sample {sample} is another, without an alarm"
            flagged += int(named.sum())
        if not flagged:
            yield f"{kind}: no alarm"


def of_parity_bits(model: Model, build: Build, x: NDArray[np.int8]) -> Iterator[str]:
    """With flipped parity bits all values are equal, and each read of such a word is an alarm."""
    trace = golden.run(build, x)
    for number, memory in enumerate(memories_of(build)):
        bit = memory.word_bits - 1
        if memory.parity and memory.kind == "weights":
            flips = [Flip(0, 0, number, word, bit) for word in range(memory.words)]
        elif memory.parity or memory.word_bits == 1:
            # All of them once a sample, in cycles that move through it.
            flips = [
                Flip(n + 1, 3 * n, number, word, bit)
                for n in range(SAMPLES)
                for word in range(memory.words)
            ]
        else:
            continue
        simulation = model.run(x, NO_STALLS, upsets=as_bytes(flips))
        part = compared(build, x, trace, simulation, 0)
        if part.difference:
            yield f"{memory.name}: {part.difference}"
        if simulation.alarms is None or not len(simulation.alarms):
            yield f"{memory.name}: no alarm of parity bits"
            return
        if memory.kind == "weights" and (per_event := rows_per_event(build, memory.owner)):
            layer = next(x for x in build.dataflow.layers if x.synapses[0].name == memory.owner)
            reads = part.layers[layer.name].events_in * per_event
            if len(simulation.alarms) != reads:
                yield f"{memory.name}: {said(simulation.alarms)}, expected {reads}"


def rows_per_event(build: Build, owner: str) -> int:
    """The rows of weights that an event reads if the synapse is dense and in a single memory, else
    0."""
    memories = [m for m in memories_of(build) if (m.kind, m.owner) == ("weights", owner)]
    for layer, own in zip(build.dataflow.layers, hardware_of(build).layers, strict=True):
        synapse, engine = layer.synapses[0], own.synapses[0].engine
        if synapse.name == owner and isinstance(synapse.op, Dense) and len(memories) == 1:
            return -(-engine.n // engine.lanes)
    return 0


def of_channels(build: Build, wrong: Build) -> Iterator[tuple[str, int, dict[str, bytes]]]:
    """For each memory of biases and thresholds, with a bit of its first word flipped: its name,
    how often a sample reads the word, and all files of the build."""
    for layer in hardware_of(build).layers:
        update = layer.update
        reads = build.dataflow.timesteps * update.words // update.rows
        for path in filter(None, (update.bias_file, update.threshold_file)):
            first, *others = build.files[path].split(b"\n")
            flipped = f"{int(first, 16) ^ 1:0{len(first)}x}".encode()
            yield path, reads, {**wrong.files, path: b"\n".join([flipped, *others])}


def said(alarms: np.ndarray | None) -> str:
    return "no parity" if alarms is None else f"alarms in {len(alarms)} cycles"
