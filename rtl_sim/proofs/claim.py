"""The claims to prove and the errors to refute, and the decision of one such question."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from hw_models.folder import leftovers
from rtl_sim.proofs import solver
from rtl_sim.proofs.solver import Answer, Harness, Mode

# all inputs: combinational.
# induction: it holds for `depth` cycles from reset, and any `depth` such cycles imply one more.
# bounded: it holds for `depth` cycles from reset.
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
    cover: int = 0  # all cover statements are reached within so many cycles; 0: there are none
    needed: Mapping[str, int] = field(default_factory=dict)  # the least bits of a width
    reason: str = ""  # of a bounded claim: why it is bounded


@dataclass(frozen=True, slots=True)
class Refutation:
    """A claim made wrong by a parameter or a change of the Verilog; it must not hold."""

    claim: Claim
    what: str  # names the error
    parameters: Mapping[str, int]  # the parameters that differ
    changes: tuple[tuple[str, str, str], ...] = ()  # module, text, text in its place
    mode: Mode = "base"
    depth: int = 0  # 0: the claim's


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of deciding a claim or a refutation."""

    answers: Mapping[str, Answer]  # by solver: its first failure, or its last answer
    vacuous: str  # the cover that was not reached, if any
    seconds: float  # all solvers together

    @property
    def failed(self) -> Answer | None:
        """The counterexample, if a solver found one."""
        return next((answer for answer in self.answers.values() if not answer.holds), None)

    @property
    def holds(self) -> bool:
        return self.failed is None and not self.vacuous


def prove(
    claim: Claim, sources: Mapping[str, str], second: bool = True, keep: Path | None = None
) -> Verdict:
    """Decide a claim with both solvers, then check that its covers are reached.

    Args:
        second: whether the second solver must agree.
        keep: the start of the path at which the formulas are kept.
    """
    with leftovers.scratch() as folder:
        model = solver.translate(claim.harness, sources, folder)
        answers: dict[str, Answer] = {}
        seconds = 0.0
        for mode in MODES[claim.method]:
            for name, answer in solver.ask(model, mode, claim.depth, second, keep).items():
                seconds += answer.seconds
                answers[name] = answer
            if any(not answer.holds for answer in answers.values()):
                return Verdict(answers, "", seconds)
        vacuous = ""
        if claim.cover:
            reached = solver.ask(model, "cover", claim.cover, False, keep)["yices"]
            seconds += reached.seconds
            vacuous = reached.what
        return Verdict(answers, vacuous, seconds)


def refute(
    wrong: Refutation, sources: Mapping[str, str], keep: Path | None = None
) -> Verdict | None:
    """Look for the counterexample; None if the Verilog does not contain the text to change.

    Args:
        keep: the start of the path at which the formulas are kept.
    """
    changed = dict(sources)
    for module, text, other in wrong.changes:
        if changed[module].count(text) != 1:
            return None
        changed[module] = changed[module].replace(text, other)
    harness = wrong.claim.harness
    harness = replace(harness, parameters={**harness.parameters, **wrong.parameters})
    with leftovers.scratch() as folder:
        model = solver.translate(harness, changed, folder)
        depth = wrong.depth or wrong.claim.depth
        answers = solver.ask(model, wrong.mode, depth, False, keep)
        return Verdict(answers, "", sum(answer.seconds for answer in answers.values()))
