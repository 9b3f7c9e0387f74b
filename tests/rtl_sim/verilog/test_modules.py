"""Runs the cocotb benches of single modules under Icarus."""

import subprocess

import msgspec
import numpy as np
import pytest

from compiler.emit import memory
from hw_models.core.address import Fields
from hw_models.core.layout import as_conv
from hw_models.core.weight_rows import weight_rows
from hw_models.dataflow import Conv2d, Dense, Pool
from hw_models.engines.synapse import weighted_sums
from tests.benches import banked_rom_case, library, run_bench, write_case
from tests.builders.random_builds import random_pool
from tests.builders.simulated_builds import conv
from tests.rtl_sim.verilog.wrappers import neuron_wrapper

ENGINE = (
    "engine", "accumulators", "window_walk", "axis_taps", "banked_rom", "rom", "counter",
)  # fmt: skip


def geometry(op: Conv2d | Pool) -> dict[str, int]:
    """The parameters of a sliding window."""
    parameters = {"IN_C": op.in_shape[0]}
    sizes = {"IN": op.in_shape[1:], "OUT": op.out_shape[1:], "KERNEL": op.kernel}
    for name, (h, w) in {**sizes, "STRIDE": op.stride, "PADDING": op.padding}.items():
        parameters |= {f"{name}_H": h, f"{name}_W": w}
    return parameters


def test_neuron(tmp_path):
    wrapper = tmp_path / "neuron_bench.v"
    wrapper.write_text(neuron_wrapper())
    run_bench(tmp_path, "bench_neuron", "neuron_bench", [*library("leak", "neuron"), wrapper])


@pytest.mark.parametrize(
    ("shape", "groups", "slice_"),
    [
        ((24, 1, 1), 1, 4),
        ((21, 1, 1), 1, 5),
        ((1, 1, 1), 1, 1),
        ((5, 3, 4), 1, 2),
        ((12, 2, 3), 4, 2),
        ((3, 4, 1), 3, 1),
        ((8, 1, 5), 2, 3),
    ],
)
def test_serializer(tmp_path, shape, groups, slice_):
    parameters = {
        "N": shape[0] // groups, "GROUPS": groups, "WIDTH": shape[2], "SLICE": slice_,
        "ADDR_BITS": Fields.of(shape).bits,
    }  # fmt: skip
    env = write_case(tmp_path, {**parameters, "shape": shape})
    sources = library("serializer", "counter")
    run_bench(tmp_path, "bench_serializer", "trispike_serializer", sources, parameters, env)


def dense(n_in: int, n_out: int) -> Conv2d:
    return as_conv(Dense(n_in=n_in, n_out=n_out), (n_in,))


@pytest.mark.parametrize(
    ("op", "lanes", "slice_", "options"),
    [
        (dense(9, 20), 8, 4, {}),
        (dense(5, 7), 7, 3, {"SHIFT": 3}),
        (dense(6, 11), 6, 3, {"DIGIT_BITS": 3, "REPEAT": 3}),
        (dense(1, 1), 1, 1, {"DIGIT_BITS": 1, "REPEAT": 2}),
        (dense(7, 9), 4, 2, {"REPEAT": 2}),  # an image of one digit a value
        (dense(4, 9), 2, 2, {"W_BITS": 2}),
        (conv((2, 5, 4), 6, (3, 3), padding=(1, 1)), 4, 2, {}),
        (conv((3, 4, 4), 1, (1, 1)), 1, 1, {}),  # one word a position: the next event's too
        (conv((4, 6, 7), 8, (2, 3), stride=(1, 2), groups=2), 3, 3, {"SHIFT": 2}),
        (conv((3, 7, 5), 6, (2, 1), stride=(3, 2), padding=(1, 0), groups=3), 2, 2, {}),
        (conv((1, 5, 5), 5, (5, 4), padding=(2, 2)), 5, 2, {"DIGIT_BITS": 3, "REPEAT": 3}),
        (conv((2, 3, 4), 10, (3, 4)), 4, 4, {"DIGIT_BITS": 2, "REPEAT": 2}),  # kernel == map
    ],
)
def test_engine(tmp_path, op, lanes, slice_, options):
    rng = np.random.default_rng(op.n_out)
    spec = {"DIGIT_BITS": 0, "SHIFT": 0, "REPEAT": 1, "W_BITS": 4, **options}
    peak = (1 << (spec["W_BITS"] - 1)) - 1
    w = rng.integers(-peak, peak + 1, op.weight_shape)
    digit_peak = (1 << ((1 << spec["DIGIT_BITS"]) - 1)) * 3  # an event comes up to 3 times
    reach = (
        int(weighted_sums(op, np.abs(w), np.ones((1, 1, *op.in_shape), np.int64)).max())
        * digit_peak
    )
    parameters = {
        **spec,
        **geometry(op),
        "N": op.out_shape[0] // op.groups,
        "GROUPS": op.groups,
        "LANES": lanes,
        "SLICE": slice_,
        "ADDR_BITS": Fields.of(op.in_shape).bits,
        "ACC_BITS": reach.bit_length() + 1,
    }
    rows = weight_rows(w, op.groups, lanes)
    (tmp_path / "weights.mem").write_bytes(memory.hex_words(rows, spec["W_BITS"]))
    case = {"parameters": parameters, "op": msgspec.to_builtins(op), "weights": w.tolist()}
    run_bench(
        tmp_path,
        "bench_engine",
        "trispike_engine",
        library(*ENGINE),
        {**parameters, "WEIGHT_FILE": "weights.mem"},
        write_case(tmp_path, case),
    )


@pytest.mark.parametrize("depth", [1, 300, 512, 513, 1100, 3136, 4095])
def test_banked_rom(tmp_path, depth):
    """One bank, two, and as many as three powers of two and a rest."""
    parameters, env = banked_rom_case(tmp_path, depth)
    files = library("banked_rom", "rom")
    run_bench(tmp_path, "bench_banked_rom", "trispike_banked_rom", files, parameters, env)


# The place of a beat that leaves is free 3 cycles after it was taken.
@pytest.mark.parametrize(("depth", "pace"), [(1, 3), (2, 2), (3, 1), (8, 1)])
def test_stream_buffer(tmp_path, depth, pace):
    sources, parameters = library("stream_buffer", "fifo", "credits"), {"BITS": 5, "DEPTH": depth}
    env = {"PLACES": str(depth), "PACE": str(pace)}
    run_bench(tmp_path, "bench_stream", "trispike_stream_buffer", sources, parameters, env)


def test_register_slice(tmp_path):
    sources, env = library("register_slice"), {"PLACES": "2", "PACE": "1"}
    run_bench(tmp_path, "bench_stream", "trispike_register_slice", sources, {"BITS": 5}, env)


def test_rom(tmp_path):
    parameters, env = banked_rom_case(tmp_path, 37)
    parameters["WRITABLE"] = 1
    run_bench(tmp_path, "bench_rom", "trispike_rom", library("rom"), parameters, env)


ROMS = """\
module roms;
  wire [15:0] word0, word1, word2;
  reg clk = 1'b0;
  trispike_rom #(.WIDTH(16), .DEPTH(1), .ADDR_BITS(1), .FILE("w.mem")) rom0 (
    .clk(clk), .read_i(1'b1), .addr_i(1'b0), .data_o(word0),
    .write_i(1'b0), .write_addr_i(1'b0), .write_data_i(16'd0));
  trispike_rom #(.WIDTH(16), .DEPTH(1), .ADDR_BITS(1), .BANK(7), .FILE("w.mem")) rom1 (
    .clk(clk), .read_i(1'b1), .addr_i(1'b0), .data_o(word1),
    .write_i(1'b0), .write_addr_i(1'b0), .write_data_i(16'd0));
  trispike_rom #(.WIDTH(16), .DEPTH(1), .ADDR_BITS(1), .BANK(12), .FILE("w.mem")) rom2 (
    .clk(clk), .read_i(1'b1), .addr_i(1'b0), .data_o(word2),
    .write_i(1'b0), .write_addr_i(1'b0), .write_data_i(16'd0));
  initial begin
    #1 clk = 1'b1;
    #1 $display("%h %h %h", word0, word1, word2);
  end
endmodule
"""


def test_a_bank_has_a_file_of_its_own(tmp_path):
    """However many digits its number has."""
    for name, word in {"w.mem": "abcd", "w.mem.7": "0007", "w.mem.12": "0012"}.items():
        (tmp_path / name).write_text(f"{word}\n")
    (tmp_path / "roms.v").write_text(ROMS)
    command = ["iverilog", "-g2005", "-o", "roms.vvp", "roms.v", str(*library("rom"))]
    subprocess.run(command, cwd=tmp_path, check=True)
    run = ["vvp", "-n", "roms.vvp"]
    printed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (printed.stdout, printed.stderr) == ("abcd 0007 0012\n", "")


@pytest.mark.parametrize("seed", range(8))
def test_pool(tmp_path, seed):
    """Random windows: overlapping, gapped, padded, not dividing the map, the whole map."""
    rng = np.random.default_rng(seed)
    spec = random_pool(rng, tuple(int(n) for n in (rng.integers(1, 5), *rng.integers(1, 9, 2))))
    if seed == 0:
        spec = msgspec.structs.replace(
            spec, kernel=spec.in_shape[1:], out_shape=(spec.in_shape[0], 1, 1), padding=(0, 0)
        )
    parameters = {
        **geometry(spec),
        "C": spec.in_shape[0],
        "DIGIT_BITS": int(rng.choice([0, 3])),
        "IN_ADDR_BITS": Fields.of(spec.in_shape).bits,
        "OUT_ADDR_BITS": Fields.of(spec.out_shape).bits,
    }
    parameters.pop("IN_C")
    env = write_case(tmp_path, {**parameters, "pool": msgspec.to_builtins(spec)})
    run_bench(
        tmp_path,
        "bench_pool",
        "trispike_pool",
        library("pool", "window_walk", "axis_taps"),
        parameters,
        env,
    )


def test_activity(tmp_path):
    sources, parameters = library("activity", "counter"), {"FLIGHT_BITS": 3}
    run_bench(tmp_path, "bench_activity", "trispike_activity", sources, parameters)


@pytest.mark.parametrize(("classes", "bits"), [(10, 12), (1, 3), (2, 2), (5, 4)])
def test_argmax(tmp_path, classes, bits):
    class_bits = max(1, (classes - 1).bit_length())
    parameters = {"CLASSES": classes, "LOGIT_BITS": bits, "CLASS_BITS": class_bits}
    run_bench(tmp_path, "bench_argmax", "trispike_argmax", library("argmax", "fifo"), parameters)
