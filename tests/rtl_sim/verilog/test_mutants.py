"""Faults put into the Verilog, the memories and the widths: each is seen and named."""

import re
from functools import partial

import msgspec
import numpy as np
import pytest

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from rtl_sim.simulation.compare import first_difference
from rtl_sim.simulation.simulate import Stalls, simulate
from tests.builders.random_builds import random_build, random_input
from tests.builders.simulated_builds import (
    blocks,
    chain,
    conv,
    hardware,
    hardware_build,
    pool,
    small_buffers,
    with_lanes,
)
from tests.mutants import mutated

# What is wrong: the case that shows it, the module, and what is put for what.
MUTANTS = {
    "fires above the threshold only": ("ternary", "neuron", "above >= ZERO", "above > ZERO"),
    "fires -1 below the threshold only": ("ternary", "neuron", "below <= ZERO", "below < ZERO"),
    "binary fires -1": ("narrow", "neuron", "(TERNARY != 0) &&", "1'b1 &&"),
    "leak rounds toward minus infinity": (
        "ternary", "leak", "? TOWARD_ZERO : ZERO", "? ZERO : ZERO",
    ),
    "v outlives its sample": (
        "narrow", "update", "& {V_BITS{!leak_first_q}}", "& {V_BITS{1'b1}}",
    ),
    "v is read before it is written": ("narrow", "update", "WORDS : 6;", "WORDS : 1;"),
    "block RAM is not cleared": ("gaps", "accumulators", "{!clear4_q}", "{1'b1}"),
    "LUT-RAM is not cleared": (
        "ternary", "accumulators", "fresh_q[word4_q] <= clear4_q", "fresh_q[word4_q] <= 1'b0",
    ),
    "LUT-RAM stays cleared": (
        "ternary", "accumulators", "fresh_q[word4_q] <= clear4_q", "fresh_q[word4_q] <= 1'b1",
    ),
    "all words are cleared with one": (
        "ternary", "accumulators", "fresh_q[word4_q] <= clear4_q",
        "fresh_q <= {WORDS{clear4_q}}",
    ),
    "registers are not cleared": (
        "narrow", "accumulators", "if (MEMORY == 0 && clear4_q) mem[0] <= {ACC_BITS{1'b0}};",
        "if (MEMORY == 0 && clear4_q) mem[0] <= mem[0];",
    ),
    "LUT-RAM is taken for words that do not take turns": (
        "blocks", "engine", ".MEMORY     (MEMORY)", ".MEMORY     (1)",
    ),
    "a cleared word keeps the last event": (
        "gaps", "accumulators", "          term4_q <= {(TERM_BITS+1){1'b0}};\n", "",
    ),
    "a word is taken out with each slice": (
        "ternary", "accumulators", "read_i && slice_i == {SLICE_BITS{1'b0}}", "read_i",
    ),
    "a replayed current is cleared": (
        "narrow", "engine", "(fetch && repeat_end)", "fetch",
    ),
    "an event of the next step does not wait for the sweep": (
        "conv", "engine", "= PAGES == 2 || !step_q ||", "= 1'b1 ||",
    ),
    "an event is added to the page that is swept": (
        "ternary", "engine", "if (mark) page_q", "if (1'b0) page_q",
    ),
    "an event is added as a word is taken": (
        "ternary", "engine", "free && !fetch_q", "free",
    ),
    "two markers are one": (
        "small", "engine", "wait_q <= (mark || wait_q)", "wait_q <= 1'b0 && (mark || wait_q)",
    ),
    "a marker overtakes its last event": (
        "narrow", "engine", "(!head_q || add_end);", "(!head_q || add_end || kind);",
    ),
    "additions of padding lanes count": ("ternary", "engine", "? ADD_LAST", "? ADD_FULL"),
    "no bypass of the operation ahead": (
        "gaps", "accumulators", "write4 && word3_q == word4_q", "1'b0",
    ),
    "no bypass of the second one ahead": (
        "gaps", "accumulators", "write4 && word2_q == word4_q", "1'b0",
    ),
    "a bypass for other words": (
        "gaps", "accumulators", "write4 && word3_q == word4_q", "write4",
    ),
    "a second bypass for other words": (
        "gaps", "accumulators", "write4 && word2_q == word4_q", "write4",
    ),
    "the first coordinate has no taps": ("gaps", "axis_taps", "i >= 0", "i >= 1"),
    "the last coordinate has no taps": ("gaps", "axis_taps", "i < SIZE)", "i < SIZE - 1)"),
    "the last output has no taps": ("gaps", "axis_taps", "o < OUT;", "o < OUT - 1;"),
    "the last tap is missing": ("gaps", "axis_taps", "k < KERNEL;", "k < KERNEL - 1;"),
    "the padding is forgotten": ("conv", "axis_taps", "walk(-PADDING)", "walk(0)"),
    "taps of a row start where the last row ended": (
        "conv", "engine", "(line_end ? line_row_q", "(0 ? line_row_q",
    ),
    "a tap goes the wrong way": ("conv", "engine", "= -STRIDE_W", "= STRIDE_W"),
    "an event without taps adds": (
        "gaps", "engine", "!kind && seen", "!kind",
    ),
    "every channel is in the first synapse": ("conv", "engine", "+ word_x + word_c", "+ word_x"),
    "a bias does not return to the first": (
        "conv", "update", "row_q == ROW_LAST ?", "read_end ?",
    ),
    "the address does not step at the end of a row": (
        "conv", "serializer", "row_end ? CX_MASK :", "",
    ),
    "padding channels take addresses": ("conv", "serializer", "group_end ? STRIDE_LAST :", ""),
    "a pool drops the last window": (
        "conv", "window_walk", "row_end_o && left_y_q == Y_NONE", "row_end_o && left_y_q <= Y_ONE",
    ),
    "a pool drops the second column": (
        "conv", "window_walk", "<= single_i ? X_NONE :", "<= 1 ? X_NONE :",
    ),
    "a marker overtakes in a pool": (
        "conv", "pool", "!head_q || (leaves && done)", "!head_q || (leaves && (done || kind))",
    ),
    "a pool does not wait for tready": (
        "gaps", "pool", "m_axis_tvalid && m_axis_tready", "m_axis_tvalid",
    ),
    "a pool lets through what is in no window": (
        "gaps", "pool", "kind || seen", "1'b1",
    ),
    "the buffer gives a word twice": (
        "narrow", "fifo", "if (fetch) read_q", "if (fetch && !push_i) read_q",
    ),
    "the last event of a step is dropped": (
        "narrow", "serializer", "fire_q == NONE;",
        "fire_q == NONE || (rest == NONE && step_end_q);",
    ),
    "an event does not wait for tready": (
        "conv", "serializer", "end else if (leaves) begin", "end else if (m_axis_tvalid) begin",
    ),
    "sweeps do not wait for the buffer": ("conv", "credits", "credit_q != ONE", "1'b1"),
    "a sweep does not wait for the other synapse": (
        "blocks", "merge", "a_step_valid_i && b_step_valid_i", "a_step_valid_i",
    ),
    "a shortcut's current is lost": ("blocks", "merge", "sum = a + b", "sum = a"),
    "a shortcut's current has no sign": (
        "blocks", "merge", "wire signed [B_BITS", "wire [B_BITS",
    ),
    "an event of a shortcut adds to all channels of its word": (
        "blocks", "accumulators", "lane3_q == LANE;", "1'b1;",
    ),
    "an event of a shortcut clears the channels beside it": (
        "blocks", "accumulators", "{!clear4_q}", "{!clear4_q && term4_q != 0}",
    ),
    "every channel of a shortcut is in the first word": (
        "blocks", "engine", ".OUT      (PACKED ? PACKS : GROUPS)", ".OUT      (1)",
    ),
    "a reader takes an event twice": ("blocks", "broadcast", "& ~taken_q", ""),
    "an event leaves when the first reader has it": ("blocks", "broadcast", "&taken;", "|taken;"),
    "a place is never given back": (
        "small", "credits", "else if (give_i && !spend_i)", "else if (1'b0)",
    ),
    "a place is given back as another is taken": (
        "small", "credits", "if (spend_i && !give_i)", "if (spend_i && 1'b0)",
    ),
    "an input event finds no place": (
        "small", "stream_buffer", "s_axis_tvalid && s_axis_tready;", "s_axis_tvalid;",
    ),
    "the highest index wins a tie": (
        "ternary", "argmax", "logit_i > best_q", "logit_i >= best_q",
    ),
}  # fmt: skip


def with_ties(build: Build) -> Build:
    """The last two classes have the same weights and biases."""
    tensors = {name: tensor.copy() for name, tensor in build.tensors.items()}
    last = build.dataflow.layers[-1]
    for name in (f"{last.synapses[0].name}.weight", f"{last.name}.bias"):
        tensors[name][:-1] = tensors[name][-1]
    return Build(build.dataflow, tensors)


def conv_of(channels, kernel, stride=(1, 1), padding=(0, 0), groups=1):
    return partial(
        conv, channels=channels, kernel=kernel, stride=stride, padding=padding, groups=groups
    )


def pool_of(kernel, stride, padding=(0, 0)):
    return partial(pool, kernel=kernel, stride=stride, padding=padding)


# "ternary" has narrow integers: |p| == v_threshold and equal logits are common.
CASES = {
    "conv": with_lanes(
        chain(
            3, "ternary", (4, 5, 6), conv_of(6, (3, 2), (2, 1), (1, 0), 2),
            pool_of((3, 3), (2, 1), (1, 1)), conv_of(5, (2, 2), (1, 1), (1, 1)), 3, timesteps=2,
        ), 2, 2,
    ),
    "gaps": with_lanes(
        chain(
            4, "ternary", (2, 8, 8), pool_of((1, 1), (2, 2)), conv_of(7, (1, 1), (3, 3)),
            conv_of(5, (1, 1)), 3, timesteps=2,
        ), 5, 4,
    ),
    "ternary": with_ties(
        with_lanes(random_build(169, encoding="ternary", widths=[9, 30, 7]), 4, 2)
    ),
    "static": with_lanes(random_build(0, encoding="static", widths=[9, 13, 11, 5]), 5, 3),
    "narrow": with_lanes(random_build(4, encoding="static", widths=[6, 1, 2], x_max=127), 1, 1),
    "blocks": with_lanes(blocks("ternary"), 4, 3),
    "small": with_lanes(blocks("static"), 2, 2),
}  # fmt: skip


def core(case: str) -> Build:
    """A case with its hardware; "small" has one place in each buffer between layers."""
    build = hardware(CASES[case])
    return small_buffers(build, 1) if case == "small" else build


SAMPLES = {"conv": 3, "blocks": 2, "small": 2}  # of builds that take long; of the others, 5


def difference(build: Build, samples: int = 5) -> str:
    x = random_input(build, samples, 5)
    trace = golden.run(build, x)
    simulation = simulate(build, x, stalls=Stalls(idle=30, stall=150))
    return first_difference(build, trace, operations.count(build, x, trace), simulation)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_caught(name):
    case, *change = MUTANTS[name]
    found = difference(mutated(core(case), *change), SAMPLES.get(case, 5))
    assert found
    assert "does not compile" not in found


@pytest.mark.parametrize("case", CASES)
def test_without_a_mutation_the_same_builds_are_equal(case):
    assert not difference(core(case), SAMPLES.get(case, 5))


def test_a_corrupted_weight_is_reported_where_it_first_shows():
    build = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
    wrong = {name: tensor.copy() for name, tensor in build.tensors.items()}
    wrong["layer0.syn.weight"][6, 3] ^= 1
    corrupted = hardware(Build(build.dataflow, wrong))
    x = random_input(build, 5, 21)
    trace, shown = golden.run(build, x), golden.run(corrupted, x)
    sample, step = np.argwhere(
        (trace.membranes["layer0"] != shown.membranes["layer0"]).any(axis=2).T
    )[0]
    simulation = simulate(Build(build.dataflow, build.tensors, files=corrupted.files), x)
    found = first_difference(build, trace, operations.count(build, x, trace), simulation)
    assert found.startswith(f"layer layer0, time step {step}, neuron 6: expected "), found
    assert f"(sample {sample})" in found


def test_one_bit_less_is_an_overflow():
    """The largest sum of the weights, in an accumulator of one bit less than its proven width."""
    build = random_build(9, encoding="ternary", widths=[15, 6])
    w = build.tensors["layer0.syn.weight"]
    row = int(np.abs(w.astype(np.int64)).sum(axis=1).argmax())
    x = np.repeat(np.sign(w[row])[None, None], build.dataflow.timesteps, axis=0).astype(np.int8)
    assert not simulate(hardware(build), x).problem
    layer = build.dataflow.layers[0]
    synapse = msgspec.structs.replace(layer.synapses[0], acc_bits=layer.synapses[0].acc_bits - 1)
    narrow = msgspec.structs.replace(layer, synapses=(synapse,))
    flow = msgspec.structs.replace(build.dataflow, layers=(narrow,))
    problem = simulate(hardware(Build(flow, build.tensors)), x).problem
    assert re.search(r"assertion .*layer0_synapse0.*: accumulator overflow", problem)
