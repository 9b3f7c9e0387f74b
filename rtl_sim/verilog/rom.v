`resetall
`timescale 1ns / 1ps
`default_nettype none

// Read-only memory with synchronous read, initialised from a file of hex words.
module rom #(
  parameter WIDTH     = 8,    // of a word, bits
  parameter DEPTH     = 16,   // words; the file has exactly as many
  parameter ADDR_BITS = 4,    // of addr_i, bits; 2**ADDR_BITS >= DEPTH
  parameter FILE      = ""    // for $readmemh
) (
  input  wire                 clk,
  input  wire                 read_i,  // fetch addr_i; else data_o stays
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o
);

  reg [WIDTH-1:0] mem [0:DEPTH-1];

  initial $readmemh(FILE, mem);

  always @(posedge clk) begin
    if (read_i) data_o <= mem[addr_i];
  end

endmodule

`resetall
