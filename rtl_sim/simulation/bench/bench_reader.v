// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: reads the words of a file, one after the other. A reset starts the file again.
module bench_reader #(
  parameter WIDTH = 33,          // bits of a word
  parameter FILE  = "input.bin"  // words in the fewest bytes that hold them, highest byte first
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire             take_i,  // word_o is taken: the next one is read
  output reg  [WIDTH-1:0] word_o,
  output reg              more_o   // word_o is a word, not the end of the file
);

  localparam BYTES = (WIDTH + 7) / 8;

  integer         file;
  integer         found;
  reg [WIDTH-1:0] next;

  task restart;
    begin
      file  = $fopen(FILE, "rb");
      found = $fread(next, file);
    end
  endtask

  initial begin
    restart;
    word_o = next;
    more_o = found == BYTES;
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      $fclose(file);
      restart;
    end else if (take_i) begin
      found = $fread(next, file);
    end
    word_o <= next;
    more_o <= found == BYTES;
  end

endmodule

`resetall
