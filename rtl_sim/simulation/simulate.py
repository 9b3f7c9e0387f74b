"""Compiles a build with its bench for a simulator and runs samples through it."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.errors import need
from hw_models.folder import files, leftovers
from rtl_sim import sources
from rtl_sim.simulation import accesses, bench, process, simulators, stream, trace
from rtl_sim.simulation.trace import Simulation

BENCH = Path(__file__).parent / "bench"  # folder of the benches' modules
UNWATCHED = "bench/unwatched.v"  # takes the core's assertions out


@dataclass(frozen=True, slots=True)
class Stalls:
    """The conditions under which a bench runs the core; none of them may change a value."""

    idle: int = 0  # of 256 cycles, in so many the source gives nothing
    stall: int = 0  # of 256 cycles, in so many the sink takes nothing
    reset_at: int = 0  # reset in this cycle; the input then starts again; 0: no reset
    reset_layer: int = 0  # another reset comes when this layer
    reset_word: int = 0  # has read this many words of a sample's sweeps; 0: no reset
    shuffled: bool = False  # a step's events come in random order; otherwise addresses rise
    registers: bool = False  # access the registers of a build with a bus (accesses.py)

    def check(self) -> None:
        """Raise InputError if a number is none that a bench takes."""
        for name in ("idle", "stall", "reset_at", "reset_layer", "reset_word"):
            value, most = getattr(self, name), 255 if name in ("idle", "stall") else (1 << 31) - 1
            need(0 <= value <= most, "stalls", name, value, f"0..{most}")


NO_STALLS = Stalls()


@dataclass(frozen=True, slots=True)
class Model:
    """A build compiled with its bench for one simulator, for any number of simultaneous runs."""

    build: Build
    sim: str
    folder: Path  # has bench/, mem/, rtl/ and compiled/; each run adds a folder of its own

    def run(
        self,
        x: NDArray[np.int8],
        stalls: Stalls = NO_STALLS,
        waves: Path | None = None,
        name: str = "run",
        upsets: bytes = b"",
    ) -> Simulation:
        """Send B samples x int8 [T', B, *shape] through the core, back to back.

        Args:
            waves: write a waveform to this file; the model must be compiled for it.
            name: the run's folder within the model's; no two runs may use it at a time.
            upsets: the bench's file of bits that flip; the model must be compiled for it.

        Raises:
            Unfinished: the simulator broke off, or the bench's files are incomplete.
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
                    folder / "upsets.bin": upsets,
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
    """The result of trace.read() if the files are complete or the Verilog itself ended the run.

    Raises:
        Unfinished: a file is incomplete for another reason.
    """
    if not problem and (cut := trace.cut_short(build, folder)):
        log = process.text_of(folder / simulators.LOG)
        why = process.reason(folder, "", 0) if process.full(folder) else f"{cut} ends early"
        raise process.Unfinished(f"what the bench saw was not written whole: {why}", log)
    return trace.read(build, folder, samples, problem)


def compile_model(
    build: Build,
    folder: Path,
    sim: str = "icarus",
    waves: bool = False,
    memories: Sequence[str] = (),
) -> Model:
    """Write the build's hardware and its bench into an empty folder and compile them.

    Args:
        build: a build with its files mem/ and rtl/.
        waves: whether runs can write a waveform.
        memories: the names, within the core, of memories in which bits can flip; there are then no
            assertions, since sums may leave their proven widths and wrap, as in hardware.

    Raises:
        InputError: the simulator is missing, or the build has no top level.
        Unfinished: the simulator refuses the Verilog, or breaks off.
    """
    simulators.require(sim)
    benches = bench_files(build, memories)
    made = {**benches, **sources.hardware_files(build)}
    paths = [*sources.paths(build), *sorted(benches)]
    if memories:
        made[UNWATCHED] = b"`define SYNTHESIS\n"
        paths = [UNWATCHED, *paths]
    files.write({folder / name: content for name, content in made.items()})
    simulators.compile_bench(sim, folder, paths, waves, optimization(build))
    return Model(build, sim, folder)


def optimization(build: Build) -> str:
    """The C++ compiler's option: a netlist is long, and so takes longer to compile than to run."""
    if sources.nets(build):
        return "-O0"
    return "-O1" if sources.netlist(build) else "-O2"


def bench_files(build: Build, memories: Sequence[str] = ()) -> dict[str, bytes]:
    """The Verilog of a build's bench, by path; `memories` as in compile_model()."""
    made = {"bench/bench.v": bench.generate(build, memories).encode()}
    return made | {f"bench/{path.name}": path.read_bytes() for path in BENCH.glob("*.v")}


def simulate(
    build: Build,
    x: NDArray[np.int8],
    *,
    sim: str = "icarus",
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
) -> Simulation:
    """Compile and run once; the arguments are those of compile_model() and Model.run()."""
    with leftovers.scratch() as folder:
        model = compile_model(build, folder, sim, waves is not None)
        return model.run(x, stalls, waves)
