// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Sends one stream to several readers. Each takes a beat when it likes, and the next beat follows
// when all have taken it.
module trispike_broadcast #(
  parameter READERS = 2,  // number of outgoing streams
  parameter BITS    = 8   // bits of a beat
) (
  input  wire                    clk,
  input  wire                    rst_n,
  input  wire [BITS-1:0]         s_axis_tdata,
  input  wire                    s_axis_tvalid,
  input  wire                    s_axis_tlast,
  output wire                    s_axis_tready,
  output wire [READERS*BITS-1:0] m_axis_tdata,
  output wire [READERS-1:0]      m_axis_tvalid,
  output wire [READERS-1:0]      m_axis_tlast,
  input  wire [READERS-1:0]      m_axis_tready
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (READERS < 1) begin : check_readers
      trispike_broadcast_READERS_is_less_than_1 error ();
    end
  endgenerate

  reg [READERS-1:0] taken_q;  // readers that have taken the beat already

  wire [READERS-1:0] taken = taken_q | m_axis_tready;

  assign s_axis_tready = &taken;
  assign m_axis_tdata  = {READERS{s_axis_tdata}};
  assign m_axis_tlast  = {READERS{s_axis_tlast}};
  assign m_axis_tvalid = {READERS{s_axis_tvalid}} & ~taken_q;

  always @(posedge clk) begin
    if (!rst_n || (s_axis_tvalid && s_axis_tready)) taken_q <= {READERS{1'b0}};
    else if (s_axis_tvalid) taken_q <= taken;
  end

endmodule

`resetall
