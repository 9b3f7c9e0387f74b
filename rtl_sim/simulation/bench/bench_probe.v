// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: writes a word to a file in each cycle in which valid_i is set.
//
// A record is {0, unknown, word_i} in 32-bit pieces, the lowest first, each in the machine's byte
// order. `unknown` says that the word has an x or z, which no binary file can hold. A reset starts
// the file again, so that the final file has only the words after the last reset. When end_i is
// set the file ends: "END!" and the number of pieces before it tell a complete file from one that
// lost some.
module bench_probe #(
  parameter WIDTH = 8,           // bits of a word
  parameter FILE  = "probe.bin"  // records, one after the other
) (
  input wire             clk,
  input wire             rst_n,
  input wire             valid_i,
  input wire [WIDTH-1:0] word_i,
  input wire             end_i
);

  localparam RECORD = (WIDTH + 32) / 32 * 32;  // WIDTH and the bit `unknown`, in whole pieces

  integer          file;
  reg [31:0]       pieces;
  reg [RECORD-1:0] record;

  initial begin
    file   = $fopen(FILE, "wb");
    pieces = 32'd0;
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      $fclose(file);
      file   = $fopen(FILE, "wb");
      pieces = 32'd0;
    end else begin
      if (valid_i) begin
        record        = word_i;
        record[WIDTH] = ^word_i === 1'bx;
        pieces        = pieces + RECORD / 32;
        $fwrite(file, "%u", record);
      end
      if (end_i) begin
        $fwrite(file, "%u", {pieces, 32'h454E4421});
        $fclose(file);
      end
    end
  end

endmodule

`resetall
