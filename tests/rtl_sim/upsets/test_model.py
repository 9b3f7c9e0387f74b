"""Flips in the simulated Verilog, against the integers that they must lead to."""

import numpy as np
import pytest

from hw_models.core import timing
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.semantics import Ints
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.compare import by_sample
from rtl_sim.simulation.simulate import Model, compile_model
from rtl_sim.upsets import model
from rtl_sim.upsets.flips import Flip, as_bytes, draw
from rtl_sim.upsets.memories import Memory, memories_of
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import hardware
from tests.mutation import builds

FLIPS = 12


# With half of all weights' bits flipped, numbers of these wrap.
WRAPPING = {
    "sums of static": lambda: builds.build("static"),
    "p": lambda: hardware(random_build(22, widths=[6, 8, 4])),
    "v": lambda: hardware(random_build(44, widths=[6, 8, 4])),
}


def prepared(build: Build, folder) -> tuple[Model, list[Memory]]:
    memories = memories_of(build)
    return compile_model(build, folder, memories=[m.name for m in memories]), memories


def test_without_flips_it_is_the_golden_model():
    build = builds.build("joined")
    x = random_input(build, 4, 2)
    expected, got = golden.run(build, x), model.run(build, x, {})
    for a, b in ((expected.spikes, got.spikes), (expected.membranes, got.membranes)):
        assert list(a) == list(b)
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])
    np.testing.assert_array_equal(model.predictions(build, x, {}), expected.predictions)


def assert_equal_with_flipped_weights(build: Build, count: int, folder) -> None:
    """The Verilog whose weights have `count` flips equals the model, and not the golden model."""
    compiled, memories = prepared(build, folder)
    x = random_input(build, 3, 7)
    flips = draw(memories, "weights", count, (count,), 3, 1)
    trace = model.run(build, x, model.flipped_weights(build, memories, flips))
    simulation = compiled.run(x, upsets=as_bytes(flips))
    assert compared(build, x, trace, simulation, 0).difference == ""
    assert compared(build, x, golden.run(build, x), simulation, 0).difference


@pytest.mark.parametrize("name", ["columns", "joined"])
def test_verilog_with_flipped_weights_equals_the_model(name, tmp_path):
    """With several engines of a synapse, each has weights of its own."""
    assert_equal_with_flipped_weights(builds.build(name), 20, tmp_path)


@pytest.mark.parametrize("name", WRAPPING)
def test_numbers_wrap_as_in_the_verilog(name, tmp_path):
    build = WRAPPING[name]()
    bits = sum(m.bits for m in memories_of(build) if m.kind == "weights")
    assert_equal_with_flipped_weights(build, bits // 2, tmp_path)


def replays(build: Build, x: np.ndarray, kind: str, bit: int) -> list[Ints]:
    """The first layer's membranes [T, size] of one sample if a bit of neuron 0 flips in some step.

    That is the bit of its membrane, or of its accumulator, whose sum is then more or less by it.
    """
    layer = build.dataflow.layers[0]
    i = golden.layer_currents(build, layer, {"input": x})[:, 0]
    steps = range(build.dataflow.timesteps)

    def replay(hit: int, change: int) -> Ints:
        v, found = np.zeros(layer.shape, np.int64), []
        for t in steps:
            v, current = v.copy(), i[t].copy()
            if t == hit and kind == "membranes":
                v[0] = model.wrapped(v[0] ^ (1 << bit), layer.update.v_bits)
            elif t == hit:
                current[0] += change
            _, v = model.stepped(build, layer, v, current)
            found.append(v)
        return np.stack(found)

    if kind == "membranes":
        return [replay(t, 0) for t in steps[1:]]
    change = 1 << bit << layer.synapses[0].shift
    return [replay(t, sign * change) for t in steps for sign in (1, -1)]


@pytest.mark.parametrize("kind", ["membranes", "accumulators"])
def test_a_flip_within_a_sample_is_one_step_of_the_equations(kind, tmp_path):
    """Either nothing reads the flipped bit, or one step of one neuron starts from it.

    A flip comes in each third sample. It hits this one, or the one before, which is still in the
    layer, or the one after.
    """
    compiled, memories = prepared(builds.build("spikes"), tmp_path)
    build = compiled.build
    layer = build.dataflow.layers[0]
    number = next(n for n, m in enumerate(memories) if m.kind == kind)
    bits = min(memories[number].word_bits, layer.update.v_bits)
    x = random_input(build, 3 * FLIPS, 3)
    trace = golden.run(build, x)
    cycles = int(timing.run(build.dataflow, x, trace).intervals.mean())
    flips = [Flip(3 * n + 2, n * cycles // FLIPS, number, 0, n % bits) for n in range(FLIPS)]
    membranes = compiled.run(x, upsets=as_bytes(flips)).layers[layer.name].membranes
    assert membranes is not None
    sound = by_sample(trace.membranes[layer.name])
    hits = set()
    for n, flip in enumerate(flips):
        hit = [s for s in range(3 * n, 3 * n + 3) if (membranes[s] != sound[s]).any()]
        assert len(hit) <= 1
        for s in hit:
            possible = replays(build, x[:, s : s + 1], kind, flip.bit)
            assert any((membranes[s] == each).all() for each in possible)
            hits.add(flip.bit)
    assert len(hits) > 3
