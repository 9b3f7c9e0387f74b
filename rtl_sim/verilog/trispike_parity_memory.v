// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Parity bits of a memory of accumulators, one a word, in a memory of its own, and their check.
//
// The parity of a sum takes two cycles from the cycle after the sum was written. So a bit here is
// read and written exactly three cycles after its word is there: the bits go through the same
// states as the words, and a bit that is read belongs to the word that was read three cycles ago.
// Inputs are those of an operation in the cycle in which its sum is written (new_i: one later). A
// word that was read while it was written is not to be checked: read_i is then not set.
module trispike_parity_memory #(
  parameter WORDS     = 4,   // words of accumulators
  parameter WORD_BITS = 2,   // bits of a word's index
  parameter WIDTH     = 96,  // bits of a word
  parameter MEMORY    = 2    // kind of their memory (trispike_accumulators), and of this one
) (
  input  wire                 clk,
  input  wire                 rst_n,
  input  wire                 read_i,   // old_i comes from the memory, and is used
  input  wire                 write_i,  // a word is written
  input  wire                 zero_i,   // it is 0, whatever new_i is
  input  wire [WORD_BITS-1:0] word_i,
  input  wire [WIDTH-1:0]     old_i,    // the word as it was read
  input  wire [WIDTH-1:0]     new_i,    // one cycle later: the word as it was written
  output reg                  error_o   // the word or its bit has flipped since it was written
);

  reg                 read1_q,  read2_q,  read3_q;
  reg                 write1_q, write2_q, write3_q;
  reg                 zero1_q,  zero2_q,  zero3_q;
  reg [WORD_BITS-1:0] word1_q,  word2_q,  word3_q;
  wire                old2;  // parities
  reg                 old3_q;
  wire                new3;
  wire                bit3;  // as it was stored

  trispike_parity #(
    .WIDTH(WIDTH)
  ) of_old (
    .clk   (clk),
    .word_i(old_i),
    .odd_o (old2)
  );

  trispike_parity #(
    .WIDTH(WIDTH)
  ) of_new (
    .clk   (clk),
    .word_i(new_i),
    .odd_o (new3)
  );

  always @(posedge clk) begin
    if (!rst_n) begin
      {read1_q, read2_q, read3_q}    <= 3'b0;
      {write1_q, write2_q, write3_q} <= 3'b0;
      error_o                        <= 1'b0;
    end else begin
      {read1_q, read2_q, read3_q}    <= {read_i, read1_q, read2_q};
      {write1_q, write2_q, write3_q} <= {write_i, write1_q, write2_q};
      error_o                        <= read3_q && old3_q != bit3;
    end
  end

  always @(posedge clk) begin
    {zero1_q, zero2_q, zero3_q} <= {zero_i, zero1_q, zero2_q};
    {word1_q, word2_q, word3_q} <= {word_i, word1_q, word2_q};
    old3_q                      <= old2;
  end

  // A word is read in the cycle in which it is written (registers), one before (LUT-RAM), or two
  // (block RAM, with a register behind).
  reg [0:0] mem [0:WORDS-1];

  always @(posedge clk) begin
    if (write3_q) mem[word3_q] <= new3 && !zero3_q;
  end

  generate
    if (MEMORY == 0) begin : registers
      assign bit3 = mem[0];
    end else if (MEMORY == 1) begin : lutram
      reg bit3_q;

      always @(posedge clk) bit3_q <= mem[word2_q];

      assign bit3 = bit3_q;
    end else begin : bram
      reg bit2_q;
      reg bit3_q;

      always @(posedge clk) {bit2_q, bit3_q} <= {mem[word1_q], bit2_q};

      assign bit3 = bit3_q;
    end
  endgenerate

endmodule

`resetall
