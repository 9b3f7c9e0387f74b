// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// First-in first-out buffer; the first word stands at data_o as long as valid_o.
//
// The memory is read a cycle ahead into data_o, so that a deep one is block RAM.
// There is no full flag: who pushes counts what it may (trispike_credits).
module trispike_fifo #(
  parameter BITS  = 8,   // of a word, bits
  parameter DEPTH = 16   // words
) (
  input  wire            clk,
  input  wire            rst_n,
  input  wire            push_i,
  input  wire [BITS-1:0] data_i,
  output reg             valid_o,
  output reg  [BITS-1:0] data_o,
  input  wire            pop_i
);

  // No module has such a name: an instance with these parameters is refused as it is elaborated.
  generate
    if (DEPTH < 1) begin : check_depth
      trispike_fifo_DEPTH_is_less_than_1 error ();
    end
  endgenerate

  localparam INDEX_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam FILL_BITS  = $clog2(DEPTH + 1);

  localparam [INDEX_BITS-1:0] LAST  = DEPTH - 1;
  localparam [INDEX_BITS-1:0] ONE   = 1;
  localparam [INDEX_BITS-1:0] FIRST = 0;
  localparam [FILL_BITS-1:0]  EMPTY = 0;
  localparam [FILL_BITS-1:0]  STEP  = 1;

  reg [BITS-1:0]       mem [0:DEPTH-1];
  reg [INDEX_BITS-1:0] write_q;
  reg [INDEX_BITS-1:0] read_q;
  reg [FILL_BITS-1:0]  fill_q;   // words in the memory, that at data_o not among them

  wire fetch = fill_q != EMPTY && (!valid_o || pop_i);

  always @(posedge clk) begin
    if (push_i) mem[write_q] <= data_i;
    if (fetch) data_o <= mem[read_q];
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      valid_o <= 1'b0;
      write_q <= FIRST;
      read_q  <= FIRST;
      fill_q  <= EMPTY;
    end else begin
      valid_o <= fetch || (valid_o && !pop_i);
      if (push_i) write_q <= write_q == LAST ? FIRST : write_q + ONE;
      if (fetch) read_q <= read_q == LAST ? FIRST : read_q + ONE;
      if (push_i && !fetch) fill_q <= fill_q + STEP;
      if (fetch && !push_i) fill_q <= fill_q - STEP;
    end
  end

`ifndef SYNTHESIS
  localparam [FILL_BITS-1:0] FULL = DEPTH;

  always @(posedge clk) begin
    if (rst_n && push_i && fill_q == FULL) begin
      $display("ASSERT %m: push into a full buffer");
      $finish;
    end
    if (rst_n && pop_i && !valid_o) begin
      $display("ASSERT %m: pop from an empty buffer");
      $finish;
    end
  end
`endif

endmodule

`resetall
