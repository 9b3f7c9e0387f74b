"""What the probes wrote is read right, and differences are found where they are."""

import dataclasses

import numpy as np
import pytest

from hw_models.cost import operations
from hw_models.engines import golden
from rtl_sim.simulation.compare import by_sample, equal_samples, first_difference
from rtl_sim.simulation.simulate import simulate
from rtl_sim.simulation.trace import MISSING, Counts, LayerTrace, Simulation, read_words, signed
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import hardware_build
from tests.mutants import mutated


def records(rows: list[list[int]], widths: list[int], unknown: list[bool]) -> bytes:
    """Words of unsigned fields, highest first, as bench_probe.v writes them."""
    written = []
    for row, flag in zip(rows, unknown, strict=True):
        word = int(flag)
        for value, width in zip(row, widths, strict=True):
            word = word << width | int(value)
        pieces = sum(widths) // 32 + 1
        written.append(word.to_bytes(4 * pieces, "little"))
    return b"".join(written)


@pytest.mark.parametrize("widths", [[1], [3, 1, 7], [31], [64], [40, 13, 1, 1, 9], [5, 64, 30]])
def test_probe_files_are_read_field_by_field(tmp_path, widths):
    rng = np.random.default_rng(1)
    fields = [rng.integers(0, 1 << min(w, 62), 50) for w in widths]
    content = records(list(zip(*fields, strict=True)), widths, [False] * 50)
    (tmp_path / "probe.bin").write_bytes(content)
    got = read_words(tmp_path / "probe.bin", widths)
    for column, expected in zip(got, fields, strict=True):
        np.testing.assert_array_equal(column, expected)


def test_unknown_words_unfinished_records_and_missing_files_are_no_numbers(tmp_path):
    content = records([[1, 15], [0, 3], [0, 7]], [4, 4], [False, True, False])
    (tmp_path / "probe.bin").write_bytes(content + b"\1\2")
    high, low = read_words(tmp_path / "probe.bin", [4, 4])
    assert high.tolist() == [1, MISSING, 0] and low.tolist() == [15, MISSING, 7]
    assert signed(low, 4).tolist() == [-1, MISSING, 7]
    assert [len(c) for c in read_words(tmp_path / "none.bin", [4, 4])] == [0, 0]


def test_an_x_of_the_core_is_no_number(tmp_path):
    """v starts as x and is not cleared: no membrane of the first step is known."""
    build = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
    broken = mutated(build, "update", " & {V_BITS{!leak_first_q}}", "")
    simulation = simulate(broken, random_input(build, 1, 21))
    assert (simulation.layers["layer0"].membranes[0, 0] == MISSING).all()


def ideal(build, trace, counts) -> Simulation:
    """The simulation that gives exactly the golden integers."""
    layers = {
        name: LayerTrace(
            spikes=by_sample(trace.spikes[name]).astype(int) if name in trace.spikes else None,
            membranes=by_sample(membranes).copy(),
            surplus=0,
            counts=Counts(
                events_in=counts[name].events,
                events_out=int(np.count_nonzero(trace.spikes.get(name, 0))),
                additions=counts[name].synaptic_additions,
            ),
        )
        for name, membranes in trace.membranes.items()
    }
    classes = np.repeat(trace.predictions[:, None], trace.logits.shape[1], axis=1)
    starts = np.arange(len(classes)) * 10
    ends = starts + np.array([15, 15, 7, 7])  # the second one enters before the first one has left
    return Simulation(layers, trace.logits.copy(), classes, 0, starts, ends, 28 + 8, "")


@pytest.fixture
def case():
    build = random_build(5, encoding="ternary", widths=[8, 6, 6, 3])
    x = random_input(build, 4, 5)
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    return build, trace, counts, ideal(build, trace, counts)


def test_equal_is_equal(case):
    build, trace, counts, simulation = case
    assert first_difference(build, trace, counts, simulation) == ""
    assert equal_samples(build, trace, simulation).all()


def test_the_cause_is_named_before_its_consequences(case):
    build, trace, counts, simulation = case
    simulation.layers["layer1"].spikes[2, 1, 5] += 1
    simulation.layers["layer0"].membranes[2, 1, 4] += 3
    simulation.layers["layer0"].membranes[3, 0, 0] += 1
    simulation.layers["layer1"].membranes[2, 2, 0] += 1
    expected = trace.membranes["layer0"][1, 2, 4]
    found = first_difference(build, trace, counts, simulation)
    assert found == (
        f"layer layer0, time step 1, neuron 4: expected membrane {expected}, "
        f"got {expected + 3} (sample 2)"
    )
    assert equal_samples(build, trace, simulation).tolist() == [True, True, False, False]


def test_nothing_is_reported_as_nothing(case):
    build, trace, counts, simulation = case
    simulation.layers["layer2"].membranes[3, 1:] = MISSING
    simulation.logits[3] = MISSING
    found = first_difference(build, trace, counts, simulation)
    assert found.startswith("layer layer2, time step 1, neuron 0") and "got nothing" in found


def test_classes_counters_and_surplus_count(case):
    build, trace, counts, simulation = case
    simulation.classes[1, 0] ^= 1
    assert "expected class" in first_difference(build, trace, counts, simulation)
    simulation.classes[1, 0] ^= 1
    assert "too many" in first_difference(
        build, trace, counts, dataclasses.replace(simulation, surplus=1)
    )
    layer = simulation.layers["layer1"]
    wrong = dataclasses.replace(layer, counts=dataclasses.replace(layer.counts, additions=7))
    layers = {**simulation.layers, "layer1": wrong}
    found = first_difference(build, trace, counts, dataclasses.replace(simulation, layers=layers))
    assert found.startswith("layer layer1: expected") and "the core counted 7" in found
    more = dataclasses.replace(simulation, cycles=37)
    assert first_difference(build, trace, counts, more) == (
        "expected 36 cycles with a sample in the core, the core counted 37"
    )
