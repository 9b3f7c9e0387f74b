"""Compiles a build with its bench for a simulator and runs samples through it."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from hw_models.artefact import Build
from rtl_sim import bench, simulators, stream, trace
from rtl_sim.trace import Simulation

LIBRARY = Path(__file__).parent / "verilog"
BENCH = ("bench_control.v", "bench_source.v", "bench_probe.v")


@dataclass(frozen=True, slots=True)
class Stalls:
    """How a bench treats the streams; none of it may change a value."""

    idle: int = 0  # of 256 cycles, the source gives nothing
    stall: int = 0  # of 256 cycles, the sink takes nothing
    reset_at: int = 0  # a reset in this cycle, after which the input starts again; 0: none


NO_STALLS = Stalls()


@dataclass(frozen=True, slots=True)
class Model:
    """A build compiled with its bench for one simulator, for any number of runs side by side."""

    build: Build
    sim: str
    folder: Path  # bench.v, mem/, rtl/ and compiled/; a run makes a folder of its own beside them
    waves: bool  # whether runs can leave a waveform
    problem: str  # why there is no model, in one line; "" if there is one

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
        """
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=self.folder) as scratch:
            folder = Path(scratch)
            problem = self.problem
            if not problem:
                (folder / "mem").symlink_to(self.folder / "mem")
                words = stream.input_words(self.build.dataflow.input, x)
                (folder / "input.bin").write_bytes(stream.words_as_bytes(words))
                problem = self.execute(folder, x.shape[1], stalls, waves)
            return trace.read(self.build, folder, x.shape[1], problem)

    def execute(self, folder: Path, samples: int, stalls: Stalls, waves: Path | None) -> str:
        """Simulate in `folder`; the first problem that the simulation itself reports, or ""."""
        runner = simulators.make_runner(self.sim)
        options = [
            f"+samples={samples}",
            f"+idle={stalls.idle}",
            f"+stall={stalls.stall}",
            f"+reset_at={stalls.reset_at}",
            *runner.run_args,
            *(runner.waves_args(waves.absolute()) if waves else ()),
        ]
        log = folder / "simulation.log"
        failed = None
        try:
            runner.test(
                test_module="rtl_sim.wait",
                hdl_toplevel_lang="verilog",
                hdl_toplevel="bench",
                build_dir=self.folder / "compiled",
                test_dir=folder,
                results_xml=str(folder / "results.xml"),
                plusargs=options,
                waves=waves is not None,
                log_file=log,
            )
        except (RuntimeError, SystemExit) as error:
            failed = str(error)
        return problem_in(folder, log, failed)


def compile_model(
    build: Build, folder: Path, sim: str = "icarus", library: Path = LIBRARY, waves: bool = False
) -> Model:
    """Write the build's hardware and its bench into an empty folder and compile them.

    Args:
        build: with its files mem/ and rtl/.
        library: folder of the Verilog modules.

    Raises:
        InputError: the simulator is not there, or the build has no top level.
    """
    simulators.check(sim)
    bench_text = bench.generate(build)
    for name, content in build.files.items():
        if str(PurePosixPath(name).parent) in ("mem", "rtl"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    (folder / "bench.v").write_text(bench_text)
    names = build.files[bench.FILES].decode().split()
    sources = [folder / bench.TOP if name == "top.v" else library / name for name in names]
    runner = simulators.make_runner(sim)
    log, problem = folder / "compile.log", ""
    try:
        runner.build(
            sources=[*sources, *(LIBRARY / name for name in BENCH), folder / "bench.v"],
            hdl_toplevel="bench",
            build_dir=folder / "compiled",
            build_args=runner.compile_args,
            waves=waves,
            log_file=log,
        )
    except (RuntimeError, SystemExit) as error:
        problem = f"the Verilog does not compile: {complaint(log.read_text()) or error}"
    return Model(build, sim, folder, waves, problem)


def simulate(
    build: Build,
    x: NDArray[np.int8],
    *,
    sim: str = "icarus",
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
    library: Path = LIBRARY,
) -> Simulation:
    """Compile and run once; arguments as of compile_model() and Model.run()."""
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        model = compile_model(build, Path(scratch), sim, library, waves is not None)
        return model.run(x, stalls, waves)


def complaint(log: str) -> str:
    """The first line of a compiler's log that names an error, else its first line."""
    lines = log.splitlines()
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "")


def problem_in(folder: Path, log: Path, failed: str | None) -> str:
    """What a simulator's log and results say went wrong, in one line; "" if nothing."""
    text = log.read_text() if log.exists() else ""
    if assertion := re.search(r"^ASSERT (.*)$", text, re.MULTILINE):
        return f"assertion {assertion[1]}"
    results = folder / "results.xml"
    if failed is None and results.exists() and "<failure" not in results.read_text():
        return ""
    return f"the simulation broke off: {complaint(text)[:200] or failed}"
