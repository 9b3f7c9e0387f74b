"""Deliberate errors in the Verilog; a claim must refute each one, so that no proof is empty."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from rtl_sim.proofs.claim import Claim, Refutation

# the error, the harness that must find it, (module, its text, the replacement)
MUTANTS: tuple[tuple[str, str, tuple[str, str, str]], ...] = (
    ("a negative leak rounds down", "neuron_update",
     ("leak", "v_i[V_BITS-1] ? TOWARD_ZERO : ZERO", "ZERO")),
    ("fires on p > v_threshold", "neuron_update",
     ("neuron", "above >= ZERO", "above > ZERO")),
    ("fires -1 on p < -v_threshold", "neuron_update",
     ("neuron", "under < ZERO", "under + 1 < ZERO")),
    ("v of the last sample leaks into the first step", "update_sweep",
     ("update", "leaked & {V_BITS{!leak_first_q}}", "leaked")),
    ("the leak is given the next word's v", "update_sweep",
     ("update", "assign v_before = v_q;", "assign v_before = fetch_v_q;")),
    ("a first step ends after its first word", "update_sweep",
     ("update", "if (read_end) first_q <= read_last", "first_q <= read_last")),
    ("membranes have no parity bit", "update_sweep",
     ("update", "{^v_o, v_o}", "{1'b0, v_o}")),
    ("a parity bit is written a cycle early", "parity_words",
     ("parity_memory", "if (write3_q) mem", "if (write2_q) mem")),
    ("a beat is replaced while it waits", "stream_buffer_order",
     ("fifo", "(!valid_o || pop_i)", "1'b1")),
    ("one credit too many", "stream_buffer_order",
     ("credits", "else if (give_i && !spend_i)", "else if (give_i)")),
    ("a beat follows when one reader has the last", "broadcast_once",
     ("broadcast", "s_axis_tready = &taken", "s_axis_tready = |taken")),
    ("a window too many in each row", "pool_windows",
     ("window_walk", "more_x_q <= span_x - X_ONE", "more_x_q <= span_x")),
    ("the last event of a word is dropped", "serializer_events",
     ("serializer", "leaves && rest == NONE && !step_end_q",
      "leaves && (rest & (rest - LOWEST)) == NONE && !step_end_q")),
    ("the marker overtakes the last event", "serializer_events",
     ("serializer", "marker = fire_q == NONE;",
      "marker = fire_q == NONE || (step_end_q && rest == NONE);")),
    ("the sweep waits for one reader only", "outlet_words",
     ("credits", "room_o   <= credit_q != ONE", "room_o   <= 1'b1")),
    ("a word is pushed as it sets out", "outlet_words",
     ("outlet", ".push_i (word_valid_i)", ".push_i (spend_i)")),
    ("the highest index wins a tie", "readout_words",
     ("argmax", "|| lead[LOGIT_BITS]", "|| lead <= 0")),
    ("a marker overtakes the rest of an event", "engine_steps",
     ("engine", "(!head_q || add_end)", "(!head_q || add)")),
    ("a sum is kept for the next step", "engine_steps",
     ("engine", "(fetch && repeat_end)", "1'b0")),
    ("an event of the next step is added before the sweep", "engine_steps",
     ("engine", "= PAGES == 2 || !step_q ||", "= 1'b1 ||")),
    ("an event ends with the first word of its last window", "engine_windows",
     ("engine", "add && reach_end && walk_end", "add && walk_end")),
    ("a tap forgets the stride from row to row", "engine_windows",
     ("engine", "-STRIDE_H * KERNEL_W * IN_C", "-KERNEL_W * IN_C")),
    ("each sweep of a static input clears", "engine_windows",
     ("engine", "(fetch && repeat_end)", "fetch")),
    ("an event of the next step does not wait for the sweep", "engine_windows",
     ("engine", "(repeat_end && taken)", "repeat_end")),
    ("a sweep begins when one engine is there", "interleave_sweep",
     ("interleave", "? &step_valid_i", "? |step_valid_i")),
    ("a row begins with the engine after the last one's", "interleave_sweep",
     ("interleave", "column_end || engine_q == ENGINE_LAST ?", "engine_q == ENGINE_LAST ?")),
    ("a word is of the engine that is asked next", "interleave_sweep",
     ("interleave", "turns_q[(LATENCY-1)*ENGINE_BITS+:", "turns_q[(LATENCY-2)*ENGINE_BITS+:")),
    ("a sweep begins when one side is there", "merge_join",
     ("merge", "a_step_valid_i && b_step_valid_i", "a_step_valid_i || b_step_valid_i")),
    ("the sum of two currents wraps", "merge_join",
     ("merge", "wire signed [BITS-1:0]   sum = a + b;",
      "wire signed [BITS-2:0]   sum = a + b;")),
    ("an address passes twice in a step", "stream_guard_samples",
     ("stream_guard", "(in_range && !repeated)", "in_range")),
    ("the event just before is forgotten", "stream_guard_samples",
     ("stream_guard", "bypass_q <= write && addr", "bypass_q <= 0 && addr")),
    ("tags that come again are not cleared", "stream_guard_samples",
     ("stream_guard", "if (marker && tag_q == TAG_LAST) begin", "if (1'b0) begin")),
    ("tlast passes as it came", "stream_guard_samples",
     ("stream_guard", "(fill_q || kind) && step_end;", "fill_q ? step_end : last_q;")),
    ("a late tlast is no error", "stream_guard_samples",
     ("stream_guard", "step_end && !last_q;", "step_end && 1'b0;")),
    ("a write is taken while an answer waits", "axi_lite_answers",
     ("axi_lite", "!s_axil_awready && !b_waits;", "!s_axil_awready;")),
    ("a read's answer changes while it waits", "axi_lite_answers",
     ("axi_lite", "if (read_o) begin", "begin")),
    ("less than a word is written", "axi_lite_answers",
     ("axi_lite", "= write && whole;", "= write;")),
    ("a high word is of another moment", "registers_access",
     ("registers", "read_index_i[0] ? high_q", "read_index_i[0] ? count >> 32")),
    ("a write of ones clears all flags", "registers_access",
     ("registers", "~(write_data_i[ERRORS-1:0] &", "~({ERRORS{1'b1}} &")),
    ("a reset that is asked for does nothing", "registers_access",
     ("registers", "rst_n && !reset_q;", "rst_n;")),
    ("pieces come lowest first", "loader_words",
     ("loader", "{word_q, data_i};", "{data_i, word_q[WORD_BITS-1:32]};")),
    ("a memory is loaded while it is used", "loader_words",
     ("loader", "= !busy_i &&", "=")),
    ("a memory is loaded beyond its end", "loader_words",
     ("loader", "&& place_q < words;", ";")),
    ("a sample in part is not in the core", "activity_cycles",
     ("activity", "partial_q || flight_q != NONE;", "flight_q != NONE;")),
    ("the first beat's cycle is not counted", "activity_cycles",
     ("activity", "begin_i || busy_o", "busy_o")),
)  # fmt: skip


def remembers(update: Mapping[str, int | str]) -> bool:
    """Whether neurons keep a membrane, given their parameters."""
    return update["NO_MEMORY"] == 0


# Which neurons, by their parameters, show an error; any do where nothing is said.
FINDS: dict[str, Callable[[Mapping[str, int | str]], bool]] = {
    "a negative leak rounds down": lambda update: (
        remembers(update) and update["K"] != 0 and update["NEGATIVE"] != 0
    ),
    "fires on p > v_threshold": lambda update: update["READOUT"] == 0,
    "fires -1 on p < -v_threshold": lambda update: update["TERNARY"] != 0,
    "v of the last sample leaks into the first step": remembers,
    "the leak is given the next word's v": remembers,
    "a first step ends after its first word": remembers,
    "membranes have no parity bit": lambda update: remembers(update) and update["PARITY"] != 0,
}


def mutants(claims: Iterable[Claim]) -> Iterator[Refutation]:
    """Each mutant with the first claim that can find it, if the build has one.

    Claims with covers come first: at their sizes what an error does is within reach.
    """
    claims = sorted(claims, key=lambda claim: claim.cover == 0)
    for what, harness, change in MUTANTS:
        finds = FINDS.get(what, lambda _: True)
        for claim in claims:
            if claim.harness.name == harness and finds(claim.harness.parameters):
                yield Refutation(claim, what, {}, (change,), depth=claim.cover)
                break
