"""Faults that samples back to back do not show: the edge that does is named, and replayed."""

import numpy as np
import pytest

from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from rtl_sim.simulation import edges, stream
from rtl_sim.simulation.replay import replay
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import simulate
from tests.builders.bus_builds import with_bus
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import blocks, hardware, with_lanes
from tests.mutants import mutated

STATIC = with_lanes(random_build(0, encoding="static", widths=[9, 13, 11, 5]), 5, 3)
SPIKES = with_lanes(random_build(4, encoding="ternary", widths=[12, 40, 8, 3]), 4, 2)
BUILDS = {
    "static": hardware(STATIC),
    "spikes": hardware(SPIKES),
    "joined": hardware(with_lanes(blocks("static"), 4, 2)),
    "bus": with_bus(SPIKES, Bus()),
    "loadable": with_bus(STATIC, Bus(channel_bits=20)),
}
ORDER, RESET, REGISTERS = (
    "events in another order",
    "reset in a sweep of layer ",
    "register accesses",
)


def kept(name: str, value: str) -> tuple[str, str]:
    """A register that a reset sets when the power comes, and not again."""
    return f"{name} <= {value};", f"{name} <= ^{name} === 1'bx ? {value} : {name};"


# What is wrong: the build that shows it, the edge, the file, and what is put for what.
FAULTS = {
    "a replay goes on after a reset": (
        "static", RESET + "layer0", "engine", *kept("repeat_q     ", "REPEAT_FIRST"),
    ),
    "not all accumulators are cleared after a reset": (
        "joined", RESET + "layer0", "engine", *kept("sweep_word_q ", "WORD_FIRST"),
    ),
    "a reset clears no accumulator": (
        "joined", RESET + "layer0", "engine", *kept("clear_q      ", "1'b1"),
    ),
    "a sweep goes on after a reset": (
        "spikes", RESET + "layer0", "update",
        "if (!rst_n) begin\n      first_q <= 1'b1;\n      word_q  <= WORD_FIRST;",
        "if (!rst_n) begin\n      first_q <= 1'b1;\n"
        "      word_q  <= ^word_q === 1'bx ? WORD_FIRST : word_q;",
    ),
    "an event of a lower address has the wrong sign": (
        "spikes", ORDER, "engine", "neg_q       <= s_axis_tdata[ADDR_BITS+DIGIT_BITS];",
        "neg_q <= s_axis_tdata[ADDR_BITS+DIGIT_BITS] ^ (add && row_start < line_row_q);",
    ),
    "an event of a lower address has digit 0": (
        "static", ORDER, "engine", "digit_q     <= digit;",
        "digit_q <= add && row_start < line_row_q ? 0 : digit;",
    ),
    "each event takes a cycle more": (
        "spikes", edges.CYCLES, "engine", "(!head_q || add_end);", "!head_q;",
    ),
    "a short sweep takes longer": (
        "static", edges.CYCLES, "update", "WORDS : 6;", "WORDS : 40;",
    ),
    "a write is taken while an answer waits": (
        "bus", REGISTERS, "axi_lite", "!s_axil_awready && !b_waits;", "!s_axil_awready;",
    ),
    "a high word is unknown": (
        "bus", REGISTERS, "registers", "if (!core_rst_n_o) high_q", "if (1'b0) high_q",
    ),
    "a partial write is taken": ("bus", REGISTERS, "axi_lite", "|| !whole;", ";"),
    "a sample that left is not counted": (
        "bus", REGISTERS, "registers", "if (sample_out_i)", "if (sample_out_i && 1'b0)",
    ),
    "a piece without a memory is no error": (
        "loadable", REGISTERS, "loader", "error_o = piece_i && !fits;", "error_o = 1'b0;",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BUILDS)
def test_all_edges_of_a_sound_core_are_equal(name):
    build = BUILDS[name]
    report = run(build, random_input(build, 3, 5), with_edges=True)
    assert report.equal, report.first_difference
    assert report.edges == {edge.kind: None for edge in edges.of(build)}
    first, *_, last = (RESET + layer.name for layer in build.dataflow.layers)
    assert {ORDER, first, last} < set(report.edges)
    assert (REGISTERS in report.edges) == (name in ("bus", "loadable"))
    assert (edges.CYCLES in report.edges) == (name not in ("bus", "loadable"))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_an_edge_is_named(name, tmp_path, monkeypatch):
    """Of the edges, the one that shows it is simulated: all of them are of a sound core."""
    case, kind, *change = FAULTS[name]
    shown = [edge for edge in edges.of(BUILDS[case]) if edge.kind == kind]
    monkeypatch.setattr(edges, "of", lambda build: shown)
    build, folder = mutated(BUILDS[case], *change), tmp_path / "failure"
    x = random_input(build, 3, 5)
    report = run(build, x, with_edges=True, failure=folder)
    assert report.samples_equal == 3 and not report.equal
    assert report.first_difference and report.edges == {kind: report.first_difference}
    assert report.first_difference.startswith(f"{kind}: ")
    if kind == edges.CYCLES:
        assert report.failure is None  # no value differs
    else:
        assert report.failure == str(folder)
        assert replay(folder).difference


def test_a_difference_of_the_samples_comes_first(tmp_path):
    build = mutated(BUILDS["spikes"], "neuron", "above >= ZERO", "above > ZERO + 500")
    report = run(build, random_input(build, 3, 5), with_edges=True)
    assert report.first_difference and report.first_difference.startswith("layer ")
    assert report.edges == {}


def test_the_reset_falls_between_two_replays(tmp_path):
    """The second half of a sample is still to come: it starts again later than it had begun."""
    build, x = BUILDS["static"], random_input(BUILDS["static"], 1, 5)
    plain = simulate(build, x)
    for edge in edges.of(build):
        if edge.kind.startswith(RESET):
            again = simulate(build, x, stalls=edge.stalls)
            assert plain.starts[0] < again.starts[0] < plain.ends[0] + 10


@pytest.mark.parametrize("name", ["static", "spikes"])
def test_shuffled_events_are_those_of_their_steps(name):
    build: Build = BUILDS[name]
    words = stream.input_words(build.dataflow.input, random_input(build, 3, 5))
    other = stream.shuffled(words)
    markers = np.flatnonzero(words >> np.uint64(stream.KIND) & np.uint64(1))
    assert (words != other).any()
    np.testing.assert_array_equal(words[markers], other[markers])
    for first, last in zip([0, *markers[:-1] + 1], markers, strict=True):
        assert sorted(words[first:last]) == sorted(other[first:last])
