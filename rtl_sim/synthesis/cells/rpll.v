// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The PLL of a Gowin GW2A, for the simulation of boards: it passes its clock on, and locks after 16 edges. So a
// bench gives it the clock that it would make.
module rPLL #(
  parameter FCLKIN = "27.0",
  parameter IDIV_SEL = 0,
  parameter FBDIV_SEL = 0,
  parameter ODIV_SEL = 8
) (
  input  wire CLKIN,
  input  wire CLKFB,
  input  wire RESET,
  input  wire RESET_P,
  input  wire [5:0] FBDSEL,
  input  wire [5:0] IDSEL,
  input  wire [5:0] ODSEL,
  input  wire [3:0] PSDA,
  input  wire [3:0] DUTYDA,
  input  wire [3:0] FDLY,
  output wire CLKOUT,
  output wire CLKOUTP,
  output wire CLKOUTD,
  output wire CLKOUTD3,
  output wire LOCK
);

  reg [4:0] edges_q;
  initial edges_q = 5'd0;
  always @(posedge CLKIN) if (!edges_q[4]) edges_q <= edges_q + 1'b1;

  assign CLKOUT = CLKIN;
  assign LOCK = edges_q[4];
  assign {CLKOUTP, CLKOUTD, CLKOUTD3} = 3'b000;

endmodule

`resetall
