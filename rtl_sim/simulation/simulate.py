"""Compiles a build with its bench for a simulator and runs samples through it."""

import shutil
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.folder import artefact, files
from rtl_sim import sources
from rtl_sim.simulation import accesses, bench, process, simulators, stream, trace
from rtl_sim.simulation.trace import Simulation

BENCH = Path(__file__).parent / "bench"  # folder of the benches' modules


@dataclass(frozen=True, slots=True)
class Stalls:
    """How a bench treats the core; none of it may change a value."""

    idle: int = 0  # of 256 cycles, the source gives nothing
    stall: int = 0  # of 256 cycles, the sink takes nothing
    reset_at: int = 0  # a reset in this cycle, after which the input starts again; 0: none
    reset_layer: int = 0  # and one when this layer,
    reset_word: int = 0  # having read this many words of its sweeps, is in mid-sample; 0: none
    shuffled: bool = False  # the events of a step come in a random order, else addresses rise
    registers: bool = False  # of a build with a bus: they are read and written (accesses.py)


NO_STALLS = Stalls()


@dataclass(frozen=True, slots=True)
class Model:
    """A build compiled with its bench for one simulator, for any number of runs side by side."""

    build: Build
    sim: str
    folder: Path  # bench/, mem/, rtl/ and compiled/; a run makes a folder of its own beside them

    def run(
        self,
        x: NDArray[np.int8],
        stalls: Stalls = NO_STALLS,
        waves: Path | None = None,
        name: str = "run",
    ) -> Simulation:
        """Send B samples x int8 [T', B, *shape] through the core, back to back.

        Args:
            waves: write a waveform here, of a model that was compiled for it.
            name: of the folder that the run makes in the model's; one run at a time has it.

        Raises:
            Unfinished: the simulator broke off, or not all that the bench saw was written.
        """
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=self.folder) as scratch:
            folder = Path(scratch)
            (folder / "mem").symlink_to(Path("..") / "mem")
            words = stream.input_words(self.build.dataflow.input, x)
            if stalls.shuffled:
                words = stream.shuffled(words)
            asked = accesses.plan(self.build) if stalls.registers else []
            files.write(
                {
                    folder / "input.bin": stream.words_as_bytes(words),
                    folder / "accesses.bin": accesses.as_bytes(asked),
                }
            )
            options = [f"+{f.name}={getattr(stalls, f.name)}" for f in fields(stalls)]
            options = [f"+samples={x.shape[1]}", *options]
            waveform = f"waveform{simulators.SIMULATORS[self.sim].waves_suffix}" if waves else None
            problem = simulators.run_bench(self.sim, folder, options, waveform)
            if waves and waveform and (folder / waveform).exists():
                with files.replaced(waves) as (part,):
                    shutil.copyfile(folder / waveform, part)
            return read_whole(self.build, folder, x.shape[1], problem)


def read_whole(build: Build, folder: Path, samples: int, problem: str) -> Simulation:
    """trace.read() of a run that was written whole, unless the Verilog itself ended it early."""
    if not problem and (cut := trace.cut_short(build, folder)):
        log = process.text_of(folder / simulators.LOG)
        why = process.reason(folder, "", 0) if process.full(folder) else f"{cut} ends early"
        raise process.Unfinished(f"what the bench saw was not written whole: {why}", log)
    return trace.read(build, folder, samples, problem)


def compile_model(build: Build, folder: Path, sim: str = "icarus", waves: bool = False) -> Model:
    """Write the build's hardware and its bench into an empty folder and compile them.

    Args:
        build: with its files mem/ and rtl/.
        waves: whether runs can leave a waveform.

    Raises:
        InputError: the simulator is not there, or the build has no top level.
        Unfinished: the simulator refuses the Verilog, or breaks off.
    """
    simulators.require(sim)
    made = {"bench/bench.v": bench.generate(build).encode()}
    made |= {f"bench/{path.name}": path.read_bytes() for path in sorted(BENCH.glob("*.v"))}
    benches = sorted(made)
    for name, content in build.files.items():
        if PurePosixPath(name).parts[0] in artefact.HARDWARE:
            made[name] = content
    files.write({folder / name: content for name, content in made.items()})
    simulators.compile_bench(sim, folder, [*sources.paths(build), *benches], waves)
    return Model(build, sim, folder)


def simulate(
    build: Build,
    x: NDArray[np.int8],
    *,
    sim: str = "icarus",
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
) -> Simulation:
    """Compile and run once; arguments as of compile_model() and Model.run()."""
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        model = compile_model(build, Path(scratch), sim, waves is not None)
        return model.run(x, stalls, waves)
