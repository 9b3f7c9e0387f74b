"""The streams between engines: no event may be lost, doubled, changed or overtaken."""

from rtl_sim.simulation.simulate import Stalls
from tests.mutation.killers import CYCLES, RESETS, Bench, Elaborated, Linted, Proof, Simulated
from tests.mutation.mutant import kept, of_module

FIFO = {
    "the buffer gives a word twice": (
        "if (fetch) read_q", "if (fetch && !push_i) read_q", Simulated("narrow"),
    ),
    "a word outlives a reset": (*kept("valid_o", "1'b0"), Bench("stream_buffer")),
    "the place of writing outlives a reset": (*kept("write_q", "FIRST"), Bench("stream_buffer")),
    "words inside outlive a reset": (*kept("fill_q ", "EMPTY"), Bench("stream_buffer")),
    "a place too many is written": (
        "write_q == LAST ? FIRST", "write_q == LAST + ONE ? FIRST", Simulated("joined"),
    ),
    "a place is never read": (
        "read_q == LAST ? FIRST", "read_q == LAST - ONE ? FIRST", Simulated("joined"),
    ),
    "a word that comes as one goes counts twice": (
        "if (push_i && !fetch) fill_q", "if (push_i) fill_q", Simulated("static"),
    ),
    "each word takes a cycle more": (
        "(!valid_o || pop_i);", "!valid_o;", Simulated("spikes", CYCLES),
    ),
    "a word leaves unasked": (
        "valid_o <= fetch || (valid_o && !pop_i);", "valid_o <= fetch;", Simulated("static"),
    ),
}  # fmt: skip

CREDITS = {
    "sweeps do not wait for the buffer": ("credit_q != ONE", "1'b1", Simulated("conv")),
    "a place is never given back": (
        "else if (give_i && !spend_i)", "else if (1'b0)", Simulated("small"),
    ),
    "a place is given back as another is taken": (
        "if (spend_i && !give_i)", "if (spend_i && 1'b0)", Simulated("small"),
    ),
    "a buffer has a place less": ("ALL = PLACES;", "ALL = PLACES - 1;", Bench("stream_buffer")),
    "places stay taken in a reset": (*kept("credit_q", "ALL"), Bench("stream_buffer")),
    "there is no room after a reset": (
        "ALL;\n      room_o   <= 1'b1;", "ALL;\n      room_o   <= room_o === 1'bx ? 1'b1 : room_o;",
        Bench("stream_buffer"),
    ),
    "there is room only when a word leaves": (
        "room_o   <= credit_q != ONE;", "room_o   <= 1'b0;", Simulated("spikes", CYCLES),
    ),
    "a register of no use": (
        "  reg [CREDIT", "  reg spare;\n  reg [CREDIT", Linted("UNUSEDSIGNAL"),
    ),
}  # fmt: skip

STREAM_BUFFER = {
    "an input event finds no place": (
        "s_axis_tvalid && s_axis_tready;", "s_axis_tvalid;", Simulated("small"),
    ),
    "a beat leaves unasked": (
        "pop  = m_axis_tvalid && m_axis_tready", "pop  = m_axis_tvalid", Simulated("joined"),
    ),
    "a place is given back for nothing": (
        "pop  = m_axis_tvalid && m_axis_tready", "pop  = m_axis_tready", Simulated("joined"),
    ),
    "tlast is lost": (
        "({s_axis_tlast, s_axis_tdata})", "({1'b0, s_axis_tdata})", Simulated("joined"),
    ),
    "it has a place less": (".PLACES(DEPTH)", ".PLACES(DEPTH - 1)", Bench("stream_buffer")),
}  # fmt: skip

BROADCAST = {
    "a reader takes an event twice": ("& ~taken_q", "", Simulated("blocks")),
    "an event leaves when the first reader has it": ("&taken;", "|taken;", Simulated("blocks")),
    "a reader's beat outlives a reset": (
        "if (!rst_n || (s_axis_tvalid && s_axis_tready)) taken_q",
        "if (^taken_q === 1'bx || (s_axis_tvalid && s_axis_tready)) taken_q",
        Simulated("blocks", RESETS),
    ),
    "a reader takes what has not come": (
        "else if (s_axis_tvalid) taken_q", "else taken_q", Simulated("blocks"),
    ),
    "each beat takes a cycle more": (
        "s_axis_tready = &taken;", "s_axis_tready = &taken_q;", Simulated("joined", CYCLES),
    ),
    "only the first reader is asked": (
        "s_axis_tready = &taken;", "s_axis_tready = taken[0];", Proof("broadcast_once"),
    ),
}  # fmt: skip

REGISTER_SLICE = {
    "a beat that is kept is overwritten": (
        "if (s_axis_tready) {kept", "if (1'b1) {kept", Proof("register_slice_order"),
        Simulated("conv"),
    ),
    "the newer beat goes first": (
        "s_axis_tready ? {s_axis_tlast, s_axis_tdata}",
        "s_axis_tvalid ? {s_axis_tlast, s_axis_tdata}", Proof("register_slice_order"),
    ),
    "it waits for a beat that has not come": (
        "end else if (s_axis_tvalid) begin", "end else begin", Proof("register_slice_order"),
        Simulated("conv"),
    ),
    "a kept beat is forgotten": (
        "s_axis_tvalid || !s_axis_tready;", "s_axis_tvalid;", Proof("register_slice_order"),
        Simulated("conv"),
    ),
    "a beat that leaves makes no room": (
        "moves = !m_axis_tvalid || m_axis_tready;", "moves = !m_axis_tvalid;",
        Bench("register_slice"),
    ),
    "an empty outlet waits for its reader": (
        "moves = !m_axis_tvalid || m_axis_tready;", "moves = m_axis_tready;",
        Simulated("spikes", CYCLES),
    ),
    "a beat outlives a reset": (*kept("m_axis_tvalid", "1'b0"), Bench("register_slice")),
    "a kept beat outlives a reset": (
        "if (!rst_n) begin\n      s_axis_tready <= 1'b1;",
        "if (!rst_n) begin\n      s_axis_tready <= s_axis_tready === 1'bx ? 1'b1 : s_axis_tre"
        "ady;", Bench("register_slice"),
    ),
}  # fmt: skip

SERIALIZER = {
    "the address does not step at the end of a row": ("row_end ? CX_MASK :", "", Simulated("conv")),
    "padding channels take addresses": ("group_end ? STRIDE_LAST :", "", Simulated("conv")),
    "the last event of a step is dropped": (
        "fire_q == NONE;", "fire_q == NONE || (rest == NONE && step_end_q);", Simulated("narrow"),
    ),
    "an event does not wait for tready": (
        "end else if (leaves) begin", "end else if (m_axis_tvalid) begin", Simulated("conv"),
    ),
    "the highest channel goes first": (
        "for (n = SLICE - 1; n >= 0; n = n - 1)", "for (n = 0; n < SLICE; n = n + 1)",
        Bench("serializer"),
    ),
    "spikes have the first one's sign": (
        "neg    = neg_q[n];", "neg    = neg_q[0];", Simulated("conv"),
    ),
    "tlast is on events": (
        "m_axis_tlast  = marker && last_q", "m_axis_tlast  = last_q", Simulated("conv"),
    ),
    "markers count as events": ("(leaves && !marker)", "(leaves)", Simulated("conv")),
    "a word that has left makes no room": (
        "word_ready_o  = !full_q || done;", "word_ready_o  = !full_q;", Bench("serializer"),
    ),
    "each word takes a cycle more": (
        "leaves && rest == NONE && !step_end_q;", "1'b0;", Simulated("spikes", CYCLES),
    ),
    "a step begins where the last one ended": (
        "base_q <= step_end_q ? ADDR_FIRST : ", "base_q <= ", Simulated("conv"),
    ),
    "a word outlives a reset": (*kept("full_q", "1'b0"), Simulated("conv", RESETS)),
    "the address outlives a reset": (*kept("base_q", "ADDR_FIRST"), Simulated("conv", RESETS)),
    "the place in the group outlives a reset": (
        *kept("word_q", "WORD_FIRST"), Simulated("conv", RESETS),
    ),
}  # fmt: skip

OUTLET = {
    "a place is given back before its word leaves": (
        ".give_i (pop)", ".give_i (word_valid_i)", Simulated("conv"),
    ),
    "a word takes its place as it arrives": (
        ".spend_i(spend_i)", ".spend_i(word_valid_i)", Simulated("conv", Stalls(0, 220)),
    ),
    "the last step is the end of a step": (
        "({last_i, step_end_i, neg_i, fire_i})", "({step_end_i, last_i, neg_i, fire_i})",
        Simulated("conv"),
    ),
    "a word leaves that is not there": ("pop = valid && ready", "pop = ready", Simulated("conv")),
    "a buffer may have no place": (
        "if (BUFFER < 1)", "if (BUFFER < 0)", Elaborated("outlet_BUFFER_is_less_than_1"),
    ),
}  # fmt: skip

POOL = {
    "a marker overtakes in a pool": (
        "!head_q || (leaves && done)", "!head_q || (leaves && (done || kind))", Simulated("conv"),
    ),
    "a pool does not wait for tready": (
        "m_axis_tvalid && m_axis_tready", "m_axis_tvalid", Simulated("gaps"),
    ),
    "a pool lets through what is in no window": ("kind || seen", "1'b1", Simulated("gaps")),
    "tlast is lost": ("last_q <= s_axis_tlast;", "last_q <= 1'b0;", Simulated("gaps")),
    "windows below follow those beside": (
        "addr_q <= x_end ? line_q + Y_STEP", "addr_q <= x_end ? line_q + X_STEP", Simulated("conv"),
    ),
    "the row of windows begins where the last ended": (
        "if (x_end) line_q <= line_q + Y_STEP;", "if (x_end) line_q <= addr_q + Y_STEP;",
        Proof("pool_windows"),
    ),
    "channels are all the first": (
        "kind ? {OUT_ADDR_BITS{1'b0}} : first_y | first_x | c;",
        "kind ? {OUT_ADDR_BITS{1'b0}} : first_y | first_x;", Simulated("conv"),
    ),
    "an event outlives a reset": (
        "if (!rst_n) head_q", "if (head_q === 1'bx) head_q", Proof("pool_windows"),
    ),
    "each event takes a cycle more": (
        "!head_q || (leaves && done);", "!head_q;", Simulated("gaps", CYCLES),
    ),
}  # fmt: skip

MUTANTS = [
    *of_module("fifo", FIFO),
    *of_module("credits", CREDITS),
    *of_module("stream_buffer", STREAM_BUFFER),
    *of_module("broadcast", BROADCAST),
    *of_module("register_slice", REGISTER_SLICE),
    *of_module("serializer", SERIALIZER),
    *of_module("outlet", OUTLET),
    *of_module("pool", POOL),
]
