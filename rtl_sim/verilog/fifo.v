`resetall
`timescale 1ns / 1ps
`default_nettype none

// First-in first-out buffer; the first word stands at data_o as long as valid_o.
//
// There is no full flag: who pushes counts what it may (see update.v's credits).
module fifo #(
  parameter WIDTH = 8,   // of a word, bits
  parameter DEPTH = 16   // words
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire             push_i,
  input  wire [WIDTH-1:0] data_i,
  output wire             valid_o,
  output wire [WIDTH-1:0] data_o,
  input  wire             pop_i
);

  localparam INDEX_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam FILL_BITS  = $clog2(DEPTH + 1);

  localparam [INDEX_BITS-1:0] LAST  = DEPTH - 1;
  localparam [INDEX_BITS-1:0] ONE   = 1;
  localparam [INDEX_BITS-1:0] FIRST = 0;
  localparam [FILL_BITS-1:0]  EMPTY = 0;
  localparam [FILL_BITS-1:0]  STEP  = 1;

  (* ram_style = "distributed" *)
  reg [WIDTH-1:0]      mem [0:DEPTH-1];
  reg [INDEX_BITS-1:0] write_q;
  reg [INDEX_BITS-1:0] read_q;
  reg [FILL_BITS-1:0]  fill_q;

  assign valid_o = fill_q != EMPTY;
  assign data_o  = mem[read_q];

  always @(posedge clk) begin
    if (push_i) mem[write_q] <= data_i;
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      write_q <= FIRST;
      read_q  <= FIRST;
      fill_q  <= EMPTY;
    end else begin
      if (push_i) write_q <= write_q == LAST ? FIRST : write_q + ONE;
      if (pop_i) read_q <= read_q == LAST ? FIRST : read_q + ONE;
      if (push_i && !pop_i) fill_q <= fill_q + STEP;
      if (pop_i && !push_i) fill_q <= fill_q - STEP;
    end
  end

`ifndef SYNTHESIS
  localparam [FILL_BITS-1:0] FULL = DEPTH;

  always @(posedge clk) begin
    if (rst_n && push_i && fill_q == FULL) begin
      $display("ASSERT %m: push into a full buffer");
      $finish;
    end
    if (rst_n && pop_i && fill_q == EMPTY) begin
      $display("ASSERT %m: pop from an empty buffer");
      $finish;
    end
  end
`endif

endmodule

`resetall
