// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: clock, reset, back-pressure, and the end, when all samples are out or nothing happens any
// more.
//
//   +samples=N      the number of samples to wait for
//   +idle=N         in N of 256 cycles, the source is idle
//   +stall=N        in N of 256 cycles, the sink is not ready
//   +reset_at=N     a reset of one cycle in cycle N
//   +reset_word=N   a reset when layer +reset_layer=L has first read N words of its sweeps
module bench_control #(
  parameter        LAYERS = 1,       // layers of the core
  parameter [31:0] SEED   = 32'h2,   // seed of the random stalls, not 0
  parameter        LINGER = 64,      // cycles to watch for unexpected beats after the end
  parameter        QUIET  = 10000    // after so many cycles without activity, the core is stuck
) (
  output reg        clk,
  output reg        rst_n,
  output reg [63:0] cycle,
  output reg [7:0]  idle,
  output reg        ready,      // the sink is ready
  input  wire       active_i,   // something happens in the core
  input  wire       sample_i,   // a sample has left
  input  wire       busy_i,     // something else must be waited for
  input  wire [LAYERS-1:0] read_i,  // by layer: a word of a sweep is read
  output wire       settled,    // all samples have left
  output reg        finished,
  output reg        stuck
);

  integer    samples;
  integer    reset_at;
  integer    reset_word;
  integer    reset_layer;
  integer    words;     // words that this layer has read
  integer    stall;
  integer    seen;
  integer    quiet;
  integer    over;      // cycles since the run was finished
  reg [31:0] lfsr_q;

  initial begin
    clk      = 1'b0;
    rst_n    = 1'b0;
    cycle    = 64'd0;
    ready    = 1'b0;
    finished = 1'b0;
    stuck    = 1'b0;
    words    = 0;
    seen     = 0;
    quiet    = 0;
    over     = 0;
    lfsr_q   = SEED;
    if (!$value$plusargs("samples=%d", samples)) samples = 1;
    if (!$value$plusargs("idle=%d", idle)) idle = 8'd0;
    if (!$value$plusargs("stall=%d", stall)) stall = 0;
    if (!$value$plusargs("reset_at=%d", reset_at)) reset_at = 0;
    if (!$value$plusargs("reset_word=%d", reset_word)) reset_word = 0;
    if (!$value$plusargs("reset_layer=%d", reset_layer)) reset_layer = 0;
  end

  wire word = words != reset_word && rst_n && read_i[reset_layer] === 1'b1;

  assign settled = seen >= samples;

  always #1 clk = !clk;

  always @(posedge clk) begin
    cycle  <= cycle + 64'd1;
    lfsr_q <= {lfsr_q[30:0], lfsr_q[31] ^ lfsr_q[21] ^ lfsr_q[1] ^ lfsr_q[0]};
    ready  <= lfsr_q[7:0] >= stall;
    words  <= words + word;
    rst_n  <= cycle >= 64'd2 && (cycle != reset_at || reset_at == 0)
           && !(word && words + 1 == reset_word);
    seen   <= !rst_n ? 0 : seen + (sample_i === 1'b1);
    quiet  <= active_i === 1'b1 || !rst_n ? 0 : quiet + 1;  // an x is not activity
    if (quiet == QUIET) begin
      $display("ASSERT %m: nothing has moved for %0d cycles", QUIET);
      stuck <= 1'b1;
    end
    if (quiet == QUIET || (settled && quiet >= LINGER && !busy_i)) finished <= 1'b1;
    // The test that waits for the end stops the simulation; without one, it would go on for ever.
    if (finished) over <= over + 1;
    if (over == LINGER) $finish;
  end

endmodule

`resetall
