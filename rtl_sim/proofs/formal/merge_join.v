// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_merge between two engines and an update: a sweep goes on if both engines have their
// step. Both are asked for the same word of the same step, and what comes is the sum of what both
// say of it. Seen from behind, the merge keeps the rules of an engine, so that merges form a chain.
//
// In place of the engines stands what is assumed of one: a step stands until all of its WORDS
// words have been asked for, its mark is that of a sample's last step, and the current comes
// LATENCY cycles after it was asked for. The proof follows any one word of any one step, and any
// one lane.
module merge_join #(
  parameter SLICE   = 2,
  parameter A_BITS  = 4,
  parameter B_BITS  = 5,
  parameter BITS    = 6,
  parameter WORDS   = 3,   // words of a sweep
  parameter STEPS   = 2,   // time steps of a sample
  parameter LATENCY = 7    // cycles from a request to its current
) (
  input wire                    clk,
  input wire                    rst_n,
  input wire                    a_step_valid_i,
  input wire                    a_step_last_i,
  input wire [SLICE*A_BITS-1:0] a_current_i,
  input wire                    b_step_valid_i,
  input wire                    b_step_last_i,
  input wire [SLICE*B_BITS-1:0] b_current_i,
  input wire                    step_next_i
);

  wire                  a_step_next;
  wire                  b_step_next;
  wire                  step_valid;
  wire                  step_last;
  wire [SLICE*BITS-1:0] current;

  trispike_merge #(
    .SLICE (SLICE),
    .A_BITS(A_BITS),
    .B_BITS(B_BITS),
    .BITS  (BITS)
  ) dut (
    .clk           (clk),
    .rst_n         (rst_n),
    .a_step_valid_i(a_step_valid_i),
    .a_step_last_i (a_step_last_i),
    .a_step_next_o (a_step_next),
    .a_current_i   (a_current_i),
    .b_step_valid_i(b_step_valid_i),
    .b_step_last_i (b_step_last_i),
    .b_step_next_o (b_step_next),
    .b_current_i   (b_current_i),
    .step_valid_o  (step_valid),
    .step_last_o   (step_last),
    .step_next_i   (step_next_i),
    .current_o     (current)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  // --- both engines and the update: how far each is --------------------------------------------

  localparam A = 0, B = 1, U = 2;

  wire [2:0] asked = {step_next_i, b_step_next, a_step_next};

  (* anyconst *) wire [31:0] step;  // what is followed
  (* anyconst *) wire [31:0] word;

  reg [31:0] sample_q [0:2];  // samples that are done
  reg [31:0] step_q [0:2];    // steps of the sample that are done
  reg [31:0] word_q [0:2];    // words of the step that were asked for

  (* anyconst *) wire [31:0] sample;

  reg [LATENCY-1:0] due_q [0:2];  // the word that is followed was asked for, the newest lowest

  integer n;
  always @(posedge clk) begin
    for (n = 0; n < 3; n = n + 1) begin
      if (!rst_n) begin
        {sample_q[n], step_q[n], word_q[n]} <= 0;
        due_q[n] <= 0;
      end else begin
        due_q[n] <= {due_q[n], asked[n] && {sample_q[n], step_q[n], word_q[n]}
                                           == {sample, step, word}};
        if (asked[n]) begin
          word_q[n] <= word_q[n] == WORDS - 1 ? 0 : word_q[n] + 1;
          if (word_q[n] == WORDS - 1) begin
            step_q[n] <= step_q[n] == STEPS - 1 ? 0 : step_q[n] + 1;
            if (step_q[n] == STEPS - 1) sample_q[n] <= sample_q[n] + 1;
          end
        end
      end
    end
  end

  // --- the rules of the engines and of the update ----------------------------------------------

  always @* begin
    assume (word_q[A] == 0 || a_step_valid_i);
    assume (word_q[B] == 0 || b_step_valid_i);
    assume (a_step_last_i == (step_q[A] == STEPS - 1));
    assume (b_step_last_i == (step_q[B] == STEPS - 1));
    assume (!step_next_i || step_valid);
  end

  // --- the lane that is followed: what both say of the word ------------------------------------

  (* anyconst *) wire [31:0]              lane;
  (* anyconst *) wire signed [A_BITS-1:0] a_sum;
  (* anyconst *) wire signed [B_BITS-1:0] b_sum;

  wire signed [A_BITS-1:0] a_lane  = a_current_i >> (lane * A_BITS);
  wire signed [B_BITS-1:0] b_lane  = b_current_i >> (lane * B_BITS);
  wire signed [BITS-1:0]   c_lane  = current >> (lane * BITS);
  wire signed [BITS+1:0]   a_wide  = a_sum;
  wire signed [BITS+1:0]   b_wide  = b_sum;
  wire signed [BITS+1:0]   c_wide  = c_lane;

  always @* begin
    assume (lane < SLICE);
    assume (!due_q[A][LATENCY-1] || a_lane == a_sum);
    assume (!due_q[B][LATENCY-1] || b_lane == b_sum);
  end

  always @* begin
    if (rst_n && begun) begin
      both:    assert (step_valid == (a_step_valid_i && b_step_valid_i));
      allowed: assert (!a_step_next || a_step_valid_i);
      too:     assert (!b_step_next || b_step_valid_i);
      same:    assert (sample_q[A] == sample_q[U] && sample_q[B] == sample_q[U]
                       && step_q[A] == step_q[U] && step_q[B] == step_q[U]
                       && word_q[A] == word_q[U] && word_q[B] == word_q[U]);
      sum:     assert (!due_q[U][LATENCY-1] || c_wide == a_wide + b_wide);
      // as an engine
      stands:  assert (word_q[U] == 0 || step_valid);
      mark:    assert (!step_valid || step_last == (step_q[U] == STEPS - 1));
      second:  cover (due_q[U][LATENCY-1] && sample == 1 && word == 1 && a_sum < 0 && b_sum < 0);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  always @* begin
    if (rst_n && begun) begin
      in_step:  assert (word_q[U] < WORDS && step_q[U] < STEPS);
      together: assert (due_q[A] == due_q[U] && due_q[B] == due_q[U]);
    end
  end

endmodule

`resetall
