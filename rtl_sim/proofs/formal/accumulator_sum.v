// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_accumulators: no sum of legal events overflows, whatever their order and spacing.
//
// The proof follows one lane of one word, which is any of WORDS. Weights are free (rom_free.v),
// but the additions of a step's events to the lane amount to at most UP, and the subtractions to
// at most DOWN; these bounds come from the build's own weight rows. Two ghost counters, up and
// down, add both without overflow. At all times the accumulator is their difference, and a current
// is what this was when the word was taken last. The invariant of the induction is that the memory
// and the word that was taken hold these differences.
module accumulator_sum #(
  parameter LATENCY     = 6,   // cycles from an operation to its current
  parameter WEIGHT_AT   = 1,   // cycles from an operation to its weight out of the memory
  parameter STORE_AT    = 5,   // cycles from an operation to its sum in the memory
  parameter WIDE        = 32,  // holds UP + DOWN << SHIFT and any term
  parameter UP          = 100,
  parameter DOWN        = 100,
  parameter PACKED      = 0,
  parameter DIGIT_BITS  = 0,
  parameter DIGIT_WIRES = 1,
  parameter W_BITS      = 8,
  parameter ACC_BITS    = 12,
  parameter SHIFT       = 0,
  parameter MEMORY      = 2,   // kind of the accumulators' memory
  parameter ONE_WORD    = 0,   // 1: MEMORY is 0, which has one word instead of two
  parameter PARITY      = 0    // 1: words of weights have a parity bit, the highest
) (
  input wire                   clk,
  input wire                   rst_n,
  input wire                   add_i,
  input wire                   read_i,
  input wire                   clear_i,
  input wire                   neg_i,
  input wire [DIGIT_WIRES-1:0] digit_i,
  input wire                   word_i,
  input wire                   slice_i,
  input wire                   lane_i
);

  localparam WEIGHTS = PACKED != 0 ? 1 : 2;

  wire signed [ACC_BITS+SHIFT-1:0] current;

  trispike_accumulators #(
    .WORDS      (ONE_WORD != 0 ? 1 : 2),
    .ROWS       (2),
    .LANES      (2),
    .SLICE      (1),
    .WORD_BITS  (1),
    .ROW_BITS   (1),
    .SLICE_BITS (1),
    .LANE_BITS  (1),
    .PACKED     (PACKED),
    .DIGIT_BITS (DIGIT_BITS),
    .DIGIT_WIRES(DIGIT_WIRES),
    .W_BITS     (W_BITS),
    .ACC_BITS   (ACC_BITS),
    .SHIFT      (SHIFT),
    .MEMORY     (MEMORY),
    .PARITY     (PARITY)
  ) dut (
    .clk      (clk),
    .rst_n    (rst_n),
    .add_i    (add_i),
    .read_i   (read_i),
    .clear_i  (clear_i),
    .neg_i    (neg_i),
    .digit_i  (digit_i),
    .row_i    (1'b0),
    .word_i   (word_i),
    .slice_i  (slice_i),
    .lane_i   (lane_i),
    .current_o(current)
  );

  // The proof follows lane 1, which is slice 1, of either word.
  (* anyconst *) wire word;

  (* keep, peek = "dut.weights.bank[0].words.data_o" *)
  wire [WEIGHTS*W_BITS+PARITY-1:0] weights;
  (* keep, peek = "dut.lane[1].mem[0]" *) wire [ACC_BITS-1:0] memory_0;
  (* keep, peek = "dut.lane[1].mem[1]", unless = "ONE_WORD" *) wire [ACC_BITS-1:0] memory_1;
  (* keep, peek = "dut.fresh_q", unless = "ONE_WORD" *) wire [1:0] fresh;
  (* keep, peek = "dut.lane5_q" *) wire [2*ACC_BITS-1:0] lanes;

  wire                       forgotten = MEMORY == 1 && fresh[word];
  wire signed [ACC_BITS-1:0] memory    = forgotten ? {ACC_BITS{1'b0}} : word ? memory_1 : memory_0;

  always @* assume (ONE_WORD == 0 || !(word || word_i));

  // The engine's rules: an addition comes when no word is taken or cleared. Where MEMORY is 1, a
  // word that was written rests for a cycle.
  wire take_i = read_i && !slice_i;

  reg [WEIGHT_AT:0] begun_q = 0;
  wire              begun   = begun_q[0];
  always @(posedge clk) begun_q <= {begun_q, 1'b1};
  always @* assume (rst_n == begun);
  always @* assume (!add_i || !(take_i || clear_i));
  always @* assume (DIGIT_BITS > 0 || digit_i == 0);

  reg wrote_q, wrote_word_q;
  always @(posedge clk) {wrote_q, wrote_word_q} <= {rst_n && (add_i || clear_i), word_i};
  always @* assume (MEMORY != 1 || !wrote_q || word_i != wrote_word_q
                    || !(add_i || take_i || clear_i));

  // --- ghost counters: they follow an operation once its weight is there -----------------------

  localparam FIELDS = 7 + DIGIT_WIRES;

  wire                        mine_word = word_i == word;
  wire                        mine      = mine_word && (PACKED == 0 || lane_i);
  wire [FIELDS-1:0]           operation = {add_i, take_i, read_i && slice_i, clear_i, neg_i,
                                           digit_i, mine_word, mine};
  reg  [WEIGHT_AT*FIELDS-1:0] operations_q;

  always @(posedge clk) operations_q <= {operations_q, operation};

  wire                   add, take, read, clear, neg, of_word, of_lane;
  wire [DIGIT_WIRES-1:0] digit;

  assign {add, take, read, clear, neg, digit, of_word, of_lane} =
    begun_q[WEIGHT_AT] ? operations_q[WEIGHT_AT*FIELDS-1-:FIELDS] : {FIELDS{1'b0}};

  reg            known_q;  // it was cleared since the reset
  reg [WIDE-1:0] up_q;
  reg [WIDE-1:0] down_q;
  reg            taken_q;  // the word that was taken last is this one, and was known
  reg [WIDE-1:0] took_q;   // its sum then

  wire signed [W_BITS-1:0] weight = weights[(WEIGHTS-1)*W_BITS+:W_BITS];
  wire signed [WIDE-1:0]   wide   = weight;
  wire signed [WIDE-1:0]   term   = neg ? -(wide <<< digit) : wide <<< digit;
  wire [WIDE-1:0]          up     = up_q + (add && of_lane && term > 0 ? term : {WIDE{1'b0}});
  wire [WIDE-1:0]          down   = down_q + (add && of_lane && term < 0 ? -term : {WIDE{1'b0}});
  wire signed [WIDE-1:0]   sum    = up_q - down_q;  // sum before the operation

  always @* assume (up <= UP && down <= DOWN);

  always @(posedge clk) begin
    if (!begun_q[WEIGHT_AT]) begin
      known_q <= 1'b0;
      taken_q <= 1'b0;
      up_q    <= {WIDE{1'b0}};
      down_q  <= {WIDE{1'b0}};
    end else begin
      if (clear && of_word) known_q <= 1'b1;
      if (take) taken_q <= known_q && of_word;
      if (take) took_q <= sum;
      up_q   <= clear && of_word ? {WIDE{1'b0}} : up;
      down_q <= clear && of_word ? {WIDE{1'b0}} : down;
    end
  end

  // --- the rest of the pipeline ---------------------------------------------------------------

  localparam STORED = STORE_AT - 1 - WEIGHT_AT;  // cycles from the ghost counters to the memory
  localparam READ   = LATENCY - WEIGHT_AT;       // cycles from the ghost counters to the current

  reg [READ*WIDE-1:0] sums_q;   // sums before each operation, the newest lowest
  reg [READ-1:0]      knows_q;
  reg [READ*WIDE-1:0] took_before_q;
  reg [READ-1:0]      taken_before_q;
  reg [READ-1:0]      due_q;    // reads of the lane that is followed

  wire signed [WIDE-1:0]     stored   = sums_q[STORED*WIDE-1-:WIDE];
  wire signed [WIDE-1:0]     took     = took_before_q[STORED*WIDE-1-:WIDE];
  wire signed [WIDE-1:0]     expected = took_before_q[READ*WIDE-1-:WIDE] <<< SHIFT;
  wire signed [ACC_BITS-1:0] lane     = lanes[ACC_BITS+:ACC_BITS];

  always @(posedge clk) begin
    sums_q  <= {sums_q, sum};
    took_before_q <= {took_before_q, took_q};
    knows_q <= begun ? {knows_q, known_q} : {READ{1'b0}};
    taken_before_q <= begun ? {taken_before_q, taken_q} : {READ{1'b0}};
    due_q   <= begun ? {due_q, read && taken_q} : {READ{1'b0}};
  end

  always @(posedge clk) begin
    if (begun && knows_q[STORED-1]) stored_is_sum: assert (memory == stored);
    if (begun && taken_before_q[STORED-1]) lane_is_sum: assert (lane == took);
    if (begun && due_q[READ-1]) current_is_sum: assert (current == expected);
    read_while_full: cover (begun && due_q[READ-1] && expected != 0);
  end

endmodule

`resetall
