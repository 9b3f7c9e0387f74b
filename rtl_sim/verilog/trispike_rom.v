// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A memory with synchronous read, initialised from a file of hex words. The core only reads it; if
// it is WRITABLE, trispike_loader writes it from outside.
module trispike_rom #(
  parameter WIDTH     = 8,    // bits of a word
  parameter DEPTH     = 16,   // words; the file has exactly this number
  parameter ADDR_BITS = 4,    // bits of addr_i; 2**ADDR_BITS >= DEPTH
  parameter WRITABLE  = 0,    // 1: can be written, 0: write_i is never set
  parameter STYLE     = "auto",  // kind of memory, as synthesis knows it, such as "block"
  parameter BANK      = -1,   // 0...99: the words come from FILE.BANK; -1: from FILE
  parameter FILE      = ""    // for $readmemh
) (
  input  wire                 clk,
  input  wire                 read_i,  // fetch addr_i; otherwise data_o stays
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o,
  input  wire                 write_i,
  input  wire [ADDR_BITS-1:0] write_addr_i,
  input  wire [WIDTH-1:0]     write_data_i
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (DEPTH < 1) begin : check_depth
      trispike_rom_DEPTH_is_less_than_1 error ();
    end
    if (ADDR_BITS < $clog2(DEPTH)) begin : check_addr_bits
      trispike_rom_ADDR_BITS_is_too_small_for_DEPTH error ();
    end
    if (BANK > 99) begin : check_bank
      trispike_rom_BANK_is_more_than_99 error ();
    end
  endgenerate

  (* ram_style = STYLE *) reg [WIDTH-1:0] mem [0:DEPTH-1];

  // Each name has its own statement, since tools differ in padding the shorter of two strings.
  localparam [7:0] TENS = "0" + BANK / 10;
  localparam [7:0] ONES = "0" + BANK % 10;

  generate
    if (FILE == "") begin : no_file
`ifndef YOSYS  // since Yosys also elaborates a module with its default parameters
      trispike_rom_needs_a_FILE error ();
`endif
    end else if (BANK < 0) begin : whole
      initial $readmemh(FILE, mem);
    end else if (BANK < 10) begin : one_digit
      initial $readmemh({FILE, ".", ONES}, mem);
    end else begin : two_digits
      initial $readmemh({FILE, ".", TENS, ONES}, mem);
    end
  endgenerate

  always @(posedge clk) begin
    if (read_i) data_o <= mem[addr_i];
  end

  generate
    if (WRITABLE != 0) begin : writable
      always @(posedge clk) begin
        if (write_i) mem[write_addr_i] <= write_data_i;
      end
    end
  endgenerate

endmodule

`resetall
