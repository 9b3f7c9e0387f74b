"""The command of random builds: it passes on some, and names what is wrong with which seed."""

import pytest

from hw_models.core import latency
from tests.cli import status_of
from tests.mutants import mutated
from tests.random_runs import check, cli


def test_some_random_builds(capsys):
    assert status_of(cli, "--seed", 1009, "--count", 3, "--jobs", 2) == 0
    out = capsys.readouterr().out
    assert (
        "3 builds (1 dense, 1 convolutions, 1 graph; 2 with engines side by side)" in out
        and "all equal" in out
    )


def test_other_verilog_is_found():
    found = check(1, lambda build: mutated(build, "neuron", "above >= ZERO", "above > ZERO"))
    assert found.difference.startswith("layer layer")


@pytest.mark.parametrize("constant", ["UPDATE", "FIFO"])
def test_a_cycle_more_is_found_and_named(constant, monkeypatch, capsys):
    monkeypatch.setattr(latency, constant, getattr(latency, constant) + 1)
    assert status_of(cli, "--seed", 5, "--count", 1) == 1
    err = capsys.readouterr().err
    assert err.startswith("seed 5 (graph): sample 0 out: expected cycle")
    assert err.endswith("again: python -m tests.random_runs --seed 5 --count 1\n")
