// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces trispike_accumulators: nothing is computed. It asserts what the module needs of its
// user: words that exist, and of those in LUT-RAM none right after it was written.
module trispike_accumulators #(
  parameter WORDS       = 4,
  parameter ROWS        = 64,
  parameter LANES       = 8,
  parameter SLICE       = 4,
  parameter WORD_BITS   = 2,
  parameter ROW_BITS    = 6,
  parameter SLICE_BITS  = 1,
  parameter LANE_BITS   = 1,
  parameter PACKED      = 0,
  parameter DIGIT_BITS  = 0,
  parameter DIGIT_WIRES = 1,
  parameter W_BITS      = 8,
  parameter ACC_BITS    = 12,
  parameter SHIFT       = 0,
  parameter MEMORY      = 2,
  parameter PARITY      = 0,
  parameter LOAD_ADDR_BITS = 1,
  parameter LOAD_WORD_BITS = 1,
  parameter WEIGHT_FILE = ""
) (
  input  wire                              clk,
  input  wire                              rst_n,
  input  wire                              add_i,
  input  wire                              read_i,
  input  wire                              clear_i,
  input  wire                              neg_i,
  input  wire [DIGIT_WIRES-1:0]            digit_i,
  input  wire [ROW_BITS-1:0]               row_i,
  input  wire [WORD_BITS-1:0]              word_i,
  input  wire [SLICE_BITS-1:0]             slice_i,
  input  wire [LANE_BITS-1:0]              lane_i,
  input  wire                              load_write_i,
  input  wire [LOAD_ADDR_BITS-1:0]         load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]         load_word_i,
  output wire [SLICE*(ACC_BITS+SHIFT)-1:0] current_o,
  output wire                              error_o
);

  assign current_o = 0;
  assign error_o   = 1'b0;

  (* keep *) wire [1:0] memory = MEMORY;  // for engine_windows.v

  wire                 take = read_i && slice_i == {SLICE_BITS{1'b0}};
  wire                 used = add_i || take || clear_i;
  reg                  written_q = 1'b0;
  reg  [WORD_BITS-1:0] word_q;

  always @(posedge clk) begin
    written_q <= rst_n && (add_i || clear_i);
    word_q    <= word_i;
  end

  always @* begin
    if (rst_n && used) begin
      exists: assert (word_i < WORDS);
      rests:  assert (MEMORY != 1 || !written_q || word_i != word_q);
    end
  end

endmodule

`resetall
