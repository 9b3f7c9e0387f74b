"""What finds errors in the Verilog: simulations, benches, proofs, lint and elaboration."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from compiler.emit.register_map import Bus
from hw_models.core.address import Fields
from hw_models.core.layout import Memory, layout_of
from hw_models.hardware import hardware_of
from rtl_sim.proofs import bus, engines, joins, layers, mutants, streams
from rtl_sim.proofs.claim import Claim, Refutation, prove, refute
from rtl_sim.simulation import edges
from rtl_sim.simulation.check import check_samples
from rtl_sim.simulation.simulate import Stalls, compile_model
from rtl_sim.sources import PREFIX
from rtl_sim.synthesis import tools
from tests import alarms
from tests.benches import banked_rom_case, core_case, first_core_failure, first_failure, write_case
from tests.builders.bus_builds import CORES, same_shape, with_bus
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import lint, ternary_layer
from tests.mutants import FOLDERS, folder_of, mutated, mutated_library
from tests.mutation import builds
from tests.mutation.mutant import Change
from tests.rtl_sim.board.cases import CASES
from tests.rtl_sim.verilog.wrappers import neuron_wrapper
from tests.rtl_sim.verilog.wrong_parameters import elaborated, module_of, refused

STALLED = Stalls(idle=30, stall=150)
# edges of rtl_sim.simulation.edges
ORDER = "events in another order"
RESET = "reset in a sweep of layer "  # and the layer's name
ACCESSES = "register accesses"
CYCLES = edges.CYCLES
# stalls and, in one run after the other, a reset in these cycles
RESETS = "resets"
# without stalls, one run after the other with a reset in a sweep of each layer
RESET_CYCLES = "cycles after a reset"
RESET_AT = (41, 83, 120, 151, 199, 260, 371, 533, 811)
SOURCES = {
    path.stem.removeprefix(PREFIX): path.read_text()
    for folder in FOLDERS
    for path in folder.glob("*.v")
}


def library(folder: Path, change: Change | None, module: str) -> Path:
    """The folder of the library, or of a board's modules, with a change.

    Args:
        module: one that is there.
    """
    return mutated_library(folder, *change) if change else folder_of(module)


@dataclass(frozen=True, slots=True)
class Simulated:
    """A whole build, whose every value and counter is compared with the golden model's."""

    build: str  # of BUILDS
    under: Stalls | str = STALLED  # stalls, RESETS, or an edge of rtl_sim.simulation.edges

    kind = "simulation"

    def find(self, change: Change | None) -> str:
        build = builds.build(self.build)
        wrong = mutated(build, *change) if change else build
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            model = compile_model(wrong, Path(scratch))
            for edge in self.conditions():
                x = random_input(build, edge.samples, 5)
                part = check_samples(model, x, stalls=edge.stalls)
                difference = part.difference
                if edge.kind == CYCLES and not difference:
                    difference = edges.late(build, x, part)
                if difference:
                    return difference
        return ""

    def conditions(self) -> list[edges.Edge]:
        """The runs, one after the other."""
        samples = builds.SAMPLES.get(self.build, builds.MANY)
        if isinstance(self.under, Stalls):
            return [edges.Edge("", self.under, samples)]
        if self.under == RESETS:
            stalls = [replace(STALLED, reset_at=cycle) for cycle in RESET_AT]
            return [edges.Edge(RESETS, stall, 1) for stall in stalls]
        if self.under == RESET_CYCLES:
            flow = builds.build(self.build).dataflow
            middles = [(layout_of(flow, layer).words + 1) // 2 for layer in flow.layers]
            stalls = [Stalls(reset_layer=n, reset_word=word) for n, word in enumerate(middles)]
            return [edges.Edge(CYCLES, stall, samples) for stall in stalls]
        return [e for e in edges.of(builds.build(self.build)) if e.kind == self.under]

    def __str__(self) -> str:
        under = self.under
        if isinstance(under, Stalls):
            under = "" if under == STALLED else f"{under.idle}, {under.stall} of 256 cycles stalled"
        return f"simulation of {self.build}{', ' if under else ''}{under}"


@dataclass(frozen=True, slots=True)
class Alarms:
    """A whole build with parity bits, of which bits flip."""

    build: str  # of BUILDS

    kind = "simulation"

    def find(self, change: Change | None) -> str:
        return alarms.first_problem(
            builds.build(self.build), lambda sound: mutated(sound, *change) if change else sound
        )

    def __str__(self) -> str:
        return f"simulation of {self.build}, bits flip"


# --- benches -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BenchCase:
    """A bench of tests/rtl_sim/verilog/benches, which is about one module of the library."""

    module: str  # without the prefix
    others: tuple[str, ...] = ()  # modules that it needs
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    case: Mapping[str, object] | None = None  # what the bench reads from case.json
    env: Mapping[str, str] = field(default_factory=dict)
    bench: str = ""  # benches/bench_<bench>.py; "": named as the module


def guard(steps: int, shape: tuple[int, int, int], digit_max: int, signed: int) -> BenchCase:
    """A guard with few tags, so that they are used up again and again."""
    parameters = {
        "STEPS": steps, "C": shape[0], "H": shape[1], "W": shape[2], "DIGIT_MAX": digit_max,
        "SIGNED": signed, "TAG_BITS": 2,
    }  # fmt: skip
    return BenchCase("stream_guard", (), parameters, parameters)


def serializer(shape: tuple[int, int, int], groups: int, slice_: int) -> BenchCase:
    """The serializer of a map [c, h, w]."""
    parameters = {
        "N": shape[0] // groups, "GROUPS": groups, "WIDTH": shape[2], "SLICE": slice_,
        "ADDR_BITS": Fields.of(shape).bits,
    }  # fmt: skip
    return BenchCase("serializer", ("counter",), parameters, {**parameters, "shape": shape})


BENCHES: dict[str, BenchCase] = {
    "guard": guard(2, (5, 3, 1), 2, 1),
    "guard of binary maps": guard(3, (3, 5, 6), 0, 0),
    "guard of 16 channels": guard(5, (16, 1, 1), 0, 1),
    "axi_lite": BenchCase("axi_lite"),
    "activity": BenchCase("activity", ("counter",), {"FLIGHT_BITS": 3}),
    "argmax": BenchCase("argmax", ("fifo",), {"CLASSES": 5, "LOGIT_BITS": 4, "CLASS_BITS": 3}),
    "serializer": serializer((12, 2, 3), 4, 2),
    "neuron": BenchCase("neuron", ("leak",)),
    "banked_rom": BenchCase("banked_rom", ("rom",)),
    "rom": BenchCase("rom"),
    "stream_buffer": BenchCase(
        "stream_buffer", ("fifo", "credits"), {"BITS": 5, "DEPTH": 3},
        env={"PLACES": "3", "PACE": "1"}, bench="stream",
    ),
    "register_slice": BenchCase(
        "register_slice", (), {"BITS": 5}, env={"PLACES": "2", "PACE": "1"}, bench="stream"
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bench:
    """The tests of a module's own bench."""

    name: str  # of BENCHES

    kind = "bench"

    def find(self, change: Change | None) -> str:
        bench = BENCHES[self.name]
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            folder = Path(scratch)
            at = library(folder, change, bench.module)
            files = [at / f"{PREFIX}{name}.v" for name in (bench.module, *bench.others)]
            top, parameters = f"{PREFIX}{bench.module}", dict(bench.parameters)
            env = write_case(folder, dict(bench.case)) if bench.case else dict(bench.env)
            if bench.module == "neuron":
                top, wrapper = "neuron_bench", folder / "neuron_bench.v"
                wrapper.write_text(neuron_wrapper())
                files.append(wrapper)
            if bench.module == "banked_rom":
                parameters, env = banked_rom_case(folder, 4095)  # four banks
            if bench.module == "rom":
                parameters, env = banked_rom_case(folder, 37)
                parameters["WRITABLE"] = 1
            name = f"bench_{bench.bench or bench.module}"
            return first_failure(folder, name, top, files, parameters, env)

    def __str__(self) -> str:
        return f"bench of {self.name}"


@dataclass(frozen=True, slots=True)
class Core:
    """A test of the bench of a whole build with a bus."""

    test: str  # begins with this
    build: str = "static"  # of bus_builds.CORES
    loads: bool = True  # memories can be loaded

    kind = "bench"

    def find(self, change: Change | None) -> str:
        build = builds.core(self.build, self.loads)
        wrong = mutated(build, *change) if change else build
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            other = same_shape(CORES[self.build], 3) if self.loads else None
            env = core_case(Path(scratch), wrong, other)
            env["COCOTB_TEST_FILTER"] = self.test
            return first_core_failure(Path(scratch), "bench_core", env)

    def __str__(self) -> str:
        return f"bench of the core, {self.test}"


@dataclass(frozen=True, slots=True)
class Around:
    """The tests of a bench of what a board has around the core."""

    case: str  # of tests.rtl_sim.board.cases

    kind = "bench"

    def find(self, change: Change | None) -> str:
        case = CASES[self.case]
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            folder = Path(scratch)
            files = case.files(library(folder, change, case.modules[0]))
            return first_failure(folder, case.bench, case.top, files, case.parameters)

    def __str__(self) -> str:
        return f"bench of {self.case}"


# --- proofs --------------------------------------------------------------------------------------


@cache
def claims() -> list[Claim]:
    """Of modules at small sizes, and of the layers and the bus of small builds."""
    build = ternary_layer()
    bus_build = with_bus(CORES["static"], Bus(channel_bits=20))
    return [
        *streams.small(), *engines.small(), *joins.small(), *bus.small(),
        *(engines.parity_words(memory.value) for memory in Memory),
        *layers.of_build(build, hardware_of(build)), *bus.of_build(bus_build),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim of rtl_sim.proofs, which the solver refutes."""

    harness: str
    subject: str = ""  # "": the first with this harness

    kind = "proof"

    def find(self, change: Change | None) -> str:
        if change is None:
            verdict = prove(self.claim, SOURCES, second=False)
            return verdict.vacuous or (verdict.failed.what if verdict.failed else "")
        wrong = Refutation(self.claim, "", {}, (change,), depth=self.claim.cover)
        verdict = refute(wrong, SOURCES)
        assert verdict is not None, "its text is not in the Verilog"
        return verdict.failed.what if verdict.failed else ""

    @property
    def claim(self) -> Claim:
        return next(
            claim
            for claim in claims()
            if claim.harness.name == self.harness and self.subject in ("", claim.subject)
        )

    def __str__(self) -> str:
        return f"proof {self.harness}"


def of_proofs() -> list[tuple[str, Change, Proof]]:
    """The errors that `python -m rtl_sim prove` puts in itself, each with the claim that finds it.

    What is wrong, the change and the claim; of those that have one in claims().
    """
    return [
        (wrong.what, Change(*change), Proof(wrong.claim.harness.name, wrong.claim.subject))
        for wrong in mutants.mutants(claims())
        for change in wrong.changes
    ]


# --- lint and elaboration ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Linted:
    """Verilator's lint of a build, beyond what lint.vlt waives."""

    finding: str  # the rule

    kind = "lint"

    def find(self, change: Change | None) -> str:
        build = builds.build("ternary")
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            said = lint(mutated(build, *change) if change else build, Path(scratch))
        assert change is None or not said or f"%Warning-{self.finding}" in said, said
        return said.partition("\n")[0]

    def __str__(self) -> str:
        return f"lint, {self.finding}"


@dataclass(frozen=True, slots=True)
class Elaborated:
    """Parameters that a module cannot have, which Icarus must refuse by name."""

    check: str  # of WRONG

    kind = "elaboration"

    def find(self, change: Change | None) -> str:
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            folder = Path(scratch)
            at = library(folder, change, module_of(self.check))
            run = elaborated("icarus", self.check, at, folder)
        if refused(self.check, run):
            return ""
        if run.returncode == 0:
            return "not refused"
        errors = [line for line in run.stderr.splitlines() if "error" in line]
        assert errors and all(
            "Unknown module type" in line or "error(s)" in line for line in errors
        ), errors
        return "refused by another name"

    def __str__(self) -> str:
        return f"elaboration with {self.check}"


# --- equivalence ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Equivalent:
    """No check can find the change, since nothing is different.

    With parameters Yosys proves it of the module at these, by induction over its registers, which
    both sides have by the same names.
    """

    reason: str
    modules: tuple[str, ...] = ()  # that are proven: the module and what it needs; (): argument
    parameters: tuple[tuple[str, int], ...] = ()

    kind = "equivalent"

    def find(self, change: Change | None) -> str:
        if change is None or not self.modules:
            return ""
        with tempfile.TemporaryDirectory(prefix="trispike-") as scratch:
            return different(Path(scratch), self.modules, dict(self.parameters), change)

    def __str__(self) -> str:
        return f"{self.reason}{' (proven)' if self.modules else ''}"


def different(
    folder: Path, modules: tuple[str, ...], parameters: Mapping[str, int], change: Change
) -> str:
    """What Yosys says where it cannot prove that the first module is the same with the change."""
    script = []
    for side in ("gold", "gate"):
        at = folder / side
        at.mkdir()
        for name in modules:
            text = SOURCES[name]
            if side == "gate" and name == change.module:
                text = text.replace(change.old, change.new)
            (at / f"{name}.v").write_text(text)
        files = " ".join(f"{side}/{name}.v" for name in modules)
        values = " ".join(f"-chparam {name} {value}" for name, value in parameters.items())
        script += [
            f"read_verilog -defer -DSYNTHESIS {files}",
            f"hierarchy -check -top {PREFIX}{modules[0]} {values}",
            "proc; memory_dff -no-rw-check; memory_collect; memory_map; flatten; opt_clean",
            f"rename -top {side}; design -stash {side}",
        ]
    script += [
        "design -copy-from gold -as gold gold; design -copy-from gate -as gate gate",
        "equiv_make gold gate equiv; hierarchy -top equiv; async2sync; opt_clean",
        "equiv_simple -undef; equiv_induct -undef; equiv_status -assert",
    ]
    (folder / "equiv.ys").write_text("\n".join(script) + "\n")
    done = subprocess.run(
        [*tools.command("yosys"), "-q", "-s", "equiv.ys"], cwd=folder, env=os.environ,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).strip() if done.returncode else ""
