"""Writes the bench of a build: its core between a source and a sink, and probes in its layers.

In a netlist there are no membranes and, without a bus, no counters; the streams between layers are
there as in the Verilog.
"""

from collections.abc import Sequence

from jinja2 import StrictUndefined, Template

from hw_models.dataflow import Build
from hw_models.hardware import hardware_of
from hw_models.registers import REGISTERS
from rtl_sim import sources

QUIET = 10_000  # cycles without activity after which the core is stuck
# of a netlist, where a sweep is not seen that makes no event
QUIET_NETLIST = 1_000_000


def has_membranes(build: Build) -> bool:
    """Whether the bench sees the membranes."""
    return sources.netlist(build) is None


def has_counters(build: Build) -> bool:
    """Whether the bench sees the core's counters."""
    return sources.netlist(build) is None or REGISTERS in build.files


def has_alarms(build: Build) -> bool:
    """Whether the core has parity bits, and the bench sees their error."""
    return sources.netlist(build) is None and hardware_of(build).parity


def generate(build: Build, memories: Sequence[str] = ()) -> str:
    """The text of module `bench`, which writes the files that trace.py reads.

    Args:
        memories: the names, within the core, of memories in which bits are to flip.
    """
    membranes = has_membranes(build)
    return TEMPLATE.render(
        core=sources.core(build),
        layers=hardware_of(build).layers,
        bus=REGISTERS in build.files,
        membranes=membranes,
        counters=has_counters(build),
        alarms=has_alarms(build),
        quiet=QUIET if membranes else QUIET_NETLIST,
        nets=sources.nets(build),
        memories=memories,
    )


TEMPLATE = Template(
    """\
// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none

module bench;

  wire        clk;
  wire        rst_n;
  wire [63:0] cycle;
  wire [7:0]  idle;
  wire        finished;
  wire        stuck /* verilator public_flat_rd */;
  reg         done /* verilator public_flat_rd */;  // the counters are written too
  wire        last = finished && !done;  // the cycle in which the probes end their files
  wire        s_tlast;
  wire [31:0] s_tdata;
  wire        s_tvalid;
  wire        s_tready;
  wire        m_tlast;
  wire [63:0] m_tdata;
  wire        m_tvalid;
  wire        m_tready;
  wire        settled;
  wire        bus_answer;
  wire        bus_busy;
  wire        s_beat = s_tvalid && s_tready;
  wire        m_beat = m_tvalid && m_tready;
  reg         fresh;  // the next beat in is a sample's first

  always @(posedge clk) begin
    if (!rst_n) fresh <= 1'b1;
    else if (s_beat) fresh <= s_tlast;
  end

  bench_control #(
    .LAYERS({{ layers | length if membranes else 1 }}),
    .QUIET({{ quiet }})
  ) control (
    .clk(clk), .rst_n(rst_n), .cycle(cycle), .idle(idle), .ready(m_tready),
    .busy_i(bus_busy), .settled(settled), .read_i({
{%- for _ in layers if membranes %}
dut.layer{{ loop.revindex0 }}.step_next_o{% if not loop.last %}, {% endif %}
{% else %}
1'b0
{%- endfor %}}),
    .active_i(s_beat || m_beat || bus_answer

{%- for layer in layers %}
{% set layer = "dut.layer" ~ loop.index0 %}
{% if membranes %}
 || {{ layer }}.write_valid_q
{%- endif %}
{%- if not loop.last %} || ({{ layer }}_out_tvalid && {{ layer }}_out_tready){% endif %}
{% endfor %}),
    .sample_i(m_beat && m_tlast), .finished(finished), .stuck(stuck)
  );

{% if bus %}
  wire [11:0] awaddr;
  wire        awvalid;
  wire        awready;
  wire [31:0] wdata;
  wire [3:0]  wstrb;
  wire        wvalid;
  wire        wready;
  wire [1:0]  bresp;
  wire        bvalid;
  wire        bready;
  wire [11:0] araddr;
  wire        arvalid;
  wire        arready;
  wire [31:0] rdata;
  wire [1:0]  rresp;
  wire        rvalid;
  wire        rready;

  assign bus_answer = (bvalid && bready) || (rvalid && rready);

  bench_bus bus (
    .clk(clk), .rst_n(rst_n), .settled_i(settled), .busy_o(bus_busy),
    .axil_awaddr(awaddr), .axil_awvalid(awvalid), .axil_awready(awready),
    .axil_wdata(wdata), .axil_wstrb(wstrb), .axil_wvalid(wvalid), .axil_wready(wready),
    .axil_bvalid(bvalid), .axil_bready(bready),
    .axil_araddr(araddr), .axil_arvalid(arvalid), .axil_arready(arready),
    .axil_rvalid(rvalid), .axil_rready(rready)
  );

  bench_probe #(.WIDTH(35), .FILE("answers.bin")) answers (
    .clk(clk), .rst_n(rst_n), .valid_i(bus_answer),
    .word_i(bvalid ? {1'b1, bresp, 32'd0} : {1'b0, rresp, rdata}), .end_i(last)
  );
{% else %}
  assign bus_answer = 1'b0;
  assign bus_busy   = 1'b0;
{% endif %}

  bench_source source (
    .clk(clk), .rst_n(rst_n), .idle_i(idle),
    .valid_o(s_tvalid), .word_o({s_tlast, s_tdata}), .ready_i(s_tready)
  );

{% if memories %}
  // Bits flip between two edges of the clock, as a file says in words {samples begun, cycles since,
  // memory, word, bit}, the first flip first. One whose cycle never comes, since the next sample
  // begins before it, comes with this.
  integer     upsets;
  integer     found;
  reg [127:0] flip;
  reg [31:0]  begun;
  reg [31:0]  since;

  initial begin
    upsets = $fopen("upsets.bin", "rb");
    found  = $fread(flip, upsets);
  end

  always @(posedge clk) begin
    begun <= !rst_n ? 32'd0 : begun + (s_beat && fresh);
    since <= s_beat && fresh ? 32'd0 : since + 32'd1;
  end

  always @(negedge clk) begin
    while (rst_n === 1'b1 && found == 16 && (begun > flip[127:96]
           || (begun == flip[127:96] && (begun == 32'd0 || since >= flip[95:64])))) begin
      case (flip[63:48])
{% for memory in memories %}
        16'd{{ loop.index0 }}:
          dut.{{ memory }}[flip[47:16]][flip[15:0]] = !dut.{{ memory }}[flip[47:16]][flip[15:0]];
{% endfor %}
        default: $display("ASSERT %m: no memory %0d", flip[63:48]);
      endcase
      found = $fread(flip, upsets);
    end
  end

{% endif %}
  {{ core }} dut (
    .clk(clk), .rst_n(rst_n),
{% if bus %}
    .s_axil_awaddr(awaddr), .s_axil_awprot(3'd0), .s_axil_awvalid(awvalid),
    .s_axil_awready(awready), .s_axil_wdata(wdata), .s_axil_wstrb(wstrb), .s_axil_wvalid(wvalid),
    .s_axil_wready(wready), .s_axil_bresp(bresp), .s_axil_bvalid(bvalid), .s_axil_bready(bready),
    .s_axil_araddr(araddr), .s_axil_arprot(3'd0), .s_axil_arvalid(arvalid),
    .s_axil_arready(arready), .s_axil_rdata(rdata), .s_axil_rresp(rresp), .s_axil_rvalid(rvalid),
    .s_axil_rready(rready),
{% endif %}
    .s_axis_tdata(s_tdata), .s_axis_tvalid(s_tvalid),
    .s_axis_tlast(s_tlast), .s_axis_tready(s_tready),
    .m_axis_tdata(m_tdata), .m_axis_tvalid(m_tvalid),
    .m_axis_tlast(m_tlast), .m_axis_tready(m_tready)
  );

  bench_probe #(.WIDTH(64), .FILE("starts.bin")) starts (
    .clk(clk), .rst_n(rst_n), .valid_i(s_beat && fresh), .word_i(cycle), .end_i(last)
  );

  bench_probe #(.WIDTH(129), .FILE("logits.bin")) logits (
    .clk(clk), .rst_n(rst_n), .valid_i(m_beat), .word_i({cycle, m_tlast, m_tdata}),
    .end_i(last)
  );

  initial done = 1'b0;

  always @(posedge clk) done <= finished;

{% if nets %}
  // from the first beat in to the last word out
  reg  begun;
  wire counted = (s_beat || begun) && !settled;

  always @(posedge clk) begin
    if (!rst_n) begun <= 1'b0;
    else if (s_beat) begun <= 1'b1;
  end

{% endif %}
{% for instance, ports in nets.items() %}
{% for port in ports %}
{% set name = instance ~ "_" ~ port.name %}
  bench_toggles #(
    .BITS({{ port.bits }}), .HIGH({{ port.high | int }}), .FILE("toggles_{{ name }}.bin")
  ) toggles_{{ name }} (
    .clk(clk), .rst_n(rst_n), .count_i(counted), .end_i(last),
    .nets_i(dut.{{ port.name if instance == "top" else name }})
  );
{% endfor %}
{% endfor %}
{% if alarms %}
  bench_probe #(.WIDTH(64), .FILE("alarms.bin")) alarms (
    .clk(clk), .rst_n(rst_n), .valid_i(dut.parity_error !== 1'b0), .word_i(cycle), .end_i(last)
  );
{% endif %}
{% if counters %}
  bench_probe #(.WIDTH(64), .FILE("cycles.bin")) cycles (
    .clk(clk), .rst_n(rst_n), .valid_i(last), .word_i({16'b0, dut.cycles}), .end_i(last)
  );
{% endif %}
{% for layer in layers %}
{% set i = loop.index0 %}
{% if membranes %}
  bench_probe #(
    .WIDTH({{ 32 + layer.update.slice * layer.update.v_bits }}), .FILE("membranes{{ i }}.bin")
  ) membranes{{ i }} (
    .clk(clk), .rst_n(rst_n), .valid_i(dut.layer{{ i }}.write_valid_q),
    .word_i({32'd0 + dut.layer{{ i }}.write_word_q, dut.layer{{ i }}.write_v}),
    .end_i(last)
  );

{% endif %}
{% if counters %}
  bench_probe #(.WIDTH(144), .FILE("counts{{ i }}.bin")) counts{{ i }} (
    .clk(clk), .rst_n(rst_n), .valid_i(last),
    .word_i({
      dut.layer{{ i }}_events_in,
      {{ "48'd0" if loop.last else "dut." ~ layer.readers[0].stream ~ "_events" }},
      dut.layer{{ i }}_additions
    }), .end_i(last)
  );
{% endif %}
{% if not loop.last %}

  bench_probe #(
    .WIDTH({{ layer.readers[0].outlet.addr_bits + 3 }}), .FILE("events{{ i }}.bin")
  ) events{{ i }} (
    .clk(clk), .rst_n(rst_n),
    .valid_i(dut.layer{{ i }}_out_tvalid && dut.layer{{ i }}_out_tready),
    .word_i({dut.layer{{ i }}_out_tlast, dut.layer{{ i }}_out_tdata}), .end_i(last)
  );
{% endif %}
{% endfor %}

endmodule
""",
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)
