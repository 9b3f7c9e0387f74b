// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces trispike_leak: 0 stays 0, and anything else becomes anything, in each cycle anew.
module trispike_leak #(
  parameter        V_BITS    = 8,
  parameter        LEAK_BITS = 10,
  parameter        K         = 2,
  parameter [10:0] PLUS      = 11'b1,
  parameter [10:0] MINUS     = 11'b0
) (
  input  wire signed [V_BITS-1:0] v_i,
  output wire signed [V_BITS-1:0] leak_o
);

  (* anyseq *) wire signed [V_BITS-1:0] any;

  assign leak_o = v_i == 0 ? 0 : any;

endmodule

`resetall
