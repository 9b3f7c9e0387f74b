"""Faults put into the Verilog, the memories and the widths: each is seen and named."""

import re
import shutil

import msgspec
import numpy as np
import pytest

from hw_models import golden, operations
from hw_models.artefact import Build
from rtl_sim.compare import first_difference
from rtl_sim.simulate import LIBRARY, Stalls, simulate
from tests.random_builds import random_build, random_input
from tests.rtl_sim.builds import hardware, hardware_build, with_lanes

MUTANTS = {
    "fires above the threshold only": ("neuron.v", "above >= ZERO", "above > ZERO"),
    "fires -1 below the threshold only": ("neuron.v", "below <= ZERO", "below < ZERO"),
    "binary fires -1": ("neuron.v", "(TERNARY != 0) &&", "1'b1 &&"),
    "leak rounds toward minus infinity": ("leak.v", "? TOWARD_ZERO : ZERO", "? ZERO : ZERO"),
    "v outlives its sample": ("update.v", "& {V_BITS{!leak_first_q}}", "& {V_BITS{1'b1}}"),
    "v is read before it is written": ("update.v", "WORDS : 3;", "WORDS : 1;"),
    "the accumulator is not cleared": ("dense_engine.v", "clear3_q && slice3_q == MINE", "1'b0"),
    "a replayed current is cleared": ("dense_engine.v", "(step_next_i && repeat_end)", "sweep"),
    "a marker overtakes its last event": (
        "dense_engine.v", "(add && group_end));", "(add && (group_end || s_axis_tdata[MARK])));",
    ),
    "additions of padding lanes count": ("dense_engine.v", "? ADD_LAST", "? ADD_FULL"),
    "the last event of a step is dropped": (
        "serializer.v", "= fire_q == NONE;", "= fire_q == NONE || (rest == NONE && step_end_q);",
    ),
    "an event does not wait for tready": (
        "serializer.v", "end else if (leaves) begin", "end else if (m_axis_tvalid) begin",
    ),
    "sweeps do not wait for the buffer": ("update.v", "credit_q != CREDIT_NONE", "1'b1"),
    "the highest index wins a tie": ("argmax.v", "logit_i > best_q", "logit_i >= best_q"),
}  # fmt: skip


def with_ties(build: Build) -> Build:
    """The last two classes have the same weights and biases."""
    tensors = {name: tensor.copy() for name, tensor in build.tensors.items()}
    last = build.dataflow.layers[-1]
    for name in (f"{last.groups[0].name}.weight", f"{last.name}.bias"):
        tensors[name][:-1] = tensors[name][-1]
    return Build(build.dataflow, tensors)


# The first has narrow integers: |p| == v_threshold and equal logits are common.
CASES = {
    "ternary": with_ties(
        with_lanes(random_build(169, encoding="ternary", widths=[9, 30, 7]), 4, 2)
    ),
    "static": with_lanes(random_build(0, encoding="static", widths=[9, 13, 11, 5]), 5, 3),
    "narrow": with_lanes(random_build(4, encoding="static", widths=[6, 1, 2]), 1, 1),
}


def difference(build: Build, seed: int, **options) -> str:
    x = random_input(build, 8, seed)
    trace = golden.run(build, x)
    simulation = simulate(build, x, stalls=Stalls(idle=30, stall=150), **options)
    return first_difference(build, trace, operations.count(build, x, trace), simulation)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_caught(name, tmp_path):
    file, old, new = MUTANTS[name]
    shutil.copytree(LIBRARY, tmp_path / "verilog")
    path = tmp_path / "verilog" / file
    text = path.read_text()
    assert text.count(old) == 1
    new = new.replace("MARK", "ADDR_BITS+DIGIT_BITS+1")
    path.write_text(text.replace(old, new))
    assert any(
        difference(hardware(build), 5, library=tmp_path / "verilog") for build in CASES.values()
    ), f"{name}: seen by none of {list(CASES)}"


@pytest.mark.parametrize("case", CASES)
def test_without_a_mutation_the_same_builds_are_equal(case):
    assert not difference(hardware(CASES[case]), 5)


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
    group = msgspec.structs.replace(layer.groups[0], acc_bits=layer.groups[0].acc_bits - 1)
    narrow = msgspec.structs.replace(layer, groups=(group,))
    flow = msgspec.structs.replace(build.dataflow, layers=(narrow,))
    problem = simulate(hardware(Build(flow, build.tensors)), x).problem
    assert re.search(r"assertion .*layer0_group0.*: accumulator overflow", problem)
