// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A first-in first-out buffer; the first word is at data_o while valid_o is set.
//
// The memory is read into data_o one cycle ahead, so that a deep memory can be block RAM. There is
// no full flag: the writer counts how many words it may push (trispike_credits).
module trispike_fifo #(
  parameter BITS  = 8,   // bits of a word
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

  // No module has this name, so elaboration refuses an instance with these parameters.
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
  reg [FILL_BITS-1:0]  fill_q;   // words in the memory, not counting the one at data_o

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
