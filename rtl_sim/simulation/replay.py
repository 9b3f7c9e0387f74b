"""The failure folder: a sample that differs, with everything needed to simulate it again.

failure.json      the difference, its place, the simulator, and the command that reruns it
build/            the build that was simulated, with its Verilog
input.npy         the samples, int8 [T', B, *shape]
expected.npz      the golden model's integers: spikes.*, membranes.* [B, T, size], logits
got.npz           the simulation's integers, and the class beside each logit; -2**63 if missing
waveform.*        the waveform of these samples
"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.cli import keeping
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.errors import InputError, need
from hw_models.folder import archive, artefact, evidence, files, leftovers, reading
from rtl_sim import sources
from rtl_sim.simulation import simulators
from rtl_sim.simulation.check import Part, compared
from rtl_sim.simulation.compare import by_sample
from rtl_sim.simulation.simulate import Model, Stalls, compile_model

ABOUT, INPUT, WAVES = "failure.json", "input.npy", "waveform"
KIND = "failure folder"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """failure.json."""

    difference: str
    command: str  # simulates the folder's samples again
    sim: str
    stalls: Stalls
    first: int  # number of the folder's first sample
    dataflow_sha256: str | None  # identifies the build that was run


def record(
    build: Build,
    x: NDArray[np.int8],
    part: Part,
    sim: str,
    stalls: Stalls,
    folder: Path,
) -> Failure:
    """Find the fewest samples of a part that show its difference and keep them in `folder`.

    Args:
        x: the samples of the whole run, int8 [T', B, *shape].
        part: the part of that run with a difference.
        folder: is made anew; an earlier failure folder is replaced.

    Raises:
        InputError: `folder` exists and holds something else.
    """
    with (
        files.fresh_folder(folder, ABOUT, KIND) as fresh,
        leftovers.scratch() as compiled,
    ):
        (fresh / "build").mkdir()
        artefact.write(build, fresh / "build")
        model = compile_model(build, compiled, sim, waves=True)
        for samples in candidates(part):
            about = Failure(
                difference=part.difference,
                command=command(folder),
                sim=sim,
                stalls=stalls,
                first=samples.start,
                dataflow_sha256=build.sha256,
            )
            np.save(fresh / INPUT, x[:, samples])
            evidence.write_json(about, fresh / ABOUT)
            if simulate_again(model, x[:, samples], about, fresh).difference:
                break
    return about


def keep(
    build: Build, x: NDArray[np.int8], part: Part, sim: str, stalls: Stalls, folder: Path
) -> str | None:
    """Do as `record`, at best, and return the folder; None if nothing could be kept.

    Nothing is kept where the simulator is not here, as after a run on a cluster. Another error is a
    note on standard error, so that it does not hide the difference.
    """
    if simulators.SIMULATORS[sim].missing() is None:
        with keeping("what differs", at_best=True):
            record(build, x, part, sim, stalls, folder)
            return str(folder)
    return None


def command(folder: Path) -> str:
    """The shell command that simulates a failure folder's samples again."""
    return shlex.join(["python", "-m", "rtl_sim", "replay", str(folder)])


def check_folder(folder: Path) -> None:
    """Raise InputError if `folder` holds anything but an earlier failure."""
    files.check_folder(folder, ABOUT, KIND)


def candidates(part: Part) -> Iterator[slice]:
    """Samples that may show the difference again, the fewest first.

    They are the sample alone; the sample after those before it, in case it needs their state in the
    core or their stalls; and the whole part.
    """
    suspect, end = part.first + part.suspect, part.first + len(part.equal)
    yield slice(suspect, suspect + 1)
    if part.first < suspect:
        yield slice(part.first, suspect + 1)
    if suspect + 1 < end:
        yield slice(part.first, end)


def replay(folder: Path, sim: str | None = None, library: Path | None = None) -> Part:
    """Simulate a failure folder's samples again; return the comparison.

    This renews the waveform and the integers of both sides, unless nothing can be written there.

    Args:
        sim: another simulator than the one in which they differed.
        library: a folder of modules to use instead of the build's.

    Raises:
        InputError: `folder` is no failure folder, or it is damaged.
        Unfinished: as compile_model() and Model.run() do.
    """
    about, x, build = opened(folder)
    if library is not None:
        build = sources.with_library(build, library)
    with leftovers.scratch() as compiled, leftovers.scratch() as unkept:
        model = compile_model(build, compiled, sim or about.sim, waves=True)
        return simulate_again(model, x, about, folder if writable(folder) else unkept)


class Opened(NamedTuple):
    """The content of a failure folder."""

    about: Failure
    x: NDArray[np.int8]  # the samples, [T', B, *shape]
    build: Build


def opened(folder: Path) -> Opened:
    """Read a failure folder.

    Raises:
        InputError: `folder` is no failure folder, or it is damaged.
    """
    try:
        with files.steady(folder, ABOUT):
            about = reading.decoded(reading.inside(folder, ABOUT), Failure)
            x = archive.array(reading.inside(folder, INPUT))
    except OSError as error:
        raise InputError(f"{folder}: no failure folder ({error.strerror})") from error
    except InputError as error:
        raise InputError(f"{folder}: damaged: {error}; run the simulation again") from error
    if not (folder / "build").resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{folder / 'build'}: leads out of the folder; run the simulation again")
    build = artefact.load(folder / "build")
    try:
        need(about.sim in simulators.SIMULATORS, ABOUT, "sim", about.sim,
             ", ".join(simulators.SIMULATORS))  # fmt: skip
        about.stalls.check()
        golden.check_input(build, x)
    except InputError as error:
        raise InputError(f"{folder}: {error}; run the simulation again") from error
    return Opened(about, x, build)


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    return os.access(folder, os.W_OK)


def simulate_again(model: Model, x: NDArray[np.int8], about: Failure, folder: Path) -> Part:
    """Simulate and compare, leaving waveform, expected.npz and got.npz in `folder`."""
    waves = folder / f"{WAVES}{simulators.SIMULATORS[model.sim].waves_suffix}"
    simulation = model.run(x, about.stalls, waves)
    for other in set(folder.glob(f"{WAVES}.*")) - {waves}:  # of another simulator
        other.unlink()
    trace = golden.run(model.build, x)
    spikes = {f"spikes.{name}": by_sample(s) for name, s in trace.spikes.items()}
    membranes = {f"membranes.{name}": by_sample(v) for name, v in trace.membranes.items()}
    expected = {**spikes, **membranes, "logits": trace.logits}
    got = {"logits": simulation.logits, "classes": simulation.classes}
    for name, layer in simulation.layers.items():
        if layer.membranes is not None:
            got[f"membranes.{name}"] = layer.membranes
        if layer.spikes is not None:
            got[f"spikes.{name}"] = layer.spikes
    with files.replaced(folder / "expected.npz", folder / "got.npz") as parts:
        for part, arrays in zip(parts, (expected, got), strict=True):
            with part.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
    return compared(model.build, x, trace, simulation, about.first)
