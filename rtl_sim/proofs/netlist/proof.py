"""Proves of each instance of a build that its netlist equals its Verilog, and reports it."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.table import Table

from hw_models.dataflow import Build
from hw_models.folder import leftovers
from rtl_sim import sources
from rtl_sim.proofs.netlist import aiger, circuits, induction
from rtl_sim.proofs.netlist.undefined import BEYOND, UNDEFINED
from rtl_sim.synthesis import flow, tools
from rtl_sim.synthesis.devices import NETLISTS, Technology

# Of the others, flip-flops do not begin with the values that the Verilog gives.
PROVEN = ("ecp5",)

STATEMENT = (
    "From the first cycle on and for all inputs, each instance's netlist gives the outputs of its "
    "Verilog as it was elaborated, for some value of whatever the Verilog leaves undefined."
)


ASSUMED = "no word beyond a memory's end is read"
OWN = (BEYOND, UNDEFINED)  # outputs that are not the instance's


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """The proof about one instance of the top level."""

    name: str
    layer: str  # its layer or synapse; "" if it belongs to neither
    holds: bool
    assumes: str  # what the inputs must not do; "" if they may do anything
    outputs: int  # bits that are compared in each cycle
    inputs: int  # bits that may be anything in each cycle
    left_open: int  # bits of outputs that nothing in the Verilog drives
    flip_flops: int  # of both circuits together, with the bits of their memories
    gates: int  # AND gates of both circuits together
    method: str  # the last one that was needed
    not_shown: list[str]  # outputs that are not shown to be equal
    difference: str  # an output that differs, and in which cycle; "" if none was found
    seconds: float


class NetlistProof(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim prove --netlist`."""

    name: str
    target: str
    netlist: str  # the technology
    holds: bool
    states: str
    instances: list[Instance]
    tools: dict[str, str]  # versions
    verilog_sha256: str
    jobs: int
    seconds: float


def run(
    build: Build,
    name: str,
    jobs: int = 1,
    keep: Path | None = None,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> NetlistProof:
    """Prove that the netlist of each instance equals its Verilog.

    Args:
        name: of the technology, one of PROVEN.
        jobs: the number of instances at a time.
        keep: an empty folder for the circuits of each instance, NAME.aig, and their names.
        begin: called at the start of each step with its number of parts.
        advance: called after each part.

    Raises:
        InputError: the build has no top level, Yosys is missing or refuses the Verilog, or
            something in it cannot be compared.
    """
    started = time.monotonic()
    technology = NETLISTS[name]
    version = tools.version("yosys")
    labels = flow.labels(build)
    with leftovers.scratch() as folder:
        names, _ = flow.only_adding(build, technology, folder, jobs, begin, advance)
        begin("prove", len(names))

        def one(instance: str) -> Instance:
            proof = prove(technology, instance, labels.get(instance, ""), folder)
            advance()
            return proof

        with ThreadPoolExecutor(jobs) as pool:
            instances = list(pool.map(one, names))
        if keep is not None:
            for instance in names:
                for suffix in ("aig", "map"):
                    shutil.copy(folder / f"{instance}.{suffix}", keep)
    return NetlistProof(
        name=build.dataflow.name,
        target=build.dataflow.target,
        netlist=name,
        holds=all(instance.holds for instance in instances),
        states=STATEMENT,
        instances=instances,
        tools={"yosys": version},
        verilog_sha256=sources.sha256(build),
        jobs=jobs,
        seconds=round(time.monotonic() - started, 1),
    )


def prove(technology: Technology, name: str, layer: str, folder: Path) -> Instance:
    """Prove that an instance's netlist, NAME.json in `folder`, equals its Verilog.

    Raises:
        InputError: something in the netlist cannot be compared.
    """
    started = time.monotonic()
    made = circuits.make(technology, name, folder, wrap=True)
    shown = decide(made, name, folder)
    if any(output.startswith(BEYOND) for output in shown.left):
        made = circuits.make(technology, name, folder, wrap=False)
        shown = decide(made, name, folder)
    compared = [output for output in made.outputs if not output.startswith(OWN)]
    return Instance(
        name=name,
        layer=layer,
        holds=not shown.left,
        assumes=shown.assumes,
        outputs=len(compared),
        inputs=len(made.inputs),
        left_open=made.left_open,
        flip_flops=len(shown.circuit.latches),
        gates=len(shown.circuit.gates),
        method=shown.method,
        not_shown=shown.left,
        difference=shown.difference,
        seconds=round(time.monotonic() - started, 1),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown about two circuits."""

    left: list[str]  # outputs that are not shown to be always 0
    difference: str  # one that is 1, and in which cycle; "" if none was found
    method: str  # the last one
    assumes: str
    circuit: aiger.Circuit


def decide(made: circuits.Circuits, name: str, folder: Path) -> Shown:
    """Show that the outputs in NAME.aig are always 0, at first without an assumption.

    Words beyond a memory's end are undefined in the Verilog, and the netlist may have any in their
    place. Where that matters, cycles are left out in which such a word is read, and what follows
    them. It is an assumption unless it is shown that there are none.
    """
    path = folder / f"{name}.aig"
    whole = aiger.read(path)
    required = [n for n, output in enumerate(made.outputs) if not output.startswith(UNDEFINED)]
    circuit = aiger.with_outputs(whole, required)
    aiger.write(circuit, path)
    left, method = induction.sweep(name, folder)
    names = [made.outputs[n] for n in required]
    if left and all(names[n].startswith(BEYOND) for n in left):
        method = induction.REACHABILITY
        left = [] if induction.are_never_reached(name, folder) else left
    undefined = [n for n, output in enumerate(made.outputs) if output.startswith(UNDEFINED)]
    assumes = ""
    if left and undefined:
        read = f"{name}.undefined"
        aiger.write(aiger.with_outputs(whole, undefined), folder / f"{read}.aig")
        if induction.sweep(read, folder)[0] and not induction.are_never_reached(read, folder):
            assumes = ASSUMED
        circuit = aiger.stopped(circuit, whole.outputs[undefined[0]])
        aiger.write(circuit, path)
        left, method = induction.sweep(name, folder)
    found = difference(made, circuit, names) if left else ""
    if left and not found:
        method = induction.REACHABILITY
        left = [] if induction.are_never_reached(name, folder) else left
    return Shown([names[n] for n in left], found, method, assumes, circuit)


def difference(made: circuits.Circuits, circuit: aiger.Circuit, names: list[str]) -> str:
    """An output that differs in a random simulation, and in which cycle; "" if none does."""
    resets = [n for n, name in enumerate(made.inputs) if name == "rst_n[0]"]
    found = aiger.first_one(circuit, resets)
    return f"{names[found[1]]} in cycle {found[0]}" if found else ""


def table(proof: NetlistProof) -> Table:
    """A table with one instance per row."""
    title = f"{proof.name} ({proof.target}): the netlist for {proof.netlist} is the Verilog"
    shown = Table(title=title)
    heads = ("instance", "of", "outputs", "registers", "gates", "by", "", "s")
    for head in heads:
        right = head in ("outputs", "registers", "gates", "s")
        shown.add_column(head, justify="right" if right else "left", no_wrap=head == "instance")
    for instance in proof.instances:
        says = f"equal, if {instance.assumes}" if instance.assumes else "equal"
        if not instance.holds:
            says = "[bold red]NOT SHOWN[/]"
        if instance.difference:
            says = "[bold red]DIFFERENT[/]"
        shown.add_row(
            instance.name,
            instance.layer,
            f"{instance.outputs:,}",
            f"{instance.flip_flops:,}",
            f"{instance.gates:,}",
            instance.method,
            says,
            f"{instance.seconds:.1f}",
        )
    return shown


def first_failure(proof: NetlistProof) -> str | None:
    """One line about the first instance whose netlist is not shown to equal its Verilog."""
    for instance in proof.instances:
        if instance.difference:
            return f"{instance.name}: the netlist differs: {instance.difference}"
    for instance in proof.instances:
        if not instance.holds:
            left, first = len(instance.not_shown), instance.not_shown[0]
            return f"{instance.name}: not shown to be equal, and no difference found: {first}" + (
                f" and {left - 1} more" if left > 1 else ""
            )
    return None
