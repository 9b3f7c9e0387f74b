// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces trispike_rom: any word at any time, so that a proof holds for all contents.
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
  output wire [WIDTH-1:0]     data_o,
  input  wire                 write_i,
  input  wire [ADDR_BITS-1:0] write_addr_i,
  input  wire [WIDTH-1:0]     write_data_i
);

  (* anyseq *) wire [WIDTH-1:0] any;

  assign data_o = any;

endmodule

`resetall
