// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The PLL of an ECP5, for the simulation of boards: it passes its clock on, and locks after 16 edges. So a
// bench gives it the clock that it would make.
module EHXPLLL #(
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED",
  parameter OUTDIVIDER_MUXA = "DIVA",
  parameter OUTDIVIDER_MUXB = "DIVB",
  parameter OUTDIVIDER_MUXC = "DIVC",
  parameter OUTDIVIDER_MUXD = "DIVD",
  parameter CLKI_DIV = 1,
  parameter CLKOP_ENABLE = "DISABLED",
  parameter CLKOP_DIV = 1,
  parameter CLKOP_CPHASE = 0,
  parameter CLKOP_FPHASE = 0,
  parameter FEEDBK_PATH = "CLKOP",
  parameter CLKFB_DIV = 1
) (
  input  wire RST,
  input  wire STDBY,
  input  wire CLKI,
  input  wire CLKFB,
  input  wire PHASESEL0,
  input  wire PHASESEL1,
  input  wire PHASEDIR,
  input  wire PHASESTEP,
  input  wire PHASELOADREG,
  input  wire PLLWAKESYNC,
  input  wire ENCLKOP,
  output wire CLKOP,
  output wire CLKINTFB,
  output wire LOCK
);

  reg [4:0] edges_q;
  initial edges_q = 5'd0;
  always @(posedge CLKI) if (!edges_q[4]) edges_q <= edges_q + 1'b1;

  assign CLKOP = CLKI;
  assign LOCK = edges_q[4];
  assign CLKINTFB = 1'b0;

endmodule

`resetall
