"""Parameters that modules of the library cannot have, and whether a tool refuses them by name."""

import re
import subprocess
from pathlib import Path

from rtl_sim.sources import PREFIX
from rtl_sim.synthesis import tools
from tests.builders.simulated_builds import verilator
from tests.mutants import FOLDERS

# The module that a tool does not find: parameters for which it looks for it.
WRONG = {
    "accumulators_SLICE_is_more_than_LANES": "LANES(2), .SLICE(3)",
    "accumulators_MEMORY_0_has_one_word": "MEMORY(0), .WORDS(2)",
    "accumulators_DIGIT_WIRES_is_not_DIGIT_BITS": "DIGIT_BITS(2), .DIGIT_WIRES(3)",
    "activity_FLIGHT_BITS_is_less_than_1": "FLIGHT_BITS(0)",
    "argmax_CLASSES_is_less_than_1": "CLASSES(0)",
    "argmax_CLASS_BITS_is_too_small_for_CLASSES": "CLASSES(9), .CLASS_BITS(3)",
    "axi_lite_ADDR_BITS_is_less_than_3": "ADDR_BITS(2)",
    "axis_taps_STRIDE_is_less_than_1": "STRIDE(0)",
    "axis_taps_ADDR_BITS_is_too_small_for_SIZE": "SIZE(9), .ADDR_BITS(3)",
    "axis_taps_SPAN_BITS_is_too_small_for_KERNEL": "KERNEL(3), .SPAN_BITS(1)",
    "banked_rom_DEPTH_is_less_than_1": "DEPTH(0)",
    "banked_rom_ADDR_BITS_is_too_small_for_DEPTH": "DEPTH(17), .ADDR_BITS(4)",
    "broadcast_READERS_is_less_than_1": "READERS(0)",
    "counter_COUNT_BITS_is_not_more_than_ADD_BITS": "ADD_BITS(8), .COUNT_BITS(8)",
    "credits_PLACES_is_less_than_1": "PLACES(0)",
    "engine_IN_C_is_no_multiple_of_GROUPS": "IN_C(4), .GROUPS(3)",
    "engine_PACKED_is_not_depthwise": "PACKED(1)",
    "engine_LANES_is_more_than_N": "N(4), .LANES(8)",
    "engine_SLICE_is_more_than_LANES": "N(4), .LANES(4), .SLICE(5)",
    "engine_LANES_is_no_multiple_of_SLICE": "N(8), .LANES(6), .SLICE(4)",
    "engine_ADDR_BITS_is_too_small_for_the_map": "ADDR_BITS(7)",
    "engine_MEMORY_1_needs_words_that_take_turns": "MEMORY(1)",
    "engine_REPEAT_is_less_than_1": "REPEAT(0)",
    "fifo_DEPTH_is_less_than_1": "DEPTH(0)",
    "frame_rx_WORDS_is_no_power_of_two_from_4_on": "WORDS(24)",
    "interleave_ENGINES_is_less_than_2": "ENGINES(1)",
    "interleave_LATENCY_is_less_than_2": "LATENCY(1)",
    "interleave_WIDTH_is_less_than_ENGINES": "ENGINES(6)",
    "leak_K_is_not_within_0_and_10": "K(11)",
    "leak_LEAK_BITS_is_less_than_V_BITS": "V_BITS(8), .LEAK_BITS(7)",
    "loader_WORD_BITS_is_no_multiple_of_32": "WORD_BITS(48)",
    "merge_BITS_is_not_more_than_A_BITS_and_B_BITS": "A_BITS(3), .B_BITS(9), .BITS(9)",
    "outlet_BUFFER_is_less_than_1": "BUFFER(0)",
    "pool_IN_ADDR_BITS_is_too_small_for_the_map": "IN_ADDR_BITS(7)",
    "pool_OUT_ADDR_BITS_is_too_small_for_the_windows": "OUT_ADDR_BITS(5)",
    "readout_CLASSES_is_less_than_1": "CLASSES(0)",
    "registers_COUNT_BITS_is_not_within_33_and_64": "COUNT_BITS(32)",
    "registers_ERRORS_is_not_within_1_and_31": "ERRORS(32)",
    "registers_ADDR_BITS_is_too_small_for_COUNTERS": "ADDR_BITS(9), .COUNTERS(33)",
    "rom_needs_a_FILE": 'FILE("")',
    "rom_DEPTH_is_less_than_1": "DEPTH(0)",
    "rom_ADDR_BITS_is_too_small_for_DEPTH": "DEPTH(17), .ADDR_BITS(4)",
    "rom_BANK_is_more_than_99": "BANK(100)",
    "serializer_ADDR_BITS_is_too_small_for_the_map": "N(8), .WIDTH(5), .ADDR_BITS(5)",
    "stream_buffer_DEPTH_is_less_than_1": "DEPTH(0)",
    "stream_guard_STEPS_is_less_than_1": "STEPS(0)",
    "stream_guard_ADDR_BITS_is_too_small_for_the_map": "ADDR_BITS(7)",
    "stream_guard_DIGIT_MAX_is_too_large_for_DIGIT_BITS": "DIGIT_MAX(8)",
    "uart_rx_DIVIDER_is_less_than_4": "DIVIDER(3)",
    "update_LATENCY_is_less_than_4": "LATENCY(3)",
    "update_WORDS_is_no_multiple_of_ROWS": "WORDS(9), .ROWS(4)",
    "update_V_BITS_is_more_than_P_BITS": "V_BITS(13)",
    "update_THRESHOLD_BITS_is_more_than_P_BITS": "THRESHOLD_BITS(13)",
    "window_walk_ADDR_BITS_is_too_small_for_the_map": "ADDR_BITS(5)",
}


def module_of(name: str) -> str:
    """The module, without the prefix, of a case of WRONG."""
    stems = (path.stem for folder in FOLDERS for path in folder.glob("*.v"))
    matching = (stem for stem in stems if f"{PREFIX}{name}".startswith(f"{stem}_"))
    return max(matching, key=len).removeprefix(PREFIX)


def elaborated(
    tool: str, name: str, library: Path, folder: Path
) -> subprocess.CompletedProcess[str]:
    """What a tool, one of TOOLS, says of a module with these parameters.

    Args:
        name: of WRONG.
        library: the module's folder.
        folder: an empty one.
    """
    paths = sorted(library.glob("*.v"))
    text = f"module wrong;\n  {PREFIX}{module_of(name)} #(.{WRONG[name]}) dut ();\nendmodule\n"
    (folder / "wrong.v").write_text(text)
    files = [*map(str, paths), "wrong.v"]
    if tool == "icarus":
        command = ["iverilog", "-g2005", "-t", "null", "-s", "wrong", *files]
    elif tool == "verilator":
        command = [str(verilator()), "--lint-only", "-Wno-lint", "--top-module", "wrong", *files]
    else:
        for path in paths:  # the tool of the Python package sees this folder alone
            (folder / path.name).write_bytes(path.read_bytes())
        names = " ".join([*(path.name for path in paths), "wrong.v"])
        script = f"read_verilog -DSYNTHESIS {names}; hierarchy -check -top wrong"
        command = [*tools.command("yosys"), "-q", "-p", script]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def refused(name: str, run: subprocess.CompletedProcess[str]) -> bool:
    """Whether the tool did not take these parameters, and said which are wrong."""
    said = re.search(rf"\btrispike_{name}\b", run.stdout + run.stderr)
    return run.returncode != 0 and said is not None
