// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// p = leaked + drive, then fire and reset. Combinational; with trispike_leak it is the whole
// neuron update.
//
//   s = +1 if p >= v_threshold;  -1 if p <= -v_threshold (ternary only);  else 0
//   v = 0 if s != 0 else p (hard reset);  p - s * v_threshold (soft reset)
//
// By limit_i, both comparisons are the sign of a sum: p - v_threshold is p + ~limit, and
// p <= -v_threshold is p + limit < 0.
module trispike_neuron #(
  parameter P_BITS         = 10,  // bits of p, +v_threshold and -v_threshold
  parameter V_BITS         = 8,   // bits of a membrane, <= P_BITS
  parameter THRESHOLD_BITS = 8,   // bits of a stored v_threshold, <= P_BITS
  parameter TERNARY        = 1,   // 0: binary, never fires -1
  parameter SOFT_RESET     = 0    // 0: hard
) (
  input  wire signed [V_BITS-1:0]         leaked_i,       // leak(v)
  input  wire signed [P_BITS-1:0]         drive_i,        // i + bias
  input  wire signed [THRESHOLD_BITS-1:0] limit_i,        // v_threshold - 1, >= 0
  output wire                             fire_o,         // s != 0
  output wire                             neg_o,          // s == -1
  output wire signed [V_BITS-1:0]         v_o
);

  localparam signed [P_BITS:0] ZERO = 0;

  wire signed [P_BITS-1:0] leaked = leaked_i;
  wire signed [P_BITS-1:0] limit  = limit_i;
  wire signed [P_BITS-1:0] p      = leaked + drive_i;

  // These have one bit more than p, since p -+ v_threshold reaches twice p's range.
  wire signed [P_BITS:0] above = p + ~limit;
  wire signed [P_BITS:0] under = p + limit;

  wire positive = above >= ZERO;
  wire negative = (TERNARY != 0) && under < ZERO;

  assign fire_o = positive || negative;
  assign neg_o  = negative;

  generate
    if (SOFT_RESET != 0) begin : soft_reset
      // p + v_threshold
      wire signed [V_BITS-1:0] below = p[V_BITS-1:0] - ~limit[V_BITS-1:0];
      assign v_o = positive ? above[V_BITS-1:0] : negative ? below : p[V_BITS-1:0];
    end else begin : hard_reset
      // As a choice, not a mask, so that synthesis makes it the reset of the register behind.
      assign v_o = fire_o ? {V_BITS{1'b0}} : p[V_BITS-1:0];
    end
  endgenerate

endmodule

`resetall
