"""The statement about a core follows from the claims of a run, and from no fewer."""

from dataclasses import replace

import pytest

from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from rtl_sim import sources
from rtl_sim.proofs import certificate, statement
from rtl_sim.proofs.claim import Claim
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.simulated_builds import blocks, hardware

BUILDS = {
    "a bus, loadable": lambda: with_bus(CORES["static"], Bus(channel_bits=20)),
    "a bus, a join, a fork": lambda: with_bus(CORES["joined"], Bus()),
    "residual, static": lambda: hardware(blocks("static")),
}


def claims(build: Build) -> list[Claim]:
    return certificate.claims(build, sources.modules(build))


def argued(build: Build, proven: list[Claim]) -> dict[str, statement.Argued]:
    steps = statement.argue(build, [(claim, True) for claim in proven])
    return {step.step: step for step in steps}


def of(harness: str, build: Build) -> tuple[list[Claim], list[Claim]]:
    """The claims by a harness, and the others."""
    proven = claims(build)
    return (
        [claim for claim in proven if claim.harness.name == harness],
        [claim for claim in proven if claim.harness.name != harness],
    )


@pytest.mark.parametrize("name", BUILDS)
def test_it_follows_when_all_claims_hold(name):
    build = BUILDS[name]()
    steps = argued(build, claims(build))
    assert [step.missing for step in steps.values()] == [[]] * len(steps)
    assert ("samples" in steps) == ("bus" in name)
    assert ("joins" in steps) == ("bus, loadable" not in name)
    assert steps["visits"].by == "solver" and len(steps["visits"].claims) >= 3


HARNESSES = sorted({need.harness for step in statement.STEPS for need in step.needs})


@pytest.mark.parametrize("harness", HARNESSES)
def test_each_claim_is_needed_to_hold_without_bound_at_the_parameters(harness):
    build = next(
        build for build in (make() for make in BUILDS.values())
        if any(c.startswith(harness) or f": {harness} " in c
               for step in argued(build, claims(build)).values() for c in step.claims)
    )  # fmt: skip
    own, others = of(harness, build)
    for proven in (
        others,
        [*others, *(replace(claim, method="bounded") for claim in own)],
        [*others, *(other_size(claim) for claim in own)],
    ):
        steps = argued(build, proven)
        assert not steps["all"].holds
        assert any(f"no proof by {harness}" in why for step in steps.values()
                   for why in step.missing)  # fmt: skip
    failed = [(claim, claim not in own) for claim in [*own, *others]]
    assert not statement.argue(build, failed)[-1].holds


def other_size(claim: Claim) -> Claim:
    """The claim with each of its numbers one more."""
    sizes = {n: v + 1 if isinstance(v, int) else v for n, v in claim.harness.parameters.items()}
    return replace(claim, harness=replace(claim.harness, parameters=sizes))


def test_a_claim_about_another_layer_is_not_enough():
    build = BUILDS["residual, static"]()
    own, others = of("accumulator_sum", build)
    renamed = [replace(claim, subject="elsewhere") for claim in own]
    assert not argued(build, [*others, *renamed])["sums"].holds


def test_a_module_that_no_step_is_about_is_named():
    build = BUILDS["residual, static"]()
    path = sources.paths(build)[-1]
    text = build.files[path].replace(b"trispike_readout #(", b"trispike_other #(")
    changed = replace(build, files={**build.files, path: text})
    steps = argued(changed, claims(build))
    assert steps["wires"].missing == ["readout: no step is about other"]
    assert not steps["all"].holds


def test_steps_rest_on_earlier_ones_and_reach_the_last():
    before: set[str] = set()
    for step in statement.STEPS:
        assert set(step.rests) <= before
        assert bool(step.needs) == (step.by == "solver")
        before.add(step.name)
    used = {name for step in statement.STEPS for name in step.rests}
    assert before - used == {"all"}
