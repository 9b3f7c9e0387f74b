"""The tests that take longest. `make test` leaves them out, and `make long` runs them.

Of each, a smaller case of the same test, or another test of the same code, stays in `make test`.
"""

# By file and function: which cases, by what stands between the brackets; None: all.
LONG: dict[str, tuple[str, ...] | None] = {
    "qtrain/test_processes.py::test_two_processes_have_the_losses_of_the_joint_batch": ("convnet",),
    # Builds the wheel, and installs it with what it needs.
    "test_distribution.py::test_wheel_and_sdist_have_all_files_of_the_packages": None,
    "test_distribution.py::test_the_wheel_works_without_torch_outside_of_the_checkout": None,
    # Yosys and nextpnr; the other tests there map single modules.
    "rtl_sim/synthesis/test_synth.py::test_resources_of_each_instance_and_fmax": None,
    # Large memories; those of 18 and 36 bits stay.
    "rtl_sim/synthesis/test_output_registers.py::test_a_memory_of_each_shape": (
        "2-8192-1", "1-8192-0", "4-4096-0", "9-2048-0",
    ),
    "rtl_sim/synthesis/test_output_registers.py::test_the_weights_of_a_network": None,
    # Netlists with a bus and of standard cells; gates stay, and the proofs of netlists.
    "rtl_sim/simulation/test_netlists.py::test_a_netlist_equals_the_golden_model": (
        "loadable-ecp5", "tiny-osu018",
    ),
    "rtl_sim/energy/test_report.py::test_a_neuron_of_16_bits_costs_what_one_expects": None,
    # Under Verilator, which compiles anew; under Icarus other tests find the same.
    "rtl_sim/verilog/test_verilator.py::test_broken_verilog_is_caught_and_leaves_a_waveform": None,
    "rtl_sim/simulation/test_cluster.py::test_broken_verilog_is_caught_on_workers_too": None,
    "rtl_sim/verilog/test_verilator.py::test_bits_flip_as_under_icarus": None,
    "compiler/test_nir_build.py::test_spikes_in_hardware_are_those_of_the_graph": None,
    # Proofs of more kinds of neurons and builds; one of each stays.
    "rtl_sim/proofs/test_prove.py::test_layers_and_one_bit_less": ("0", "1"),
    "rtl_sim/proofs/test_prove.py::test_errors_are_asked_of_neurons_that_show_them": (
        "ternary-leak2-1", "binary-leak0-3",
    ),
    "rtl_sim/proofs/test_prove.py::test_neurons_without_memory_keep_nothing": (
        "3-2-1-kept0-0", "0-0-2-kept1-2",
    ),
    "rtl_sim/proofs/test_prove.py::test_streams": ("engine, static input",),
    "rtl_sim/proofs/test_engines.py::test_engines_of_builds": ("residual, static",),
    # More cores with a bus; "joined" stays.
    "rtl_sim/verilog/test_bus.py::test_core": (
        "static", "ternary", "one digit", "binary", "banks",
    ),
    "rtl_sim/verilog/test_bus.py::test_stream_guard": ("3-shape2-0-0", "2-shape3-3-1"),
    # Each kind of memory of accumulators; LUT-RAM and registers stay.
    "rtl_sim/upsets/test_parity.py::test_each_read_of_a_flipped_word_is_reported": (
        "parity", "parity of maps",
    ),
    # More random networks; `make random` draws 200.
    "rtl_sim/verilog/test_graphs.py::test_random_graphs_under_random_stalls": ("7", "15"),
    "rtl_sim/verilog/test_graphs.py::test_no_buffer_is_needed_against_deadlock": ("37", "31"),
    "rtl_sim/verilog/test_graphs.py::test_a_reset_in_mid_sample_leaves_nothing_behind": (
        "611", "260", "97",
    ),
    "rtl_sim/verilog/test_timing.py::test_each_sample_goes_in_and_comes_out_in_its_cycle": (
        "pools-static", "input_read_twice-ternary", "engines_side_by_side-ternary",
        "engines_side_by_side-static", "pools-ternary",
    ),
    "compiler/test_residual.py::test_the_verilog_of_a_residual_network_equals_the_golden_model": (
        "ResNet(stem='three', widths=(4, 6), blocks=(1, 1), shortcut='pool')",
        "ResNet(stem='conv', widths=(4, 6), blocks=(1, 1), shortcut='conv')",
    ),
    "rtl_sim/verilog/test_conv.py::test_values_do_not_depend_on_lanes": None,
    "rtl_sim/simulation/test_edges.py::test_all_edges_of_a_sound_core_are_equal": ("joined",),
    "rtl_sim/verilog/test_classify.py::test_fusesoc_simulates_a_build": ("residual",),
    # `make mutants` puts in all.
    "mutation/test_mutation.py::test_a_sample_of_the_mutants_is_found": (
        "interleave: a reset leaves the turn, simulation",
        "register_slice: a beat that leaves makes no room, bench",
        "pool: a marker overtakes in a pool, simulation",
        "axi_lite: a write is taken while an answer waits, simulation",
        "register_slice: a beat that is kept is overwritten, simulation",
    ),
    "qtrain/training/test_loop.py::test_the_paper_s_recipe_takes_a_few_steps": (
        "resnet20", "resnet20m",
    ),
    "qtrain/training/test_loop.py::test_the_firing_rate_comes_near_its_target": ("binary",),
}  # fmt: skip


def is_long(nodeid: str) -> bool:
    """Whether a test, by pytest's name of it, is one of these."""
    name, _, case = nodeid.removeprefix("tests/").partition("[")
    cases = LONG.get(name, ())
    return cases is None or case.removesuffix("]") in cases
