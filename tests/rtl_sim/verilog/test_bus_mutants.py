"""Faults put into the modules at the core's edges: the benches see each of them."""

import pytest

from compiler.emit.register_map import Bus
from tests.benches import core_case, first_core_failure, first_failure, write_case
from tests.builders.bus_builds import CORES, same_shape, with_bus
from tests.mutants import mutated, mutated_library

GUARD = {
    "an address twice passes": ("(in_range && !repeated)", "in_range"),
    "the event just before is forgotten": ("bypass_q <= write && addr", "bypass_q <= 0 && addr"),
    "the event just before is taken for the same": (
        "write && addr[INDEX_BITS-1:0] == s_axis_tdata[INDEX_BITS-1:0];", "write;",
    ),
    "tags that come again are not cleared": (
        "if (marker && tag_q == TAG_LAST) begin", "if (1'b0) begin",
    ),
    "a reset does not clear the tags": (
        "clear_q       <= 1'b1;\n      clear_index_q <= FIRST;\n      tag_q",
        "clear_q       <= 1'b0;\n      clear_index_q <= FIRST;\n      tag_q",
    ),
    "the last step's events count": (
        "[SEEN_BITS+:TAG_BITS] == tag_q", "[SEEN_BITS+:TAG_BITS] != 0",
    ),
    "a digit hides the others": ("LOWEST << digit", "LOWEST"),
    "a channel beyond the last passes": ("= c < C &&", "= 1'b1 &&"),
    "a row beyond the last passes": ("&& y < H &&", "&&"),
    "a digit beyond the largest passes": ("digit <= DIGIT_MAX &&", ""),
    "missing markers are not added": ("if (early) fill_q <= 1'b1;", "if (early) fill_q <= 1'b0;"),
    "tlast on an event is no error": (
        "done && last_q && !(kind && step_end)", "done && last_q && kind && !step_end",
    ),
    "a late tlast is no error": ("step_end && !last_q;", "step_end && 1'b0;"),
    "tlast passes as it came": ("(fill_q || kind) && step_end;", "fill_q ? step_end : last_q;"),
    "an event after a marker does not wait": ("(done && !kind && !last_q)", "done"),
    "not busy while markers are added": ("= valid_q || fill_q;", "= valid_q;"),
    "not busy while a beat waits": ("= valid_q || fill_q;", "= fill_q;"),
}  # fmt: skip


@pytest.mark.parametrize("name", GUARD)
def test_mutants_of_the_guard_are_caught(name, tmp_path):
    library = mutated_library(tmp_path, "stream_guard", *GUARD[name])
    parameters = {
        "STEPS": 2, "C": 5, "H": 3, "W": 1, "DIGIT_MAX": 2, "SIGNED": 1, "TAG_BITS": 2,
    }  # fmt: skip
    env = write_case(tmp_path, parameters)
    sources = [library / "trispike_stream_guard.v"]
    found = first_failure(
        tmp_path, "bench_stream_guard", "trispike_stream_guard", sources, parameters, env
    )
    assert found.startswith("any_stream")


AXI_LITE = {
    "a write is taken while an answer waits": ("!s_axil_awready && !b_waits;", "!s_axil_awready;"),
    "a read is taken while an answer waits": ("!read_o && !r_waits;", "!read_o;"),
    "a write is taken twice": ("&& !s_axil_awready && !b_waits", "&& !b_waits"),
    "a write needs no address": ("<= s_axil_awvalid && s_axil_wvalid", "<= s_axil_wvalid"),
    "a write's answer does not wait": ("<= write || b_waits;", "<= write;"),
    "a ready follows its valid": (
        "wready = s_axil_awready;", "wready = s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;",
    ),
    "ready for writes in reset": ("s_axil_awready <= 1'b0;", "s_axil_awready <= 1'b1;"),
    "ready for reads in reset": ("s_axil_arready <= 1'b0;", "s_axil_arready <= 1'b1;"),
    "an answer to nothing": ("s_axil_bvalid  <= 1'b0;", "s_axil_bvalid  <= 1'b1;"),
    "an answer says another access's error": ("if (write) write_error_q", "write_error_q"),
}  # fmt: skip


@pytest.mark.parametrize("name", AXI_LITE)
def test_mutants_of_the_bus_are_caught(name, tmp_path):
    library = mutated_library(tmp_path, "axi_lite", *AXI_LITE[name])
    found = first_failure(
        tmp_path, "bench_axi_lite", "trispike_axi_lite", [library / "trispike_axi_lite.v"]
    )
    assert found.startswith("each_access_is_answered_once")


# What is wrong: the test that shows it, the file, and what is put for what.
CORE = {
    "a high word is unknown": (
        "no_register_is_unknown", "registers", "if (!core_rst_n_o) high_q", "if (1'b0) high_q",
    ),
    "a high word outlives the register's reset": (
        "no_register_is_unknown", "registers", "if (!core_rst_n_o) high_q", "if (!rst_n) high_q",
    ),
    "the place of a word is unknown": (
        "no_register_is_unknown", "loader",
        "      place_q  <= FIRST;\n    end else", "    end else",
    ),
    "a memory stays selected": (
        "no_register_is_unknown", "loader", "memory_q <= NONE;",
        "memory_q <= ^memory_q === 1'bx ? NONE : memory_q;",
    ),
    "a high word of another moment": (
        "a_counter_is_read_as_one", "registers", "read_index_i[0] ? high_q",
        "read_index_i[0] ? count >> 32",
    ),
    "flags do not stay": ("malformed_samples", "registers", "kept | errors_i", "errors_i"),
    "any write clears all flags": (
        "malformed_samples", "registers", "~(write_data_i[ERRORS-1:0] &", "~({ERRORS{1'b1}} &",
    ),
    "the wrong sample is named": (
        "malformed_samples", "registers", "error_sample_q <= samples_in_q",
        "error_sample_q <= samples_out_q + 2",
    ),
    "less than a word is written": (
        "samples_and_counters", "axi_lite", "= write && whole;", "= write;",
    ),
    "an answer changes while it waits": (
        "registers", "axi_lite", "if (read_o) begin", "begin",
    ),
    "an answer does not wait": (
        "samples_and_counters", "axi_lite", "read_o || r_waits",
        "read_o",
    ),
    "the register's reset does nothing": (
        "a_reset_in_mid_sample", "registers", "rst_n && !reset_q;", "rst_n;",
    ),
    "the core seems idle": (
        "loaded_memories", "activity", "partial_q || flight_q != NONE;\n\n", "1'b0;\n\n",
    ),
    "pieces come lowest first": (
        "loaded_memories", "loader", "{word_q, data_i};", "{data_i, word_q[WORD_BITS-1:32]};",
    ),
    "a memory is loaded while it is used": ("loaded_memories", "loader", "= !busy_i &&", "="),
    "a memory is loaded beyond its end": (
        "loaded_memories", "loader", "&& place_q < words;", ";",
    ),
    "a word has a piece too many": (
        "loaded_memories", "loader", "PIECES[n*32+:32] - 1;", "PIECES[n*32+:32];",
    ),
    "weights are not loaded": (
        "loaded_memories", "rom", "if (write_i) mem", "if (1'b0) mem",
    ),
    "thresholds are not loaded": (
        "loaded_memories", "update", "(load_threshold_i),", "(1'b0),",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CORE)
def test_mutants_of_the_registers_are_caught(name, tmp_path):
    test, *change = CORE[name]
    build = mutated(with_bus(CORES["static"], Bus(channel_bits=20)), *change)
    env = core_case(tmp_path, build, same_shape(CORES["static"], 3))
    env["COCOTB_TEST_FILTER"] = test
    found = first_core_failure(tmp_path, "bench_core", env)
    assert found.startswith(test)
