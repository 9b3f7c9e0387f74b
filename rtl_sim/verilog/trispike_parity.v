// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The parity of a word, two cycles later: 1 if an odd number of its bits are 1.
module trispike_parity #(
  parameter WIDTH = 32  // bits of the word
) (
  input  wire             clk,
  input  wire [WIDTH-1:0] word_i,
  output reg              odd_o
);

  localparam PART  = 16;  // bits that the first cycle joins: two levels of LUTs
  localparam PARTS = (WIDTH + PART - 1) / PART;

  wire [PARTS*PART-1:0] word = word_i;
  reg  [PARTS-1:0]      odd_q;

  genvar n;
  generate
    for (n = 0; n < PARTS; n = n + 1) begin : part
      always @(posedge clk) odd_q[n] <= ^word[n*PART+:PART];
    end
  endgenerate

  always @(posedge clk) odd_o <= ^odd_q;

endmodule

`resetall
