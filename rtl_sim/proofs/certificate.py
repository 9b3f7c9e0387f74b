"""Proves properties of a build's Verilog for all inputs, and reports them as a certificate."""

import hashlib
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.table import Table

from hw_models.cli import keeping
from hw_models.dataflow import Build
from hw_models.folder import files
from hw_models.hardware import hardware_of
from rtl_sim import sources
from rtl_sim.proofs import (
    bus,
    engines,
    formulas,
    joins,
    layers,
    mutants,
    solver,
    statement,
    streams,
)
from rtl_sim.proofs.claim import Claim, Refutation, Verdict, prove, refute
from rtl_sim.proofs.statement import Argued

TRACE = "counterexample.vcd"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A property and the solvers' verdict on it."""

    subject: str  # the layers, synapses or modules concerned
    property: str
    harness: str  # rtl_sim/proofs/formal/<harness>.v
    modules: tuple[str, ...]  # library modules that the query contains unchanged
    parameters: dict[str, int | str]
    method: str  # all inputs, induction, bounded
    depth: int  # cycles
    reason: str  # of a bounded property: why it is bounded
    holds: bool
    solvers: dict[str, bool]
    seconds: float
    failed: str = ""  # the assertion that failed, or the cover that was never reached
    values: dict[str, int] = {}  # the harness's signals at the counterexample's end


class Refuted(msgspec.Struct, frozen=True, kw_only=True):
    """A deliberate error, and the property that must find it."""

    error: str
    harness: str
    refuted: bool | None  # None: the Verilog has no such text
    found: str  # the assertion that found it
    seconds: float


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim prove`."""

    name: str
    target: str
    holds: bool  # all properties hold, all errors are found, and the statement follows
    states: str  # the statement about the core as a whole
    argument: list[Argued]  # its steps, and the properties on which each rests
    proofs: list[Proof]
    errors: list[Refuted]
    tools: dict[str, str]  # versions
    verilog: dict[str, str]  # sha256 of each module that was read
    harnesses: dict[str, str]
    jobs: int
    seconds: float


def run(
    build: Build,
    jobs: int = 2,
    start: Callable[[int], None] = lambda n: None,
    advance: Callable[[int], None] = lambda n: None,
    trace: Path | None = None,
    keep: Path | None = None,
) -> Certificate:
    """Prove all claims about a build and refute all deliberate errors.

    Args:
        jobs: the number of questions at a time, each in its own process.
        start: called with the number of questions.
        advance: called with a number of questions once these are decided.
        trace: the file for the first counterexample, a VCD; removed if there is none.
        keep: an empty folder for the formulas of all questions.

    Raises:
        InputError: a tool is not installed, or the build has no Verilog.
    """
    tools = solver.require()
    begin = time.monotonic()
    modules = sources.modules(build)
    proofs = claims(build, modules)
    wrong = [*layers.narrower(proofs), *mutants.mutants(proofs)]
    start(len(proofs) + len(wrong))
    names = [f"{n:03}-{claim.harness.name}" for n, claim in enumerate(proofs)]
    names += [f"error{n:03}-{error.claim.harness.name}" for n, error in enumerate(wrong)]
    kept = iter([keep and keep / name for name in names])
    with ThreadPoolExecutor(jobs) as pool:
        held = {pool.submit(prove, c, modules, keep=next(kept)): c for c in proofs}
        found = {pool.submit(refute, error, modules, next(kept)): error for error in wrong}
        try:
            for _ in as_completed([*held, *found]):
                advance(1)
        finally:
            pool.shutdown(cancel_futures=True)
    answers = [proof_of(claim, future.result()) for future, claim in held.items()]
    errors = [refuted_of(error, future.result()) for future, error in found.items()]
    argued = statement.argue(build, [(c, future.result().holds) for future, c in held.items()])
    if keep is not None:
        asked = [(c.subject, c.statement, c.harness.name) for c in proofs]
        asked += [(e.what, e.claim.statement, e.claim.harness.name) for e in wrong]
        formulas.write_index(keep, zip(names, asked, strict=True))
    if trace is not None:
        with keeping("the counterexample"):
            keep_trace([future.result() for future in held], trace)
    return Certificate(
        name=build.dataflow.name,
        target=build.dataflow.target,
        holds=all(proof.holds for proof in answers)
        and all(e.refuted is not False for e in errors)
        and all(step.holds for step in argued),
        states=statement.STATEMENT,
        argument=argued,
        proofs=answers,
        errors=errors,
        tools=tools,
        verilog=hashes({module: modules[module] for p in proofs for module in p.harness.modules}),
        harnesses=hashes({path.stem: path.read_text() for path in solver.HARNESSES.glob("*.v")}),
        jobs=jobs,
        seconds=time.monotonic() - begin,
    )


def claims(build: Build, modules: Collection[str]) -> list[Claim]:
    """All claims about a build's modules; a claim that several subjects share is stated once.

    Args:
        modules: the names of the library's modules that the build has.

    Raises:
        InputError: the build has no Verilog.
    """
    made = hardware_of(build)
    alike: dict[str, Claim] = {}
    for claim in (
        *layers.of_build(build, made),
        *streams.small(),
        *streams.of_build(made),
        *engines.small(),
        *engines.of_build(made),
        *joins.small(),
        *joins.of_build(made, build.dataflow.timesteps),
        *bus.small(),
        *bus.of_build(build),
    ):
        if not all(module in modules for module in claim.harness.modules):
            continue  # the claim is about a module that this build does not have
        key = repr((claim.statement, claim.harness))
        if key in alike:
            claim = replace(claim, subject=f"{alike[key].subject}, {claim.subject}")
        alike[key] = claim
    return list(alike.values())


def proof_of(claim: Claim, verdict: Verdict) -> Proof:
    failed = verdict.failed
    return Proof(
        subject=claim.subject,
        property=claim.statement,
        harness=claim.harness.name,
        modules=claim.harness.modules,
        parameters=dict(claim.harness.parameters),
        method=claim.method,
        depth=claim.depth,
        reason=claim.reason,
        holds=verdict.holds,
        solvers={name: answer.holds for name, answer in verdict.answers.items()},
        seconds=verdict.seconds,
        failed=failed.what if failed else verdict.vacuous,
        values=dict(failed.values) if failed else {},
    )


def refuted_of(error: Refutation, verdict: Verdict | None) -> Refuted:
    found = verdict.failed if verdict else None
    return Refuted(
        error=error.what,
        harness=error.claim.harness.name,
        refuted=None if verdict is None else found is not None,
        found=found.what if found else "",
        seconds=verdict.seconds if verdict else 0.0,
    )


def keep_trace(verdicts: list[Verdict], path: Path) -> None:
    """Write the first counterexample, or remove an earlier run's if there is none."""
    first = next((v.failed for v in verdicts if v.failed and v.failed.trace), None)
    if first:
        files.write({path: first.trace})
    else:
        path.unlink(missing_ok=True)


def hashes(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256(texts[name].encode()).hexdigest() for name in sorted(texts)}


def proof_table(certificate: Certificate) -> Table:
    """A table with one proof per row."""
    table = Table(title=f"{certificate.name} ({certificate.target}): proofs")
    for head in ("subject", "property", "by", "", "s"):
        table.add_column(head, justify="right" if head == "s" else "left")
    for proof in certificate.proofs:
        by = proof.method + (f", {proof.depth} cycles" if proof.depth > 1 else "")
        says = "holds" if proof.holds else "[bold red]REFUTED[/]"
        what = proof.property + (f" ({proof.reason})" if proof.reason else "")
        table.add_row(proof.subject, what, by, says, f"{proof.seconds:.1f}")
    return table


def statement_table(certificate: Certificate) -> Table:
    """A table with one step of the argument per row."""
    table = Table(title=certificate.states, title_justify="left")
    for head in ("step", "by", "states", "rests on", ""):
        table.add_column(head)
    for step in certificate.argument:
        harnesses = {claim.split(": ")[1].partition(" ")[0] for claim in step.claims}
        rests = ", ".join([*sorted(harnesses), *step.steps])
        stands = "holds" if step.by == "solver" else "follows"
        says = stands if step.holds else "[bold red]MISSING[/]"
        table.add_row(step.step, step.by, step.states, rests, says)
    return table


def error_table(certificate: Certificate) -> Table:
    """A table with one deliberate error per row."""
    table = Table(title="errors put in on purpose")
    for head in ("error", "harness", "", "s"):
        table.add_column(head, justify="right" if head == "s" else "left")
    says = {True: "found", False: "[bold red]NOT FOUND[/]", None: "no such text"}
    for error in certificate.errors:
        table.add_row(error.error, error.harness, says[error.refuted], f"{error.seconds:.1f}")
    return table


def first_failure(certificate: Certificate) -> str | None:
    """One line about the first property that did not hold, with the counterexample's values."""
    for proof in certificate.proofs:
        if not proof.holds:
            values = " ".join(f"{name}={value}" for name, value in proof.values.items())
            return f"{proof.subject}: {proof.property}: {proof.failed}" + (values and f": {values}")
    for error in certificate.errors:
        if error.refuted is False:
            return f"{error.error}: put into the Verilog, and {error.harness}.v does not find it"
    for step in certificate.argument:
        if not step.holds:
            return f"the statement, at the step {step.step}: {'; '.join(step.missing)}"
    return None
