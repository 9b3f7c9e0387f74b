// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces trispike_rom when it is not written: at any one place a content that never changes, at
// the others anything. So what is proven holds for every place, however deep the memory is.
module trispike_rom #(
  parameter WIDTH     = 8,
  parameter DEPTH     = 16,
  parameter ADDR_BITS = 4,
  parameter WRITABLE  = 0,
  parameter STYLE     = "auto",
  parameter BANK      = -1,
  parameter FILE      = ""
) (
  input  wire                 clk,
  input  wire                 read_i,
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o,
  input  wire                 write_i,
  input  wire [ADDR_BITS-1:0] write_addr_i,
  input  wire [WIDTH-1:0]     write_data_i
);

  (* anyconst *) wire [ADDR_BITS-1:0] place;
  (* anyconst *) wire [WIDTH-1:0]     content;
  (* anyseq *)   wire [WIDTH-1:0]     other;

  always @(posedge clk) if (read_i) data_o <= addr_i == place ? content : other;

endmodule

`resetall
