"""Engines: where an event goes, what it adds, and the memories that this takes."""

from tests.mutation.killers import (
    CYCLES,
    ORDER,
    RESET,
    RESETS,
    Bench,
    Core,
    Elaborated,
    Equivalent,
    Proof,
    Simulated,
)
from tests.mutation.mutant import kept, of_module

AXIS_TAPS = {
    "the first coordinate has no taps": ("i >= 0", "i >= 1", Simulated("gaps")),
    "the last coordinate has no taps": ("i < SIZE)", "i < SIZE - 1)", Simulated("gaps")),
    "the last output has no taps": ("o < OUT;", "o < OUT - 1;", Simulated("gaps")),
    "the last tap is missing": ("k < KERNEL;", "k < KERNEL - 1;", Simulated("gaps")),
    "the padding is forgotten": ("walk(-PADDING)", "walk(0)", Simulated("conv")),
    "the last output comes first": (
        "if (walk[i*ENTRY_BITS+:SPAN_BITS] == 0) begin", "if (1) begin", Simulated("conv"),
    ),
    "outputs do not advance": (
        "corner = corner + STRIDE;", "corner = corner + 1;", Simulated("gaps"),
    ),
    "a field is not cut out": ("(addr_i >> LSB) & MASK", "(addr_i >> LSB)", Simulated("column")),
    "fields begin at bit 0": ("(addr_i >> LSB) & MASK", "addr_i & MASK", Simulated("conv")),
    "steps of an output are 1": (
        "out    = out + OUT_STEP;", "out    = out + 1;", Simulated("conv"),
    ),
    "steps of a tap are 1": ("tap = tap + TAP_STEP;", "tap = tap + 1;", Simulated("conv")),
    "a span may be too narrow": (
        "(1 << SPAN_BITS) <= OUT\n", "(1 << SPAN_BITS) < 0\n",
        Elaborated("axis_taps_SPAN_BITS_is_too_small_for_KERNEL"),
    ),
}  # fmt: skip

WINDOW_WALK = {
    "a pool drops the last window": (
        "|| left_y_q == Y_NONE", "|| left_y_q <= Y_ONE", Simulated("conv"),
    ),
    "a pool drops the second column": (
        "<= single_i ? X_NONE :", "<= 1 ? X_NONE :", Simulated("conv"),
    ),
    "rows of windows": (
        "row_end_o ? more_x_q", "row_end_o ? X_NONE", Proof("engine_windows", "engine"),
    ),
    "an event in no row is seen": (
        "span_y != Y_NONE && span_x != X_NONE", "span_x != X_NONE", Simulated("gaps"),
    ),
    "rows and columns are swapped": (
        ".LSB      (X_LSB + $clog2(IN_W))", ".LSB      (X_LSB)", Simulated("conv"),
    ),
    "each row has its windows less one": (
        "left_x_q <= row_end_o ? more_x_q", "left_x_q <= row_end_o ? more_x_q - X_ONE",
        Simulated("conv"),
    ),
    "rows are not counted": (
        "if (row_end_o) left_y_q", "if (row_end_o && 1'b0) left_y_q", Simulated("conv"),
    ),
}  # fmt: skip

ENGINE = {
    "LUT-RAM is taken for words that do not take turns": (
        ".MEMORY     (MEMORY)", ".MEMORY     (1)", Simulated("blocks"),
        Proof("engine_windows", "engine, packed"),
    ),
    "another kind of memory": (
        ".MEMORY     (MEMORY)", ".MEMORY     (2)", Proof("engine_windows", "engine, two pages"),
    ),
    "LUT-RAM may be asked for a map": (
        "!(OUT_H * OUT_W == 1 && REACH > 1)", "!(REACH > 0)",
        Elaborated("engine_MEMORY_1_needs_words_that_take_turns"),
    ),
    "a replayed current is cleared": ("(fetch && repeat_end)", "fetch", Simulated("narrow")),
    "a sum is kept for the next step": (
        "(fetch && repeat_end)", "1'b0", Simulated("ternary"), Proof("engine_windows", "engine"),
    ),
    "a word is taken with its second slice": (
        "step_next_i && slice_q == SLICE_FIRST", "step_next_i && slice_q == SLICE_LAST",
        Simulated("ternary"),
    ),
    "a marker overtakes its last event": (
        "(!head_q || add_end);", "(!head_q || add_end || kind);", Simulated("narrow"),
    ),
    "an event of the next step does not wait for the sweep": (
        "= PAGES == 2 || !step_q ||", "= 1'b1 ||", Simulated("conv"),
        Proof("engine_windows", "engine"),
    ),
    "an event of the next step waits for any sweep": (
        "(repeat_end && taken)", "taken", Proof("engine_windows", "engine"),
    ),
    "an event of the next step waits for no word": (
        "(repeat_end && taken)", "repeat_end", Proof("engine_windows", "engine"),
    ),
    "an event of the next step waits for the end of the sweep": (
        "!step_q || (repeat_end && taken)", "!step_q", Proof("engine_windows", "engine"),
    ),
    "an event waits until all of a word is read": (
        "(word_q == sweep_word_q && slice_q != SLICE_FIRST)", "1'b0",
        Proof("engine_windows", "engine"),
    ),
    "an event is added where a word is to be taken": (
        "word_q == sweep_word_q && slice_q != SLICE_FIRST", "word_q == sweep_word_q",
        Proof("engine_windows", "engine"),
    ),
    "an event is added as a word is taken": (
        "free && !fetch_q", "free", Simulated("ternary"), Proof("engine_windows", "engine"),
    ),
    "an event is added to the page that is swept": (
        "if (mark) page_q", "if (1'b0) page_q", Simulated("ternary"),
    ),
    "the page changes with the sweep": (
        "if (mark) page_q", "if (done) page_q", Proof("engine_windows", "engine, two pages"),
    ),
    "the page that is swept stays": (
        "if (done || (clear_q", "if ((clear_q", Simulated("ternary"),
        Proof("engine_windows", "engine, two pages"),
    ),
    "only one page is cleared": (
        "(PAGES == 1 || sweep_page_q)", "1", Proof("engine_windows", "engine, two pages"),
    ),
    "two markers are one": (
        "wait_q <= (mark || wait_q)", "wait_q <= 1'b0 && (mark || wait_q)", Simulated("small"),
        Proof("engine_windows", "engine"),
    ),
    "a marker that waits lets events pass": (
        "!clear_q && !wait_q", "!clear_q", Proof("engine_windows", "engine"),
    ),
    "a marker that waits is the last": (
        "mark ? s_axis_tlast : wait_last_q", "mark ? s_axis_tlast : 1'b1",
        Proof("engine_windows", "engine"),
    ),
    "a marker that waits is the last of all": (
        "if (!step_q || done) last_q", "last_q", Proof("engine_windows", "engine"),
    ),
    "additions of padding lanes count": ("? ADD_LAST", "? ADD_FULL", Simulated("ternary")),
    "taps of a row start where the last row ended": (
        "(line_end ? line_row_q", "(0 ? line_row_q", Simulated("conv"),
    ),
    "a tap goes the wrong way": ("= -STRIDE_W", "= STRIDE_W", Simulated("conv")),
    "an event without taps adds": (
        "!kind && seen", "!kind", Simulated("gaps"), Proof("engine_windows", "engine, packed"),
    ),
    "every channel is in the first synapse": ("+ word_x + word_c", "+ word_x", Simulated("conv")),
    "every channel of a shortcut is in the first word": (
        ".OUT      (PACKED ? PACKS : GROUPS)", ".OUT      (1)", Simulated("blocks"),
    ),
    "a replay goes on after a reset": (
        *kept("repeat_q     ", "REPEAT_FIRST"), Simulated("static", RESET + "layer0"),
    ),
    "not all accumulators are cleared after a reset": (
        *kept("sweep_word_q ", "WORD_FIRST"), Simulated("joined", RESET + "layer0"),
    ),
    "a reset clears no accumulator": (
        *kept("clear_q      ", "1'b1"), Simulated("joined", RESET + "layer0"),
    ),
    "a step that stands outlives a reset": (
        *kept("step_q       ", "1'b0"), Simulated("static", RESET + "layer0"),
    ),
    "a marker that waits outlives a reset": (
        *kept("wait_q       ", "1'b0"), Proof("engine_windows", "engine"),
    ),
    "a page outlives a reset": (
        *kept("\n      page_q ", "1'b0"), Proof("engine_windows", "engine, two pages"),
    ),
    "an event of a lower address has the wrong sign": (
        "neg_q       <= s_axis_tdata[ADDR_BITS+DIGIT_BITS];",
        "neg_q <= s_axis_tdata[ADDR_BITS+DIGIT_BITS] ^ (add && row_start < line_row_q);",
        Simulated("spikes", ORDER),
    ),
    "an event of a lower address has digit 0": (
        "digit_q     <= digit;", "digit_q <= add && row_start < line_row_q ? 0 : digit;",
        Simulated("static", ORDER),
    ),
    "each event takes a cycle more": (
        "(!head_q || add_end);", "!head_q;", Simulated("spikes", CYCLES),
    ),
    "a channel in its own lane": ("<= lane;", "<= 0;", Proof("engine_windows", "engine, packed")),
    "sweeps from the first word": (
        "sweep_word_q == WORD_LAST ? WORD_FIRST : ", "", Proof("engine_windows", "engine, packed"),
    ),
    "words that exist": ("= WORDS - 1;", "= WORDS;", Proof("engine_windows", "engine, packed")),
    "sections": ("word_y + word_x + word_c", "word_y + word_x", Proof("engine_windows", "engine")),
    "the sign": ("s_axis_tdata[ADDR_BITS+DIGIT_BITS];", "1'b0;", Proof("engine_windows", "engine")),
    "the digit": ("digit_q     <= digit", "digit_q     <= 0", Proof("engine_windows", "engine")),
    "the last step": ("= last_q && repeat_end", "= last_q", Proof("engine_windows", "engine")),
    "a slice outlives a reset": (
        *kept("slice_q      ", "SLICE_FIRST"),
        Equivalent("the sweep after a reset, which clears, ends a slice in every cycle"),
    ),
    "a word's place in the group outlives a reset": (
        *kept("sweep_reach_q", "REACH_FIRST"), Proof("engine_windows", "engine"),
    ),
    "an event's word in the group outlives a reset": (
        *kept("\n      reach_q", "REACH_FIRST"), Proof("engine_windows", "engine"),
    ),
    "markers count as events": ("(accept && !kind)", "(accept)", Simulated("static")),
    "slices may not divide the lanes": (
        "LANES % SLICE != 0", "LANES % SLICE > LANES",
        Elaborated("engine_LANES_is_no_multiple_of_SLICE"),
    ),
}  # fmt: skip

ACCUMULATORS = {
    "a word is taken out with each slice": (
        "read_i && slice_i == {SLICE_BITS{1'b0}}", "read_i", Simulated("ternary"),
    ),
    "no word is taken": (
        "if (take4_q) lane5_q", "if (take4_q && 1'b0) lane5_q", Simulated("ternary"),
    ),
    "block RAM is not cleared": ("{!clear4_q}", "{1'b1}", Simulated("gaps")),
    "LUT-RAM is not cleared": (
        "fresh_q[word4_q] <= clear4_q", "fresh_q[word4_q] <= 1'b0", Simulated("ternary"),
    ),
    "LUT-RAM stays cleared": (
        "fresh_q[word4_q] <= clear4_q", "fresh_q[word4_q] <= 1'b1", Simulated("ternary"),
    ),
    "all words are cleared with one": (
        "fresh_q[word4_q] <= clear4_q", "fresh_q <= {WORDS{clear4_q}}", Simulated("ternary"),
    ),
    "registers are not cleared": (
        "if (MEMORY == 0 && clear4_q) mem[0] <= {ACC_BITS{1'b0}};",
        "if (MEMORY == 0 && clear4_q) mem[0] <= mem[0];", Simulated("narrow"),
    ),
    "a cleared word keeps the last event": (
        "          term4_q <= {(TERM_BITS+1){1'b0}};\n", "", Simulated("gaps"),
    ),
    "no bypass of the operation ahead": ("write4 && word3_q == word4_q", "1'b0", Simulated("gaps")),
    "no bypass of the second one ahead": (
        "write4 && word2_q == word4_q", "1'b0", Simulated("gaps"),
    ),
    "the second one ahead is taken for the last one": (
        "acc = kept4_q;", "acc = next_q;", Simulated("gaps"),
    ),
    "the second one ahead goes before the last one": (
        "if (MEMORY == 2 && first4_q) acc", "if (MEMORY == 2 && first4_q && !second4_q) acc",
        Simulated("small"),
    ),
    "a bypass for other words": ("write4 && word3_q == word4_q", "write4", Simulated("gaps")),
    "a second bypass for other words": (
        "write4 && word2_q == word4_q", "write4", Simulated("gaps"),
    ),
    "an event of a shortcut adds to all channels of its word": (
        "lane3_q == LANE;", "1'b1;", Simulated("blocks"),
    ),
    "an event of a shortcut clears the channels beside it": (
        "{!clear4_q}", "{!clear4_q && term4_q != 0}", Simulated("blocks"),
    ),
    "an addition outlives a reset": (
        "{add1_q, add2_q, add3_q, add4_q}             <= 4'b0;",
        "{add1_q, add2_q, add3_q, add4_q} <= ^{add1_q, add2_q, add3_q, add4_q} === 1'bx ? 4'b0"
        " : {add_i, add1_q, add2_q, add3_q};",
        Equivalent("what is in the pipeline adds before the sweep after a reset clears"),
    ),
    "a word is forgotten a cycle late": (
        "second2 ? clear4_q : fresh_q[word2_q]", "fresh_q[word2_q]", Proof("accumulator_sum"),
    ),
    "nothing is forgotten in a reset": (
        "if (!rst_n) fresh_q <= {WORDS{1'b1}};\n    else if (write4)", "if (write4)",
        Equivalent("the sweep after a reset clears every word before one is read"),
    ),
}  # fmt: skip

BANKED_ROM = {
    "banks are twice as large at least": ("LEAST = 512;", "LEAST = 1024;", Bench("banked_rom")),
    "a bank that is not meant keeps its word": (
        "word2_q & {WIDTH{mine2_q}}", "word2_q", Bench("banked_rom"),
    ),
    "a bank is meant a cycle early": (
        "word2_q & {WIDTH{mine2_q}}", "word2_q & {WIDTH{mine1_q}}", Bench("banked_rom"),
    ),
    "a word comes a cycle early": (
        "{read1_q, read2_q} <= {read_i, read1_q}", "{read1_q, read2_q} <= {read_i, read_i}",
        Bench("banked_rom"),
    ),
    "every bank is the first": (
        "addr_i >> BITS == START >> BITS", "addr_i >> BITS == 0", Bench("banked_rom"),
    ),
    "a word is written to all banks": (
        "(write_i && mine_write)", "(write_i)", Core("loaded_memories", "banks"),
    ),
    "nothing is written to the last bank": (
        "(n == BANKS - 1 || write_addr_i < START + SIZE)", "write_addr_i < START + SIZE - 1",
        Core("loaded_memories", "banks"),
    ),
    "writes to the last bank have an end": (
        "(n == BANKS - 1 || write_addr_i < START + SIZE)", "write_addr_i < START + SIZE",
        Equivalent("nobody writes beyond the depth: the end is left out to save LUTs"),
    ),
    "the word is joined in every cycle": (
        "if (read2_q) data_o <= word;", "data_o <= word;",
        Equivalent(
            "a word that is not read does not change: the condition saves power",
            ("banked_rom", "rom"),
            (("WIDTH", 1), ("DEPTH", 520), ("ADDR_BITS", 10)),  # two banks
        ),
    ),
}  # fmt: skip

ROM = {
    "weights are not loaded": ("if (write_i) mem", "if (1'b0) mem", Core("loaded_memories")),
    "a word does not stay": (
        "if (read_i) data_o <= mem[addr_i];", "data_o <= mem[addr_i];", Bench("rom"),
    ),
    "a bank has the first one's words": (
        "{FILE, \".\", ONES}", "{FILE, \".\", TENS}", Bench("banked_rom"),
    ),
    "words are written where they are read": (
        "mem[write_addr_i] <= write_data_i;", "mem[addr_i] <= write_data_i;",
        Core("loaded_memories"),
    ),
}  # fmt: skip

COUNTER = {
    "a count goes on after a reset": (
        "if (!rst_n) count_o", "if (^count_o === 1'bx) count_o", Simulated("static", RESETS),
    ),
    "each increment is 1": ("{{(COUNT_BITS-ADD_BITS){1'b0}}, add_i};", "1;", Simulated("static")),
    "increments have a sign": (
        "{{(COUNT_BITS-ADD_BITS){1'b0}}, add_i};",
        "{{(COUNT_BITS-ADD_BITS){add_i[ADD_BITS-1]}}, add_i};", Simulated("static"),
    ),
    "0 is added as well": (
        "else if (add_i != {ADD_BITS{1'b0}}) count_o", "else count_o",
        Equivalent("adding 0 changes nothing", ("counter",)),
    ),
}  # fmt: skip

INTERLEAVE = {
    "a reset leaves the turn": (*kept("engine_q", "ENGINE_FIRST"), Simulated("columns", RESETS)),
    "a reset leaves the column": (*kept("column_q", "COLUMN_FIRST"), Simulated("columns", RESETS)),
    "a reset leaves the word": (*kept("row_q   ", "ROW_FIRST"), Simulated("columns", RESETS)),
    "a sweep begins with the last engine alone": (
        "? &step_valid_i", "? step_valid_i[ENGINES-1]", Simulated("columns"),
    ),
    "each word waits for all engines": (
        "column_q == COLUMN_FIRST && row_q == ROW_FIRST", "1'b1", Simulated("columns"),
    ),
    "the last step is the first engine's": (
        "step_last_i[engine_q]", "step_last_i[0]", Simulated("columns"),
    ),
    "all engines are asked for each word": (
        "step_next_i && engine_q == OWN", "step_next_i", Simulated("columns"),
    ),
    "a position has one word": ("row_q == ROW_LAST", "1'b1", Simulated("columns")),
    "a row has a column less": (
        "column_q == COLUMN_LAST", "column_q == COLUMN_LAST - 1", Simulated("columns"),
    ),
    "a row begins with the engine after the last one's": (
        "column_end || engine_q == ENGINE_LAST ?", "engine_q == ENGINE_LAST ?",
        Simulated("columns"),
    ),
    "the last engine is followed by one that is not there": (
        "column_end || engine_q == ENGINE_LAST ?", "column_end ?", Simulated("columns"),
    ),
    "a word is of the engine that is asked next": (
        "turns_q[(LATENCY-1)*ENGINE_BITS+:", "turns_q[(LATENCY-2)*ENGINE_BITS+:",
        Simulated("columns"),
    ),
    "an engine may have no column": (
        "if (WIDTH < ENGINES)", "if (1'b0)", Elaborated("interleave_WIDTH_is_less_than_ENGINES"),
    ),
}  # fmt: skip

MERGE = {
    "a sweep does not wait for the other synapse": (
        "a_step_valid_i && b_step_valid_i", "a_step_valid_i", Simulated("blocks"),
    ),
    "a shortcut's current is lost": ("sum = a + b", "sum = a", Simulated("blocks")),
    "a shortcut's current has no sign": (
        "wire signed [B_BITS", "wire [B_BITS", Simulated("blocks"),
    ),
    "the other synapse is not read": (
        "b_step_next_o = step_next_i", "b_step_next_o = 1'b0", Simulated("blocks"),
    ),
    "the last step is the other's": (
        "step_last_o   = a_step_last_i", "step_last_o   = b_step_last_i",
        Equivalent("the same steps meet (merge_join proves it), and an assertion says so"),
    ),
    "no step is the last": (
        "step_last_o   = a_step_last_i", "step_last_o   = 1'b0", Simulated("blocks"),
    ),
    "a sum may be too narrow": (
        "if (BITS <= A_BITS || BITS <= B_BITS)", "if (BITS <= A_BITS)",
        Elaborated("merge_BITS_is_not_more_than_A_BITS_and_B_BITS"),
    ),
}  # fmt: skip

MUTANTS = [
    *of_module("axis_taps", AXIS_TAPS),
    *of_module("window_walk", WINDOW_WALK),
    *of_module("engine", ENGINE),
    *of_module("accumulators", ACCUMULATORS),
    *of_module("banked_rom", BANKED_ROM),
    *of_module("rom", ROM),
    *of_module("counter", COUNTER),
    *of_module("interleave", INTERLEAVE),
    *of_module("merge", MERGE),
]
