// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_register_slice: beats leave once, unchanged and in order, and two have room.
module register_slice_order #(
  parameter BITS = 2  // bits of tdata
) (
  input wire            clk,
  input wire            rst_n,
  input wire [BITS-1:0] s_axis_tdata,
  input wire            s_axis_tvalid,
  input wire            s_axis_tlast,
  input wire            m_axis_tready
);

  wire            s_axis_tready;
  wire [BITS-1:0] m_axis_tdata;
  wire            m_axis_tvalid;
  wire            m_axis_tlast;

  trispike_register_slice #(
    .BITS(BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tlast (s_axis_tlast),
    .s_axis_tready(s_axis_tready),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(BITS + 1)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  wire enters = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;

  // The beats inside, the oldest first.
  reg [1:0]    count_q;
  reg [BITS:0] first_q;
  reg [BITS:0] second_q;

  wire [BITS:0] beat = {s_axis_tlast, s_axis_tdata};

  always @(posedge clk) begin
    if (!rst_n) count_q <= 0;
    else count_q <= count_q + enters - leaves;
    if (leaves) first_q <= second_q;
    if (enters && count_q == leaves) first_q <= beat;
    if (enters && count_q != leaves) second_q <= beat;
  end

  always @* begin
    if (rst_n) begin
      takes:   assert (s_axis_tready == (count_q < 2));
      offers:  assert (m_axis_tvalid == (count_q > 0));
      fits:    assert (count_q <= 2);
      is_next: assert (!m_axis_tvalid || {m_axis_tlast, m_axis_tdata} == first_q);
      through: cover (leaves && count_q == 2);
    end
  end

  // --- invariant ------------------------------------------------------------------------------

  (* keep, peek = "dut.kept_q" *)      wire [BITS-1:0] kept;
  (* keep, peek = "dut.kept_last_q" *) wire kept_last;

  always @* if (rst_n && count_q == 2) second: assert ({kept_last, kept} == second_q);

endmodule

`resetall
