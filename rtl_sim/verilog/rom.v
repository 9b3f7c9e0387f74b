`resetall
`timescale 1ns / 1ps
`default_nettype none

// Memory with synchronous read, initialised from a file of hex words. The core only reads it; it
// is written from outside (loader.v), and where nothing can be loaded write_i is a constant 0.
module rom #(
  parameter WIDTH     = 8,    // of a word, bits
  parameter DEPTH     = 16,   // words; the file has exactly as many
  parameter ADDR_BITS = 4,    // of addr_i, bits; 2**ADDR_BITS >= DEPTH
  parameter FILE      = ""    // for $readmemh
) (
  input  wire                 clk,
  input  wire                 read_i,  // fetch addr_i; else data_o stays
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o,
  input  wire                 write_i,
  input  wire [ADDR_BITS-1:0] write_addr_i,
  input  wire [WIDTH-1:0]     write_data_i
);

  reg [WIDTH-1:0] mem [0:DEPTH-1];

  initial $readmemh(FILE, mem);

  always @(posedge clk) begin
    if (write_i) mem[write_addr_i] <= write_data_i;
    if (read_i) data_o <= mem[addr_i];
  end

endmodule

`resetall
