"""A core with parity bits: it computes the same, and reports what has flipped."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.emit.register_map import Bus
from hw_models.hardware import hardware_of
from rtl_sim.simulation import accesses
from rtl_sim.simulation.simulate import Stalls, compile_model
from rtl_sim.upsets.flips import Flip, as_bytes
from rtl_sim.upsets.memories import memories_of
from rtl_sim.upsets.report import flagged_samples
from tests import alarms
from tests.builders.bus_builds import with_bus
from tests.builders.random_builds import random_build, random_conv_build, random_input
from tests.builders.random_graphs import random_graph_build
from tests.mutation import builds
from tests.rtl_sim.verilog.equality import check

FLAG = 1 << 5  # of ERRORS


@pytest.mark.parametrize("name", ["parity", "parity of images", "parity of maps"])
def test_each_read_of_a_flipped_word_is_reported(name):
    assert alarms.first_problem(builds.build(name)) == ""


@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
@pytest.mark.parametrize("seed", range(3))
def test_without_flips_there_is_no_report(network, seed):
    """Whatever the stalls and in every reset, all values are the golden model's."""
    check(with_bus(network(seed), Bus(parity=True)), seed, Stalls(50, 80), 3)


def test_a_report_is_a_flag_that_the_bus_reads_when_all_samples_are_out(tmp_path):
    build = builds.build("parity")
    memories = memories_of(build)
    number = next(n for n, memory in enumerate(memories) if memory.kind == "weights")
    model = compile_model(build, tmp_path, memories=[memory.name for memory in memories])
    read = [a.name for a in accesses.plan(build) if a.after].index("ERRORS")
    flips = as_bytes([Flip(0, 0, number, word, 0) for word in range(memories[number].words)])
    for upsets, flag in ((b"", 0), (flips, FLAG)):
        x = random_input(build, 4, 1)
        answers = model.run(x, Stalls(registers=True), upsets=upsets).answers
        assert answers is not None
        last = answers[-sum(a.after for a in accesses.plan(build)) :]
        np.testing.assert_array_equal(last[read], (0, accesses.OKAY, flag))


def test_samples_are_flagged_by_the_cycles_that_they_are_in_the_core(tmp_path):
    build = builds.build("parity")
    sound = compile_model(build, tmp_path).run(random_input(build, 3, 1))
    assert sound.alarms is not None and not len(sound.alarms)
    for cycle, flagged in (
        (sound.starts[0] - 1, [0, 0, 0]), (sound.starts[0], [1, 0, 0]), (sound.ends[2], [0, 0, 1]),
        (sound.ends[2] + 1, [0, 0, 0]),
    ):  # fmt: skip
        got = flagged_samples(replace(sound, alarms=np.array([cycle])))
        assert got is not None and got.tolist() == flagged


@pytest.mark.parametrize("bus", [Bus(parity=True), Bus(20, parity=True)])
def test_words_in_files_have_an_even_number_of_ones(bus):
    build = with_bus(random_build(3, encoding="static"), bus)
    words = [
        int(line, 16)
        for path, content in build.files.items() if path.startswith("mem/")
        for line in content.split()
    ]  # fmt: skip
    assert all(word.bit_count() % 2 == 0 for word in words)
    update = hardware_of(build).layers[0].update
    biases = [int(line, 16) for line in build.files[update.bias_file].split()]
    assert any(word >> update.slice * update.bias_bits for word in biases)
