"""What neurons compute: leak, fire, reset, the sweep over them and the choice of a class."""

from rtl_sim.simulation.simulate import Stalls
from tests.mutation.killers import (
    CYCLES,
    RESET,
    RESET_CYCLES,
    Bench,
    Core,
    Elaborated,
    Equivalent,
    Linted,
    Proof,
    Simulated,
)
from tests.mutation.mutant import kept, of_module

LEAK = {
    "leak rounds toward minus infinity": (
        "? TOWARD_ZERO : ZERO", "? ZERO : ZERO", Simulated("ternary"),
    ),
    "the highest digit of m is left out": ("e <= K;", "e < K;", Bench("neuron")),
    "digits of m are never negative": (
        "product - (v <<< e)", "product + (v <<< e)", Bench("neuron"),
    ),
    "a negative leak rounds by one too many": (
        "= (1 << K) - 1;", "= 1 << K;", Bench("neuron"), Proof("neuron_update"),
    ),
    "the quotient has no sign": (
        "product >>> K", "product >> K",
        Equivalent("K bits are shifted in, and as many are cut off above V_BITS", ("leak",)),
    ),
    "a product is cut": (
        "reg signed  [LEAK_BITS-1:0] product;", "reg [V_BITS-1:0] product;", Linted("WIDTHTRUNC"),
    ),
}  # fmt: skip

NEURON = {
    "fires above the threshold only": ("above >= ZERO", "above > ZERO", Simulated("ternary")),
    "fires -1 below the threshold only": ("under < ZERO", "under + 1 < ZERO", Simulated("ternary")),
    "binary fires -1": ("(TERNARY != 0) &&", "1'b1 &&", Simulated("narrow")),
    "a hard reset leaves a negative spike's membrane": (
        "fire_o ? {V_BITS{1'b0}}", "positive ? {V_BITS{1'b0}}", Bench("neuron"),
        Proof("neuron_update"),
    ),
    "a soft reset goes the wrong way": (
        "negative ? below", "negative ? above[V_BITS-1:0]", Bench("neuron"),
    ),
    "a soft reset ends at 0": (
        "positive ? above[V_BITS-1:0]", "positive ? ZERO[V_BITS-1:0]", Bench("neuron"),
    ),
    "the threshold's difference has a bit too few": (
        "wire signed [P_BITS:0] above =", "wire signed [P_BITS-1:0] above =", Bench("neuron"),
    ),
    "the sign of a spike is lost": ("neg_o  = negative", "neg_o  = 1'b0", Bench("neuron")),
    "a leak is cut": (
        "wire signed [P_BITS-1:0] leaked ", "wire [1:0] leaked ", Linted("WIDTHTRUNC"),
    ),
}  # fmt: skip

UPDATE = {
    "v outlives its sample": ("& {V_BITS{!leak_first_q}}", "& {V_BITS{1'b1}}", Simulated("narrow")),
    "v is read before it is written": ("WORDS : 6;", "WORDS : 1;", Simulated("narrow")),
    "a bias does not return to the first": ("row_q == ROW_LAST ?", "read_end ?", Simulated("conv")),
    "thresholds are not loaded": ("(load_threshold_i),", "(1'b0),", Core("loaded_memories")),
    "a sweep goes on after a reset": (
        "if (!rst_n) begin\n      first_q <= 1'b1;\n      word_q  <= WORD_FIRST;",
        "if (!rst_n) begin\n      first_q <= 1'b1;\n      word_q  <= ^word_q === 1'bx ? WORD_"
        "FIRST : word_q;", Simulated("spikes", RESET + "layer0"),
    ),
    "a short sweep takes longer": ("WORDS : 6;", "WORDS : 40;", Simulated("static", CYCLES)),
    "a slot outlives a reset": (
        *kept("slot_q", "SLOT_FIRST"), Simulated("static", RESET_CYCLES),
    ),
    "the first step outlives a reset": (
        *kept("first_q", "1'b1"), Simulated("spikes", RESET + "layer0"),
    ),
    "the row of the bias outlives a reset": (
        *kept("row_q  ", "ROW_FIRST"), Simulated("spikes", RESET + "layer0"),
    ),
    "a word is swept twice": (
        "idle = slot_q > SLOT_WORD;", "idle = slot_q > SLOT_WORD + SLOT_ONE;", Simulated("static"),
    ),
    "a readout keeps all steps": (
        "keep = READOUT == 0 || step_last_i;", "keep = 1'b1;", Simulated("static"),
    ),
    "a readout's last step does not wait": (
        "(!keep || room_i)", "(READOUT != 0 || room_i)", Simulated("narrow", Stalls(0, 250)),
    ),
    "membranes are those of the word ahead": (
        "v_word_q <= write_word_q;", "v_word_q <= sum_word_q;", Simulated("static"),
    ),
    "thresholds are those of the row ahead": (
        ".addr_i      (leak_row_q)", ".addr_i      (fetch_row_q)", Simulated("static"),
    ),
    "a drive has no bias": (
        "drive_q  <= current + add;", "drive_q  <= current;", Simulated("static"),
    ),
    "no step ends": ("step_end_o <= write_end_q;", "step_end_o <= 1'b0;", Simulated("static")),
    "a latency may be too short": (
        "if (LATENCY < 4)", "if (LATENCY < 3)", Elaborated("update_LATENCY_is_less_than_4"),
    ),
}  # fmt: skip

ARGMAX = {
    "the highest index wins a tie": ("|| lead[LOGIT_BITS]", "|| lead <= 0", Simulated("ternary")),
    "the largest logit outlives its sample": (
        "in_q == FIRST || lead", "lead", Bench("argmax"),
    ),
    "logits have no sign": (
        "reg signed [LOGIT_BITS-1:0]  best_q;", "reg [LOGIT_BITS-1:0]  best_q;", Bench("argmax"),
    ),
    "tlast is on the first logit": (
        "m_axis_tlast  = out_q == LAST;", "m_axis_tlast  = out_q == FIRST;", Simulated("static"),
    ),
    "logits leave before their class is known": (
        "leaving_q && logit_valid", "logit_valid", Bench("argmax"), Proof("readout_words"),
    ),
    "the class is the one of a logit less": (
        "found_q <= logit_valid_i && in_q == LAST;",
        "found_q <= logit_valid_i && in_q == LAST - ONE;", Bench("argmax"),
    ),
    "the logits stop after the first": (
        "else if (leaves && out_q == LAST) leaving_q", "else if (leaves) leaving_q",
        Bench("argmax"),
    ),
    "the next sample leaves without its class": (
        "else if (leaves && out_q == LAST) leaving_q <= 1'b0;", "", Proof("readout_words"),
    ),
    "the place of a logit outlives a reset": (*kept("in_q     ", "FIRST"), Bench("argmax")),
    "the place of a logit that leaves outlives a reset": (
        *kept("out_q    ", "FIRST"), Bench("argmax"),
    ),
    "logits leave after a reset": (
        "leaving_q <= 1'b0;\n      in_q",
        "leaving_q <= leaving_q === 1'bx ? 1'b0 : leaving_q;\n      in_q",
        Bench("argmax"),
    ),
    "logits are offered before they come": (
        "leaving_q && logit_valid;", "leaving_q;",
        Equivalent(
            "a logit is at the buffer's outlet, since all of the sample have come two cycles ago",
        ),
    ),
}  # fmt: skip

READOUT = {
    "logits of all steps are kept": (
        "(word_valid_i && last_i)", "(word_valid_i)", Simulated("static"),
    ),
    "there is a place too many": (
        ".PLACES(CLASSES)", ".PLACES(CLASSES + 1)", Simulated("narrow", Stalls(0, 250)),
    ),
    "a place that is taken stays free": (
        ".spend_i(spend_i)", ".spend_i(1'b0)", Simulated("static"),
    ),
}  # fmt: skip

MUTANTS = [
    *of_module("leak", LEAK),
    *of_module("neuron", NEURON),
    *of_module("update", UPDATE),
    *of_module("argmax", ARGMAX),
    *of_module("readout", READOUT),
]
