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
from rtl_sim.proofs import bus, engines, joins, layers, mutants, solver, streams
from rtl_sim.proofs.claim import Claim, Refutation, Verdict, prove, refute

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
    holds: bool  # all properties hold and all errors are found
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
) -> Certificate:
    """Prove all claims about a build and refute all deliberate errors.

    Args:
        jobs: the number of questions at a time, each in its own process.
        start: called with the number of questions.
        advance: called with a number of questions once these are decided.
        trace: the file for the first counterexample, a VCD; removed if there is none.

    Raises:
        InputError: a tool is not installed, or the build has no Verilog.
    """
    tools = solver.require()
    begin = time.monotonic()
    modules = sources.modules(build)
    proofs = claims(build, modules)
    wrong = [*layers.narrower(proofs), *mutants.mutants(proofs)]
    start(len(proofs) + len(wrong))
    with ThreadPoolExecutor(jobs) as pool:
        held = {pool.submit(prove, claim, modules): claim for claim in proofs}
        found = {pool.submit(refute, error, modules): error for error in wrong}
        try:
            for _ in as_completed([*held, *found]):
                advance(1)
        finally:
            pool.shutdown(cancel_futures=True)
    answers = [proof_of(claim, future.result()) for future, claim in held.items()]
    errors = [refuted_of(error, future.result()) for future, error in found.items()]
    if trace is not None:
        with keeping("the counterexample"):
            keep_trace([future.result() for future in held], trace)
    return Certificate(
        name=build.dataflow.name,
        target=build.dataflow.target,
        holds=all(proof.holds for proof in answers) and all(e.refuted is not False for e in errors),
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
    path.unlink(missing_ok=True)
    first = next((v.failed for v in verdicts if v.failed and v.failed.trace), None)
    if first:
        files.write({path: first.trace})


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
        table.add_row(proof.subject, proof.property, by, says, f"{proof.seconds:.1f}")
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
    return None
