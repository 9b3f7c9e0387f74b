// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The PLL of an iCE40 behind its own pad, for the simulation of boards: it passes its clock on, and locks after 16 edges. So a
// bench gives it the clock that it would make.
module SB_PLL40_PAD #(
  parameter FEEDBACK_PATH = "SIMPLE",
  parameter DIVR = 4'd0,
  parameter DIVF = 7'd0,
  parameter DIVQ = 3'd0,
  parameter FILTER_RANGE = 3'd0
) (
  input  wire PACKAGEPIN,
  input  wire RESETB,
  input  wire BYPASS,
  output wire PLLOUTCORE,
  output wire LOCK
);

  reg [4:0] edges_q;
  initial edges_q = 5'd0;
  always @(posedge PACKAGEPIN) if (!edges_q[4]) edges_q <= edges_q + 1'b1;

  assign PLLOUTCORE = PACKAGEPIN;
  assign LOCK = edges_q[4];

endmodule

`resetall
