"""Compiles a build with its bench for a simulator and runs samples through it."""

import contextlib
import logging
import re
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from cocotb_tools.runner import get_runner
from numpy.typing import NDArray

from hw_models.artefact import Build
from hw_models.errors import InputError
from rtl_sim import bench, stream, trace
from rtl_sim.trace import Simulation

LIBRARY = Path(__file__).parent / "verilog"
BENCH = ("bench_control.v", "bench_source.v", "bench_probe.v")
COMMANDS = {"icarus": ("iverilog", "Icarus Verilog (Debian, Ubuntu: apt install iverilog)")}


@dataclass(frozen=True, slots=True)
class Stalls:
    """How a bench treats the streams; none of it may change a value."""

    idle: int = 0  # of 256 cycles, the source gives nothing
    stall: int = 0  # of 256 cycles, the sink takes nothing
    reset_at: int = 0  # a reset in this cycle, after which the input starts again; 0: none


NO_STALLS = Stalls()


def check_simulator(sim: str) -> None:
    """Raise InputError, with what to install, if the simulator is not there."""
    command, package = COMMANDS[sim]
    if shutil.which(command) is None:
        raise InputError(f"{command}: not found on PATH; install {package}")


def simulate(
    build: Build,
    x: NDArray[np.int8],
    *,
    sim: str = "icarus",
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
    library: Path = LIBRARY,
    advance: Callable[[int], None] = lambda n: None,
) -> Simulation:
    """Run B samples through the Verilog of a build.

    Args:
        build: with its files mem/ and rtl/.
        x: int8 [T', B, *shape].
        waves: write a waveform (fst) here.
        library: folder of the Verilog modules.
        advance: told now and then how many more samples are done.

    Raises:
        InputError: no such simulator, or a build without a top level.
    """
    check_simulator(sim)
    samples = x.shape[1]
    with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
        folder = Path(scratch)
        write_inputs(build, x, folder)
        with ThreadPoolExecutor(1) as pool:
            options = plusargs(samples, stalls, waves)
            job = pool.submit(execute, build, folder, sim, library, options, waves is not None)
            watch(job, folder / "logits.hex", build.dataflow.layers[-1].size, advance)
            problem = job.result()
        return trace.read(build, folder, samples, problem)


def write_inputs(build: Build, x: NDArray[np.int8], folder: Path) -> None:
    """The build's hardware files, the bench, and the samples as words."""
    for name, content in build.files.items():
        if str(PurePosixPath(name).parent) in ("mem", "rtl"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
    (folder / "bench.v").write_text(bench.generate(build))
    words = stream.input_words(build.dataflow.input, x)
    (folder / "input.hex").write_text("".join(f"{word:09x}\n" for word in words.tolist()))


def plusargs(samples: int, stalls: Stalls, waves: Path | None) -> list[str]:
    """What bench_control.v and the waveform dump are told."""
    options = [
        f"+samples={samples}",
        f"+idle={stalls.idle}",
        f"+stall={stalls.stall}",
        f"+reset_at={stalls.reset_at}",
    ]
    return options + ([] if waves is None else [f"+dumpfile_path={waves.absolute()}"])


def execute(
    build: Build, folder: Path, sim: str, library: Path, options: list[str], waves: bool
) -> str:
    """Compile and run; the first problem that the simulation itself reports, or ""."""
    names = build.files[bench.FILES].decode().split()
    sources = [folder / bench.TOP if name == "top.v" else library / name for name in names]
    log = folder / "simulation.log"
    failed = None
    try:
        with quiet():
            runner = get_runner(sim)
            runner.build(
                sources=[*sources, *(LIBRARY / name for name in BENCH), folder / "bench.v"],
                hdl_toplevel="bench",
                build_dir=folder / "compiled",
                waves=waves,
                log_file=folder / "compile.log",
            )
            runner.test(
                test_module="rtl_sim.wait",
                hdl_toplevel="bench",
                build_dir=folder / "compiled",
                test_dir=folder,
                results_xml=str(folder / "results.xml"),
                plusargs=options,
                waves=waves,
                log_file=log,
            )
    except (RuntimeError, SystemExit) as error:
        failed = str(error)
    return problem_in(folder, log, failed)


def problem_in(folder: Path, log: Path, failed: str | None) -> str:
    """What a simulator's logs and results say went wrong, in one line; "" if nothing."""
    if not log.exists():
        compiled = (folder / "compile.log").read_text().split("\n")[0]
        return f"the Verilog does not compile: {compiled}"
    text = log.read_text()
    if assertion := re.search(r"^ASSERT (.*)$", text, re.MULTILINE):
        return f"assertion {assertion[1]}"
    results = folder / "results.xml"
    if failed is None and results.exists() and "<failure" not in results.read_text():
        return ""
    return f"the simulation broke off: {failed or text.strip()[-200:]}"


def watch(job, path: Path, words: int, advance: Callable[[int], None]) -> None:
    """Until the job is done, tell `advance` of samples whose words have been written."""
    done = 0
    while True:
        finished = not wait([job], timeout=0.2).not_done
        now = path.stat().st_size // 34 // words if path.exists() else done
        if now > done:
            advance(now - done)
            done = now
        if finished:
            return


@contextlib.contextmanager
def quiet():
    """cocotb's runner logs each command; its files say as much."""
    log = logging.getLogger("Icarus")
    before = log.disabled
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = before
