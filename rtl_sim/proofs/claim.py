"""What is to be proven or refuted, and how one such question is decided."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from rtl_sim.proofs import solver
from rtl_sim.proofs.solver import Answer, Harness, Mode

# all inputs: combinational; induction: `depth` cycles from reset, and any `depth` cycles that hold
# imply one more; bounded: `depth` cycles from reset
Method = Literal["all inputs", "induction", "bounded"]
MODES: dict[Method, tuple[Mode, ...]] = {
    "all inputs": ("base",),
    "induction": ("base", "step"),
    "bounded": ("base",),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A property that must hold."""

    subject: str  # a layer, a synapse or a module
    statement: str  # in a few words
    harness: Harness
    method: Method
    depth: int
    cover: int = 0  # cycles within which all cover statements are reached; 0: there are none
    needed: Mapping[str, int] = field(default_factory=dict)  # bits that a width must have


@dataclass(frozen=True, slots=True)
class Refutation:
    """A claim made wrong, by a parameter or a change of the Verilog, that must not hold."""

    claim: Claim
    what: str  # is wrong
    parameters: Mapping[str, int]  # that differ
    changes: tuple[tuple[str, str, str], ...] = ()  # module, text, text in its place
    mode: Mode = "base"
    depth: int = 0  # 0: the claim's


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a claim or a refutation."""

    answers: Mapping[str, Answer]  # by solver; each the first that failed, or the last
    vacuous: str  # a cover that was not reached
    seconds: float  # of the solvers together

    @property
    def failed(self) -> Answer | None:
        """The counterexample, if a solver found one."""
        return next((answer for answer in self.answers.values() if not answer.holds), None)

    @property
    def holds(self) -> bool:
        return self.failed is None and not self.vacuous


def prove(claim: Claim, sources: Mapping[str, str], second: bool = True) -> Verdict:
    """Decide a claim with both solvers, then see that its covers are reached.

    Args:
        second: whether the second solver is to agree.
    """
    with tempfile.TemporaryDirectory(prefix="prove-") as scratch:
        model = solver.translate(claim.harness, sources, Path(scratch))
        answers: dict[str, Answer] = {}
        seconds = 0.0
        for mode in MODES[claim.method]:
            for name, answer in solver.ask(model, mode, claim.depth, second).items():
                seconds += answer.seconds
                answers[name] = answer
            if any(not answer.holds for answer in answers.values()):
                return Verdict(answers, "", seconds)
        vacuous = ""
        if claim.cover:
            reached = solver.ask(model, "cover", claim.cover, second=False)["yices"]
            seconds += reached.seconds
            vacuous = reached.what
        return Verdict(answers, vacuous, seconds)


def refute(wrong: Refutation, sources: Mapping[str, str]) -> Verdict | None:
    """Look for the counterexample; None where the Verilog has no such text to change."""
    changed = dict(sources)
    for module, text, other in wrong.changes:
        if changed[module].count(text) != 1:
            return None
        changed[module] = changed[module].replace(text, other)
    harness = wrong.claim.harness
    harness = replace(harness, parameters={**harness.parameters, **wrong.parameters})
    with tempfile.TemporaryDirectory(prefix="prove-") as scratch:
        model = solver.translate(harness, changed, Path(scratch))
        depth = wrong.depth or wrong.claim.depth
        answers = solver.ask(model, wrong.mode, depth, second=False)
        return Verdict(answers, "", sum(answer.seconds for answer in answers.values()))
