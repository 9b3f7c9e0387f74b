"""Under Verilator the core gives the golden integers, in the very cycles it takes under Icarus."""

from functools import partial

import numpy as np
import pytest

from hw_models.engines import golden
from rtl_sim.simulation import simulators
from rtl_sim.simulation.check import check_samples
from rtl_sim.simulation.replay import Failure, simulate_again
from rtl_sim.simulation.simulate import Stalls, compile_model, simulate
from rtl_sim.simulation.spread import Told, run_here
from rtl_sim.upsets.flips import as_bytes, draw
from rtl_sim.upsets.memories import KINDS, memories_of
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import chain, conv, hardware, pool, with_lanes
from tests.mutants import mutated

pytestmark = [
    pytest.mark.skipif(
        simulators.Verilator.missing() is not None,
        reason=f"{simulators.Verilator.missing()} is not installed",
    ),
    pytest.mark.xdist_group("verilator"),  # the tests share a compiled model
]

BUILD = hardware(
    chain(
        3, "static", (2, 6, 6), partial(conv, channels=5, kernel=(3, 3), padding=(1, 1)),
        lambda shape: pool(shape, (2, 2), (2, 2)), 9, 4, timesteps=3,
    )
)  # fmt: skip
X = random_input(BUILD, 30, 3)


@pytest.fixture(scope="module", autouse=True)
def quick_compilation():
    """The simulations are short: compiling takes the time."""
    levels = [f"{name}=-O0" for name in ("OPT_FAST", "OPT_SLOW", "OPT_GLOBAL")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulators, "MAKE", (*simulators.MAKE, *levels))
        yield


@pytest.fixture(scope="module")
def model(tmp_path_factory, quick_compilation):
    """Compiled once for all tests."""
    # A folder of a name that neither make nor a shell takes unquoted.
    return compile_model(BUILD, tmp_path_factory.mktemp("a mødel"), "verilator")


@pytest.mark.parametrize(("idle", "stall"), [(0, 0), (200, 30), (60, 200)])
def test_every_event_membrane_and_logit(model, idle, stall):
    part = check_samples(model, X, stalls=Stalls(idle, stall))
    assert part.difference == "" and part.equal.all()
    assert part.events > 1000 and part.cycles > 0


@pytest.mark.parametrize("stalls", [Stalls(), Stalls(40, 120), Stalls(20, 40, reset_at=333)])
def test_the_same_trace_as_icarus(model, stalls):
    x = X[:, :4]
    got, expected = model.run(x, stalls), simulate(BUILD, x, stalls=stalls)
    assert got.problem == expected.problem == ""
    for field in ("logits", "classes", "starts", "ends", "cycles", "surplus"):
        np.testing.assert_array_equal(getattr(got, field), getattr(expected, field))
    for name, layer in expected.layers.items():
        for field in layer.__slots__:
            np.testing.assert_array_equal(getattr(got.layers[name], field), getattr(layer, field))


def test_parts_side_by_side_are_the_parts_one_by_one(model):
    parts, done = [slice(0, 12), slice(12, 24), slice(24, 30)], []
    together = run_here(model, X, parts, Stalls(), 2, Told(advance=done.append))
    assert sum(done) == 30
    assert [part.first for part in together] == [0, 12, 24]
    assert not any(part.difference for part in together)
    alone = check_samples(model, X[:, parts[1]], 12)
    assert together[1].layers == alone.layers and together[1].cycles == alone.cycles
    np.testing.assert_array_equal(together[1].latencies, alone.latencies)


def test_broken_verilog_is_caught_and_leaves_a_waveform(tmp_path):
    build = mutated(BUILD, "neuron", "above >= ZERO", "above > ZERO + 500")
    (tmp_path / "model").mkdir()
    broken = compile_model(build, tmp_path / "model", "verilator", waves=True)
    about = Failure(
        difference="", command="", sim="verilator", stalls=Stalls(), first=5, dataflow_sha256=None
    )
    part = simulate_again(broken, X[:, 5:8], about, tmp_path)
    assert part.difference.startswith("layer ") and "(sample 5)" in part.difference
    assert (tmp_path / "waveform.vcd").stat().st_size > 10_000


def test_bits_flip_as_under_icarus(tmp_path):
    """On words that channels fill: beyond them Icarus meets an address of no neuron, which is x."""
    build = hardware(with_lanes(BUILD, 1, 1))
    memories, samples = memories_of(build), X.shape[1]
    drawn = [draw(memories, kind, 40, (1,), samples, 300) for kind in KINDS]
    flips = as_bytes(sorted(flip for each in drawn for flip in each))
    found = []
    for sim in ("icarus", "verilator"):
        (tmp_path / sim).mkdir()
        names = [memory.name for memory in memories]
        found.append(compile_model(build, tmp_path / sim, sim, memories=names).run(X, upsets=flips))
    np.testing.assert_array_equal(found[0].logits, found[1].logits)
    np.testing.assert_array_equal(found[0].ends, found[1].ends)
    assert (found[0].logits != golden.run(build, X).logits).any()
