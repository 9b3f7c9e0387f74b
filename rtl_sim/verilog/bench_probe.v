`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: writes a word to a file, in hex, in each cycle in which valid_i is set.
//
// A reset starts the file again: what is in it in the end comes after the last reset.
module bench_probe #(
  parameter WIDTH = 8,           // of a word, bits
  parameter FILE  = "probe.hex"  // a word a line
) (
  input wire             clk,
  input wire             rst_n,
  input wire             valid_i,
  input wire [WIDTH-1:0] word_i
);

  integer file;

  initial file = $fopen(FILE, "w");

  always @(posedge clk) begin
    if (!rst_n) begin
      $fclose(file);
      file = $fopen(FILE, "w");
    end else if (valid_i) begin
      $fwrite(file, "%h\n", word_i);
    end
  end

endmodule

`resetall
