"""The bench of a build: its top level between a source and a sink, with a probe on every layer."""

import msgspec
from jinja2 import StrictUndefined, Template

from hw_models.artefact import Build
from hw_models.errors import InputError
from hw_models.words import rearranged

TOP, PARAMETERS, FILES = "rtl/top.v", "rtl/parameters.json", "rtl/files.f"
REGISTERS = "rtl/registers.json"  # of a build with an AXI4-Lite bus


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """A layer's entry in rtl/parameters.json."""

    name: str
    tail: dict[str, int | str]

    def __getitem__(self, name: str) -> int:
        """A numeric parameter of the layer's second half."""
        value = self.tail[name]
        assert isinstance(value, int)
        return value

    @property
    def v_bits(self) -> int:
        return self["V_BITS"] if "V_BITS" in self.tail else self["LOGIT_BITS"]

    @property
    def slice_(self) -> int:
        return self["SLICE"] if "SLICE" in self.tail else 1

    @property
    def groups(self) -> int:
        return self["GROUPS"] if "GROUPS" in self.tail else 1


def parameters(build: Build) -> list[Parameters]:
    """The parameters of each layer's instances in the build's top level.

    Raises:
        InputError: the build has no top level.
    """
    if not {TOP, PARAMETERS, FILES} <= set(build.files):
        group = rearranged(build.dataflow)
        why = f"{group} reads a map as a vector, the core takes that of dense layers alone"
        raise InputError(
            f"{build.path or build.dataflow.name}: no {TOP}; {why if group else 'build it again'}"
        )
    return msgspec.json.decode(build.files[PARAMETERS], type=list[Parameters])


def generate(build: Build) -> str:
    """Module `bench`, which writes the files that trace.py reads."""
    return TEMPLATE.render(layers=parameters(build), bus=REGISTERS in build.files)


TEMPLATE = Template(
    """\
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
  wire        s_beat = s_tvalid && s_tready;
  wire        m_beat = m_tvalid && m_tready;
  reg         fresh;  // the next beat in is a sample's first

  always @(posedge clk) begin
    if (!rst_n) fresh <= 1'b1;
    else if (s_beat) fresh <= s_tlast;
  end

  bench_control control (
    .clk(clk), .rst_n(rst_n), .cycle(cycle), .idle(idle), .ready(m_tready),
    .active_i(s_beat || m_beat

{%- for layer in layers %}
{% set layer = "dut.layer" ~ loop.index0 %}
 || {{ layer }}.update.write_valid_q
{%- if not loop.last %} || ({{ layer }}_out_tvalid && {{ layer }}_out_tready){% endif %}
{% endfor %}),
    .sample_i(m_beat && m_tlast), .finished(finished), .stuck(stuck)
  );

  bench_source source (
    .clk(clk), .rst_n(rst_n), .idle_i(idle),
    .valid_o(s_tvalid), .word_o({s_tlast, s_tdata}), .ready_i(s_tready)
  );

  top dut (
    .clk(clk), .rst_n(rst_n),
{% if bus %}
    .s_axil_awaddr(12'd0), .s_axil_awprot(3'd0), .s_axil_awvalid(1'b0), .s_axil_awready(),
    .s_axil_wdata(32'd0), .s_axil_wstrb(4'd0), .s_axil_wvalid(1'b0), .s_axil_wready(),
    .s_axil_bresp(), .s_axil_bvalid(), .s_axil_bready(1'b1),
    .s_axil_araddr(12'd0), .s_axil_arprot(3'd0), .s_axil_arvalid(1'b0), .s_axil_arready(),
    .s_axil_rdata(), .s_axil_rresp(), .s_axil_rvalid(), .s_axil_rready(1'b1),
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

  bench_probe #(.WIDTH(64), .FILE("cycles.bin")) cycles (
    .clk(clk), .rst_n(rst_n), .valid_i(last), .word_i({16'b0, dut.cycles}), .end_i(last)
  );
{% for layer in layers %}
{% set i = loop.index0 %}
  bench_probe #(
    .WIDTH({{ 32 + layer.slice_ * layer.v_bits }}), .FILE("membranes{{ i }}.bin")
  ) membranes{{ i }} (
    .clk(clk), .rst_n(rst_n), .valid_i(dut.layer{{ i }}.update.write_valid_q),
    .word_i({32'd0 + dut.layer{{ i }}.update.write_word_q, dut.layer{{ i }}.update.write_v}),
    .end_i(last)
  );

  bench_probe #(.WIDTH(144), .FILE("counts{{ i }}.bin")) counts{{ i }} (
    .clk(clk), .rst_n(rst_n), .valid_i(last),
    .word_i({
      dut.layer{{ i }}_events_in,
      {{ "48'd0" if loop.last else "dut.layer" ~ i ~ "_events_out" }},
      dut.layer{{ i }}_additions
    }), .end_i(last)
  );
{% if not loop.last %}

  bench_probe #(.WIDTH({{ layer["ADDR_BITS"] + 3 }}), .FILE("events{{ i }}.bin")) events{{ i }} (
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
