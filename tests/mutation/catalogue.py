"""All mutants: those of this package, and the errors that `python -m rtl_sim prove` makes."""

from dataclasses import replace

from tests.mutation import boards, edges, engines, neurons, parity, streams
from tests.mutation.killers import of_proofs
from tests.mutation.mutant import Mutant


def catalogue() -> list[Mutant]:
    """Every mutant once; one that a proof's own list has too must be found by both."""
    found = {
        mutant.change: mutant
        for part in (neurons, engines, parity, streams, edges, boards)
        for mutant in part.MUTANTS
    }
    for what, change, proof in of_proofs():
        mutant = found.get(change, Mutant(what, change, ()))
        if proof not in mutant.killers:
            found[change] = replace(mutant, killers=(*mutant.killers, proof))
    return list(found.values())


def smoke(mutants: list[Mutant]) -> list[Mutant]:
    """The first mutant of each module and kind of check: a sample for the test suite."""
    found: dict[tuple[str, str], Mutant] = {}
    for mutant in mutants:
        for killer in mutant.killers:
            one = replace(mutant, killers=(killer,))
            found.setdefault((mutant.change.module, killer.kind), one)
    return list(found.values())
