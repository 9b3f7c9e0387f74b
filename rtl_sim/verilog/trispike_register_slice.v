// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A stream with two places, whose every output comes from a register: no path leads through it,
// neither forward nor from m_axis_tready back. A beat can leave a cycle after it came, and one can
// pass in every cycle.
module trispike_register_slice #(
  parameter BITS = 8  // bits of a beat
) (
  input  wire            clk,
  input  wire            rst_n,
  input  wire [BITS-1:0] s_axis_tdata,
  input  wire            s_axis_tvalid,
  input  wire            s_axis_tlast,
  output reg             s_axis_tready,
  output reg  [BITS-1:0] m_axis_tdata,
  output reg             m_axis_tvalid,
  output reg             m_axis_tlast,
  input  wire            m_axis_tready
);

  // While the beat at the outlet waits, one more is taken, and kept here.
  reg [BITS-1:0] kept_q;
  reg            kept_last_q;

  wire moves = !m_axis_tvalid || m_axis_tready;

  always @(posedge clk) begin
    if (!rst_n) begin
      s_axis_tready <= 1'b1;
      m_axis_tvalid <= 1'b0;
    end else if (moves) begin
      s_axis_tready <= 1'b1;
      m_axis_tvalid <= s_axis_tvalid || !s_axis_tready;
    end else if (s_axis_tvalid) begin
      s_axis_tready <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (moves) begin
      {m_axis_tlast, m_axis_tdata} <= s_axis_tready ? {s_axis_tlast, s_axis_tdata}
                                                    : {kept_last_q, kept_q};
    end
    if (s_axis_tready) {kept_last_q, kept_q} <= {s_axis_tlast, s_axis_tdata};
  end

endmodule

`resetall
