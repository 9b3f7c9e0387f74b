// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_interleave between the engines of a synapse and an update: a sweep begins when all
// engines have their step. It asks for the words of a map of HEIGHT rows and WIDTH columns, ROWS
// words at each position, and each is asked of the engine that has its column, as the next of that
// engine's own. What comes is what that engine says. Seen from behind, the module keeps the rules
// of an engine.
//
// In place of the engines stands what is assumed of one: a step stands until all of the engine's
// words have been asked for, its mark is that of a sample's last step, and the current comes
// LATENCY cycles after it was asked for. The proof follows any one word of any one step.
module interleave_sweep #(
  parameter ENGINES = 2,
  parameter WIDTH   = 3,
  parameter HEIGHT  = 2,
  parameter ROWS    = 2,
  parameter BITS    = 4,
  parameter STEPS   = 2,  // time steps of a sample
  parameter LATENCY = 7   // cycles from a request to its current
) (
  input wire                    clk,
  input wire                    rst_n,
  input wire [ENGINES-1:0]      step_valid_i,
  input wire [ENGINES-1:0]      step_last_i,
  input wire [ENGINES*BITS-1:0] current_i,
  input wire                    step_next_i
);

  wire [ENGINES-1:0] step_next;
  wire               step_valid;
  wire               step_last;
  wire [BITS-1:0]    current;

  trispike_interleave #(
    .ENGINES(ENGINES),
    .WIDTH  (WIDTH),
    .ROWS   (ROWS),
    .BITS   (BITS),
    .LATENCY(LATENCY)
  ) dut (
    .clk         (clk),
    .rst_n       (rst_n),
    .step_valid_i(step_valid_i),
    .step_last_i (step_last_i),
    .step_next_o (step_next),
    .current_i   (current_i),
    .step_valid_o(step_valid),
    .step_last_o (step_last),
    .step_next_i (step_next_i),
    .current_o   (current)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  // --- what is followed: word `row` at (y, column * ENGINES + engine) of a step ----------------

  (* anyconst *) wire [31:0]     sample;
  (* anyconst *) wire [31:0]     step;
  (* anyconst *) wire [31:0]     y;
  (* anyconst *) wire [31:0]     column;
  (* anyconst *) wire [31:0]     engine;
  (* anyconst *) wire [31:0]     row;
  (* anyconst *) wire [BITS-1:0] said;  // what its engine says of it

  always @* begin
    assume (y < HEIGHT && engine < ENGINES && row < ROWS);
    assume (column < WIDTH && column * ENGINES + engine < WIDTH);
  end

  // --- the update: how far it is ---------------------------------------------------------------

  reg [31:0] sample_q;  // samples that are done
  reg [31:0] step_q;    // steps of the sample that are done
  reg [31:0] y_q;
  reg [31:0] column_q;  // x = column * ENGINES + turn
  reg [31:0] turn_q;
  reg [31:0] row_q;
  reg [LATENCY-1:0] due_q;  // the word that is followed was asked for, the newest lowest

  wire [31:0] x = column_q * ENGINES + turn_q;

  wire first   = {y_q, column_q, turn_q, row_q} == 0;
  wire row_end = row_q == ROWS - 1;
  wire x_end   = x == WIDTH - 1;
  wire y_end   = y_q == HEIGHT - 1;
  wire s_end   = step_q == STEPS - 1;
  wire is_it   = {sample_q, step_q, y_q, column_q, turn_q, row_q}
              == {sample, step, y, column, engine, row};

  always @(posedge clk) begin
    if (!rst_n) begin
      {sample_q, step_q, y_q, column_q, turn_q, row_q} <= 0;
      due_q <= 0;
    end else begin
      due_q <= {due_q, step_next_i && is_it};
      if (step_next_i) begin
        row_q <= row_end ? 0 : row_q + 1;
        if (row_end) begin
          turn_q   <= x_end || turn_q == ENGINES - 1 ? 0 : turn_q + 1;
          column_q <= x_end ? 0 : turn_q == ENGINES - 1 ? column_q + 1 : column_q;
          if (x_end) y_q <= y_end ? 0 : y_q + 1;
          if (x_end && y_end) step_q <= s_end ? 0 : step_q + 1;
          if (x_end && y_end && s_end) sample_q <= sample_q + 1;
        end
      end
    end
  end

  always @* assume (!step_next_i || step_valid);

  // --- the engines: how far each is, and their rules -------------------------------------------

  genvar n;
  generate
    for (n = 0; n < ENGINES; n = n + 1) begin : each
      localparam COLUMNS = (WIDTH - n + ENGINES - 1) / ENGINES;
      localparam WORDS   = HEIGHT * COLUMNS * ROWS;

      reg [31:0] own_sample_q;
      reg [31:0] own_step_q;
      reg [31:0] word_q;     // words of the step that were asked for
      reg        stood_q;    // its step stood, and still has words
      reg [LATENCY-1:0] own_due_q;

      wire own_end   = word_q == WORDS - 1;
      wire own_is_it = {own_sample_q, own_step_q, word_q}
                    == {sample, step, (y * COLUMNS + column) * ROWS + row} && engine == n;

      always @(posedge clk) begin
        if (!rst_n) begin
          {own_sample_q, own_step_q, word_q} <= 0;
          {stood_q, own_due_q} <= 0;
        end else begin
          stood_q   <= step_valid_i[n] && !(step_next[n] && own_end);
          own_due_q <= {own_due_q, step_next[n] && own_is_it};
          if (step_next[n]) begin
            word_q <= own_end ? 0 : word_q + 1;
            if (own_end) own_step_q <= own_step_q == STEPS - 1 ? 0 : own_step_q + 1;
            if (own_end && own_step_q == STEPS - 1) own_sample_q <= own_sample_q + 1;
          end
        end
      end

      always @* begin
        assume (!stood_q || step_valid_i[n]);
        assume (step_last_i[n] == (own_step_q == STEPS - 1));
        assume (!own_due_q[LATENCY-1] || current_i[n*BITS+:BITS] == said);
      end

      // Its own columns that the sweep is through with in this row, and words in the step.
      wire [31:0] through = column_q + (turn_q > n);
      wire [31:0] words   = (y_q * COLUMNS + through) * ROWS + (turn_q == n ? row_q : 0);
      wire        passed  = words == WORDS;  // all of this step

      always @* begin
        if (rst_n && begun) begin
          assert (!step_next[n] || step_valid_i[n]);
          assert (!step_next_i || !first || step_valid_i[n]);
          assert (step_next[n] == (step_next_i && turn_q == n));
          assert (!step_next[n] || (own_sample_q == sample_q && own_step_q == step_q
                                    && word_q == words));
          // invariants
          assert (passed ? word_q == 0 : word_q == words && own_step_q == step_q
                                         && own_sample_q == sample_q);
          assert (!passed || (own_step_q == (s_end ? 0 : step_q + 1)
                              && own_sample_q == sample_q + s_end));
          assert (first || passed || stood_q);
          assert (engine == n ? own_due_q == due_q : own_due_q == 0);
        end
      end
    end
  endgenerate

  always @* begin
    if (rst_n && begun) begin
      word:   assert (!due_q[LATENCY-1] || current == said);
      // as an engine
      all:    assert (!first || step_valid == &step_valid_i);
      stands: assert (first || step_valid);
      mark:   assert (!step_valid || step_last == s_end);
      second: cover (due_q[LATENCY-1] && sample == 1 && y == 1 && column == 1 && row == 1);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  localparam ENGINE_BITS = $clog2(ENGINES);
  localparam COLUMN_BITS = $clog2(WIDTH);
  localparam ROW_BITS    = ROWS > 1 ? $clog2(ROWS) : 1;

  (* keep, peek = "dut.engine_q" *) wire [ENGINE_BITS-1:0]         dut_engine;
  (* keep, peek = "dut.column_q" *) wire [COLUMN_BITS-1:0]         dut_column;
  (* keep, peek = "dut.row_q" *)    wire [ROW_BITS-1:0]            dut_row;
  (* keep, peek = "dut.turns_q" *)  wire [LATENCY*ENGINE_BITS-1:0] dut_turns;

  integer k;
  always @* begin
    if (rst_n && begun) begin
      in_step: assert (row_q < ROWS && turn_q < ENGINES && column_q < WIDTH && x < WIDTH
                       && y_q < HEIGHT && step_q < STEPS);
      where:   assert (dut_engine == turn_q && dut_column == x && dut_row == row_q);
      for (k = 0; k < LATENCY; k = k + 1)
        assert (!due_q[k] || dut_turns[k*ENGINE_BITS+:ENGINE_BITS] == engine);
    end
  end

endmodule

`resetall
