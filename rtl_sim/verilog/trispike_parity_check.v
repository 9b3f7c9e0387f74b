// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Checks words that hold their own parity bit, which makes the number of ones even.
//
// error_o is set in the third cycle after check_i if word_i was odd: one bit of it, or three, have
// flipped.
module trispike_parity_check #(
  parameter WIDTH = 33  // bits of a word, its parity bit among them
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire             check_i,  // word_i was read, and is used
  input  wire [WIDTH-1:0] word_i,
  output reg              error_o
);

  wire odd2;
  reg  check1_q;
  reg  check2_q;

  trispike_parity #(
    .WIDTH(WIDTH)
  ) parity (
    .clk   (clk),
    .word_i(word_i),
    .odd_o (odd2)
  );

  always @(posedge clk) begin
    if (!rst_n) {check1_q, check2_q, error_o} <= 3'b0;
    else {check1_q, check2_q, error_o} <= {check_i, check1_q, check2_q && odd2};
  end

endmodule

`resetall
