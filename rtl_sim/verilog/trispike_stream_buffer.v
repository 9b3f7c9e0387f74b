// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A stream with a buffer of DEPTH beats, so that its source need not wait for its reader.
module trispike_stream_buffer #(
  parameter BITS  = 8,  // bits of a beat
  parameter DEPTH = 16  // beats
) (
  input  wire            clk,
  input  wire            rst_n,
  input  wire [BITS-1:0] s_axis_tdata,
  input  wire            s_axis_tvalid,
  input  wire            s_axis_tlast,
  output wire            s_axis_tready,
  output wire [BITS-1:0] m_axis_tdata,
  output wire            m_axis_tvalid,
  output wire            m_axis_tlast,
  input  wire            m_axis_tready
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (DEPTH < 1) begin : check_depth
      trispike_stream_buffer_DEPTH_is_less_than_1 error ();
    end
  endgenerate

  wire push = s_axis_tvalid && s_axis_tready;
  wire pop  = m_axis_tvalid && m_axis_tready;

  trispike_credits #(
    .PLACES(DEPTH)
  ) places (
    .clk    (clk),
    .rst_n  (rst_n),
    .spend_i(push),
    .give_i (pop),
    .room_o (s_axis_tready)
  );

  trispike_fifo #(
    .BITS (BITS + 1),
    .DEPTH(DEPTH)
  ) beats (
    .clk    (clk),
    .rst_n  (rst_n),
    .push_i (push),
    .data_i ({s_axis_tlast, s_axis_tdata}),
    .valid_o(m_axis_tvalid),
    .data_o ({m_axis_tlast, m_axis_tdata}),
    .pop_i  (pop)
  );

endmodule

`resetall
