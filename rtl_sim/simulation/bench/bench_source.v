// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: drives a stream with the words of a file, and is idle in random cycles.
//
// A reset starts the file again.
module bench_source #(
  parameter        WIDTH = 33,           // bits of {tlast, tdata}
  parameter        FILE  = "input.bin",  // words, as bench_reader reads them
  parameter [31:0] SEED  = 32'h1         // seed of the idle cycles, not 0
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire [7:0]       idle_i,        // the number of idle cycles in 256
  output reg              valid_o,
  output reg  [WIDTH-1:0] word_o,
  input  wire             ready_i
);

  wire             more;
  wire [WIDTH-1:0] next;
  reg  [31:0]      lfsr_q = SEED;

  wire take = more && rst_n && (!valid_o || ready_i) && lfsr_q[7:0] >= idle_i;

  bench_reader #(
    .WIDTH(WIDTH),
    .FILE (FILE)
  ) words (
    .clk   (clk),
    .rst_n (rst_n),
    .take_i(take),
    .word_o(next),
    .more_o(more)
  );

  always @(posedge clk) begin
    lfsr_q <= {lfsr_q[30:0], lfsr_q[31] ^ lfsr_q[21] ^ lfsr_q[1] ^ lfsr_q[0]};
    if (!rst_n) valid_o <= 1'b0;
    else if (!valid_o || ready_i) valid_o <= take;
    if (take) word_o <= next;
  end

endmodule

`resetall
