"""Parity bits: what they are, when they are read and written, and what raises the error."""

from tests.mutation.killers import Alarms, Equivalent, Proof, Simulated
from tests.mutation.mutant import of_module

PARITY = {
    "a bit is left out": ("^word[n*PART+:PART]", "^word[n*PART+1+:PART-1]", Alarms("parity")),
    "only the first bits count": ("<= ^odd_q;", "<= odd_q[0];", Alarms("parity")),
}

PARITY_CHECK = {
    "no word is odd": ("check2_q && odd2", "1'b0", Alarms("parity")),
    "what is not used is checked": ("check2_q && odd2", "odd2", Simulated("parity")),
    "a check outlives a reset": (
        "{check1_q, check2_q, error_o} <= 3'b0;",
        "{check1_q, check2_q, error_o} <= {check_i, check1_q, check2_q && odd2};",
        Equivalent("what was read before a reset was even too"),
    ),
}

PARITY_MEMORY = {
    "a bit of LUT-RAM is read early": (
        "bit3_q <= mem[word2_q]", "bit3_q <= mem[word1_q]", Simulated("parity"),
        Proof("parity_words", "accumulators in lut ram"),
    ),
    "a bit of block RAM is read late": (
        "{mem[word1_q], bit2_q}", "{mem[word2_q], bit2_q}", Simulated("parity of maps"),
        Proof("parity_words", "accumulators in block ram"),
    ),
    "a bit is written early": (
        "if (write3_q) mem", "if (write2_q) mem", Simulated("parity"), Proof("parity_words"),
    ),
    "another word's bit is written": ("mem[word3_q] <=", "mem[word2_q] <=", Simulated("parity")),
    "cleared registers keep their bit": (
        "new3 && !zero3_q", "new3", Simulated("parity"), Proof("parity_words"),
    ),
    "nothing is compared": ("old3_q != bit3", "1'b0", Alarms("parity")),
    "a write outlives a reset": (
        "{write1_q, write2_q, write3_q} <= 3'b0;",
        "{write1_q, write2_q, write3_q} <= {write_i, write1_q, write2_q};",
        Equivalent("the sweep after a reset writes every bit before one is read"),
    ),
}  # fmt: skip

ACCUMULATORS = {
    "what was forwarded is checked": (
        "MEMORY == 2 && forwarded4", "1'b0",
        Equivalent("in simulation a read beside a write gives the old word and the old bit"),
    ),
    "a forgotten word is checked": (
        "MEMORY == 1 ? fresh4_q", "MEMORY == 1 ? 1'b0", Simulated("parity"),
    ),
    "a word is not checked when it is taken": (
        "(add4_q || take4_q) && !unused4", "add4_q && !unused4", Alarms("parity"),
    ),
    "a word is not checked when it is added to": (
        "(add4_q || take4_q) && !unused4", "take4_q && !unused4", Alarms("parity"),
    ),
    "rows of weights are not checked": (
        "row_error || word_error", "word_error", Alarms("parity"),
    ),
    "words of accumulators are not checked": (
        "row_error || word_error", "row_error", Alarms("parity"),
    ),
    "rows are checked in each cycle": (".check_i(add3_q)", ".check_i(1'b1)", Alarms("parity")),
}  # fmt: skip

UPDATE = {
    "membranes of a sample before are checked": (
        "leak_valid_q && !leak_first_q)", "leak_valid_q)", Simulated("parity"),
    ),
    "membranes have no parity bit": ("{^v_o, v_o}", "{1'b0, v_o}", Simulated("parity")),
    "membranes are not checked": ("v_error || bias_error", "bias_error", Alarms("parity")),
    "biases are not checked": ("bias_error || threshold_error", "threshold_error",
                               Alarms("parity")),
    "thresholds are not checked": ("|| threshold_error", "", Alarms("parity")),
}  # fmt: skip

MUTANTS = [
    *of_module("parity", PARITY),
    *of_module("parity_check", PARITY_CHECK),
    *of_module("parity_memory", PARITY_MEMORY),
    *of_module("accumulators", ACCUMULATORS),
    *of_module("update", UPDATE),
]
