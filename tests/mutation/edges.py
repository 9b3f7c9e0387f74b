"""The core's edges: the guard, the bus, its registers, loaded memories, the count of cycles."""

from tests.mutation.killers import ACCESSES, Bench, Core, Elaborated, Equivalent, Simulated
from tests.mutation.mutant import kept, of_module

STREAM_GUARD = {
    "an address twice passes": ("(in_range && !repeated)", "in_range", Bench("guard")),
    "the event just before is forgotten": (
        "bypass_q <= write && addr", "bypass_q <= 0 && addr", Bench("guard"),
    ),
    "the event just before is taken for the same": (
        "write && addr[INDEX_BITS-1:0] == s_axis_tdata[INDEX_BITS-1:0];", "write;", Bench("guard"),
    ),
    "tags that come again are not cleared": (
        "if (marker && tag_q == TAG_LAST) begin", "if (1'b0) begin", Bench("guard"),
    ),
    "a reset does not clear the tags": (
        "clear_q       <= 1'b1;\n      clear_index_q <= FIRST;\n      tag_q",
        "clear_q       <= 1'b0;\n      clear_index_q <= FIRST;\n      tag_q", Bench("guard"),
    ),
    "the last step's events count": (
        "[SEEN_BITS+:TAG_BITS] == tag_q", "[SEEN_BITS+:TAG_BITS] != 0", Bench("guard"),
    ),
    "a digit hides the others": ("LOWEST << digit", "LOWEST", Bench("guard")),
    "a channel beyond the last passes": ("= c < C &&", "= 1'b1 &&", Bench("guard")),
    "a row beyond the last passes": ("&& y < H &&", "&&", Bench("guard")),
    "a digit beyond the largest passes": ("digit <= DIGIT_MAX &&", "", Bench("guard")),
    "missing markers are not added": (
        "if (early) fill_q <= 1'b1;", "if (early) fill_q <= 1'b0;", Bench("guard"),
    ),
    "tlast on an event is no error": (
        "done && last_q && !(kind && step_end)", "done && last_q && kind && !step_end",
        Bench("guard"),
    ),
    "a late tlast is no error": ("step_end && !last_q;", "step_end && 1'b0;", Bench("guard")),
    "tlast passes as it came": (
        "(fill_q || kind) && step_end;", "fill_q ? step_end : last_q;", Bench("guard"),
    ),
    "an event after a marker does not wait": ("(done && !kind && !last_q)", "done", Bench("guard")),
    "not busy while markers are added": ("= valid_q || fill_q;", "= valid_q;", Bench("guard")),
    "not busy while a beat waits": ("= valid_q || fill_q;", "= fill_q;", Bench("guard")),
    "a column beyond the last passes": ("x < W && y", "y", Bench("guard of binary maps")),
    "binary events may be negative": (
        "(SIGNED != 0 || !neg)", "1'b1", Bench("guard of binary maps"),
    ),
    "a step outlives a reset": (
        "step_q  <= STEP_FIRST;", "step_q  <= ^step_q === 1'bx ? STEP_FIRST : step_q;",
        Bench("guard"),
    ),
    "missing markers come after a reset": (
        "      fill_q  <= 1'b0;", "      fill_q  <= ^fill_q === 1'bx ? 1'b0 : fill_q;",
        Bench("guard"),
    ),
    "a beat outlives a reset": (
        "      valid_q <= 1'b0;\n      fill_q",
        "      valid_q <= ^valid_q === 1'bx ? 1'b0 : valid_q;\n      fill_q", Bench("guard"),
    ),
    "each beat takes a cycle more": (
        "(!valid_q || (done && !kind && !last_q))", "!valid_q", Bench("guard"),
    ),
    "clearing ends a word early": (
        "clear_index_q == LAST)", "clear_index_q == LAST - ONE)", Bench("guard of 16 channels"),
    ),
    "beats come while tags are cleared": ("!clear_q && !fill_q &&", "!fill_q &&", Bench("guard")),
    "a digit may be too large": (
        "DIGIT_MAX >= (1", "DIGIT_MAX > (1",
        Elaborated("stream_guard_DIGIT_MAX_is_too_large_for_DIGIT_BITS"),
    ),
}  # fmt: skip

AXI_LITE = {
    "a write is taken while an answer waits": (
        "!s_axil_awready && !b_waits;", "!s_axil_awready;", Bench("axi_lite"),
        Simulated("bus", ACCESSES),
    ),
    "a read is taken while an answer waits": (
        "!read_o && !r_waits;", "!read_o;", Bench("axi_lite"),
    ),
    "a write is taken twice": ("&& !s_axil_awready && !b_waits", "&& !b_waits", Bench("axi_lite")),
    "a write needs no address": (
        "<= s_axil_awvalid && s_axil_wvalid", "<= s_axil_wvalid", Bench("axi_lite"),
    ),
    "a write's answer does not wait": ("<= write || b_waits;", "<= write;", Bench("axi_lite")),
    "a ready follows its valid": (
        "wready = s_axil_awready;", "wready = s_axil_awvalid && s_axil_wvalid && !s_axil_bvalid;",
        Bench("axi_lite"),
    ),
    "ready for writes in reset": (
        "s_axil_awready <= 1'b0;", "s_axil_awready <= 1'b1;", Bench("axi_lite"),
    ),
    "ready for reads in reset": (
        "s_axil_arready <= 1'b0;", "s_axil_arready <= 1'b1;", Bench("axi_lite"),
    ),
    "an answer to nothing": (
        "s_axil_bvalid  <= 1'b0;", "s_axil_bvalid  <= 1'b1;", Bench("axi_lite"),
    ),
    "an answer says another access's error": (
        "if (write) write_error_q", "write_error_q", Bench("axi_lite"),
    ),
    "less than a word is written": ("= write && whole;", "= write;", Core("samples_and_counters")),
    "an answer changes while it waits": ("if (read_o) begin", "begin", Core("registers")),
    "an answer does not wait": ("read_o || r_waits", "read_o", Core("samples_and_counters")),
    "a partial write is taken": ("|| !whole;", ";", Simulated("bus", ACCESSES)),
    "an answer to a read does not wait": (
        "s_axil_rvalid  <= read_o || r_waits;", "s_axil_rvalid  <= read_o;", Bench("axi_lite"),
    ),
    "an answer to no read": (
        "s_axil_rvalid  <= 1'b0;", "s_axil_rvalid  <= 1'b1;", Bench("axi_lite"),
    ),
    "an error is EXOKAY": ("{write_error_q, 1'b0}", "{1'b0, write_error_q}", Bench("axi_lite")),
    "a read's error is none": (
        "read_error_q <= read_error_i;", "read_error_q <= 1'b0;", Bench("axi_lite"),
    ),
    "one byte is a whole word": ("&s_axil_wstrb", "|s_axil_wstrb", Bench("axi_lite")),
    "a write goes where a read goes": (
        "s_axil_awaddr[ADDR_BITS-1:2]", "s_axil_araddr[ADDR_BITS-1:2]", Bench("axi_lite"),
    ),
}  # fmt: skip

REGISTERS = {
    "a high word is unknown": (
        "if (!core_rst_n_o) high_q", "if (1'b0) high_q", Core("no_register_is_unknown"),
        Simulated("bus", ACCESSES),
    ),
    "a high word outlives the register's reset": (
        "if (!core_rst_n_o) high_q", "if (!rst_n) high_q", Core("no_register_is_unknown"),
    ),
    "a high word of another moment": (
        "read_index_i[0] ? high_q", "read_index_i[0] ? count >> 32",
        Core("a_counter_is_read_as_one"),
    ),
    "flags do not stay": ("kept | errors_i", "errors_i", Core("malformed_samples")),
    "any write clears all flags": (
        "~(write_data_i[ERRORS-1:0] &", "~({ERRORS{1'b1}} &", Core("malformed_samples"),
    ),
    "the wrong sample is named": (
        "error_sample_q <= samples_in_q", "error_sample_q <= samples_out_q + 2",
        Core("malformed_samples"),
    ),
    "the register's reset does nothing": (
        "rst_n && !reset_q;", "rst_n;", Core("a_reset_in_mid_sample"),
    ),
    "a sample that left is not counted": (
        "if (sample_out_i)", "if (sample_out_i && 1'b0)", Simulated("bus", ACCESSES),
    ),
    "samples outlive a reset": (
        "samples_in_q  <= 32'd0;",
        "samples_in_q  <= ^samples_in_q === 1'bx ? 32'd0 : samples_in_q;",
        Core("a_reset_in_mid_sample"),
    ),
    "the last sample with an error is named": (
        "kept == {ERRORS{1'b0}} && errors_i", "errors_i", Core("the_first_sample"),
    ),
    "a write to a register that is none is taken": (
        "!(control || errors || select || piece)", "1'b0", Simulated("bus", ACCESSES),
    ),
    "any write to CONTROL resets": (
        "&& control && write_data_i[0]", "&& control", Core("samples_and_counters"),
    ),
    "any write resets": (
        "&& control && write_data_i[0]", "&& write_data_i[0]", Core("samples_and_counters"),
    ),
    "a core without loads has registers for them": (
        "select  = SHAPE[0] && write_index_i", "select  = write_index_i",
        Core("registers", "ternary", loads=False),
    ),
    "the first counter is everywhere below": (
        "read_index_i >= AT_COUNTERS && place == n", "place == n",
        Equivalent("what is below wraps to places beyond those for which ADDR_BITS is checked"),
    ),
    "counters are a word apart": (
        "place = (read_index_i - AT_COUNTERS) >> 1;", "place = read_index_i - AT_COUNTERS;",
        Simulated("bus", ACCESSES),
    ),
    "the core is never busy": ("{31'b0, busy_i}", "32'b0", Core("loaded_memories")),
    "a read of a high word keeps another": (
        "read_i && counter && !read_index_i[0]", "read_i && counter",
        Core("a_counter_is_read_as_one"),
    ),
    "a read of nowhere is no error": (
        "read_error_o = !counter;", "read_error_o = 1'b0;", Simulated("bus", ACCESSES),
    ),
    "errors outlive a reset of the pin": (
        "errors_q       <= {ERRORS{1'b0}};",
        "errors_q       <= ^errors_q === 1'bx ? {ERRORS{1'b0}} : errors_q;",
        Core("a_reset_in_mid_sample"),
    ),
}  # fmt: skip

LOADER = {
    "the place of a word is unknown": (
        "      place_q  <= FIRST;\n    end else", "    end else", Core("no_register_is_unknown"),
    ),
    "a memory stays selected": (
        "memory_q <= NONE;", "memory_q <= ^memory_q === 1'bx ? NONE : memory_q;",
        Core("no_register_is_unknown"),
    ),
    "pieces come lowest first": (
        "{word_q, data_i};", "{data_i, word_q[WORD_BITS-1:32]};", Core("loaded_memories"),
    ),
    "a memory is loaded while it is used": ("= !busy_i &&", "=", Core("loaded_memories")),
    "a memory is loaded beyond its end": ("&& place_q < words;", ";", Core("loaded_memories")),
    "a word has a piece too many": (
        "PIECES[n*32+:32] - 1;", "PIECES[n*32+:32];", Core("loaded_memories"),
    ),
    "a piece without a memory is no error": (
        "error_o = piece_i && !fits;", "error_o = 1'b0;", Simulated("loadable", ACCESSES),
    ),
    "every memory is the first": (
        "memory_q[n] <= data_i == n;", "memory_q[n] <= n == 0;", Core("loaded_memories"),
    ),
    "a memory goes on where it was left": (
        "        piece_q <= PIECE_FIRST;\n        place_q <= FIRST;\n      end else if",
        "        piece_q <= PIECE_FIRST;\n      end else if", Core("loaded_memories"),
    ),
    "a word goes on where it was left": (
        "        piece_q <= PIECE_FIRST;\n        place_q <= FIRST;\n      end else if",
        "        place_q <= FIRST;\n      end else if", Core("loaded_memories"),
    ),
    "a write outlives a reset": (
        *kept("write_q ", "1'b0"), Equivalent("no memory is selected, and the next cycle ends it"),
    ),
    "words are never complete": (
        "piece_q <= whole ? PIECE_FIRST", "piece_q <= 0 ? PIECE_FIRST", Core("loaded_memories"),
    ),
    "each word goes to the first place": (
        "if (whole) place_q", "if (whole && 1'b0) place_q", Core("loaded_memories"),
    ),
}  # fmt: skip

ACTIVITY = {
    "the core seems idle": (
        "partial_q || flight_q != NONE;\n\n", "1'b0;\n\n", Core("loaded_memories"),
    ),
    "a sample that has entered is still entering": (
        "partial_q <= !last_i;", "partial_q <= 1'b1;", Bench("activity"),
    ),
    "a sample that enters as another leaves counts twice": (
        "if (last_i && !end_i)", "if (last_i)", Bench("activity"),
    ),
    "a sample that leaves as another enters takes both": (
        "if (end_i && !last_i)", "if (end_i)", Bench("activity"),
    ),
    "a sample in part outlives a reset": (
        *kept("partial_q", "1'b0"), Core("a_reset_in_mid_sample"),
    ),
    "samples outlive a reset": (*kept("flight_q ", "NONE"), Bench("activity")),
    "the first cycle of a sample does not count": (
        "(begin_i || busy_o)", "(busy_o)", Bench("activity"), Simulated("static"),
    ),
    "one sample is inside at most": ("flight_q + ONE;", "ONE;", Bench("activity")),
}  # fmt: skip

MUTANTS = [
    *of_module("stream_guard", STREAM_GUARD),
    *of_module("axi_lite", AXI_LITE),
    *of_module("registers", REGISTERS),
    *of_module("loader", LOADER),
    *of_module("activity", ACTIVITY),
]
