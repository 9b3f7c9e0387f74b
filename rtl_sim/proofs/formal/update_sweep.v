// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_update over sweeps of two words: each result follows docs/semantics.md from the
// membrane that the same word had after the step before, and the results come in order, once, with
// their marks.
//
// The leak is cut out (leak_free.v): it must be given the right membrane, and whatever it gives is
// what the specification goes on with. Biases and thresholds are arbitrary (rom_const.v). Currents
// are any for which p and the membrane fit their widths. neuron_update.v shows that the leak is the
// right one, and that p and the membrane fit for all currents that the weights allow. Sweeps may
// start and wait at any time.
module update_sweep #(
  parameter       LATENCY        = 7,    // cycles from step_next_o to current_i
  parameter       READ_AT        = 4,    // cycles from step_next_o to the read of v
  parameter       DELAY          = 3,    // cycles from current_i to the result
  parameter       SLOTS          = 6,    // cycles from one sweep to the next, at least
  parameter       WIDE           = 32,   // holds all numbers
  parameter       CURRENT_BITS   = 12,
  parameter       BIAS_BITS      = 8,
  parameter       THRESHOLD_BITS = 8,
  parameter       P_BITS         = 12,
  parameter       V_BITS         = 10,
  parameter       LEAK_BITS      = 12,
  parameter       K              = 2,
  parameter       M              = 1,    // tau = M / 2**K
  parameter [10:0] PLUS          = 11'b1,
  parameter [10:0] MINUS         = 11'b0,
  parameter       TERNARY        = 1,
  parameter       SOFT_RESET     = 0,
  parameter       READOUT        = 0,
  parameter       NO_MEMORY      = 0,
  parameter       ONE_STEP       = 0     // samples have one time step
) (
  input wire                           clk,
  input wire                           rst_n,
  input wire                           step_valid_i,
  input wire                           step_last_i,
  input wire signed [CURRENT_BITS-1:0] current_i,
  input wire                           room_i
);

  wire                     step_next;
  wire                     word_valid;
  wire                     fire;
  wire                     neg;
  wire signed [V_BITS-1:0] v;
  wire                     step_end;
  wire                     last;
  wire                     spend;

  trispike_update #(
    .WORDS         (2),
    .ROWS          (2),
    .SLICE         (1),
    .LATENCY       (LATENCY),
    .CURRENT_BITS  (CURRENT_BITS),
    .BIAS_BITS     (BIAS_BITS),
    .THRESHOLD_BITS(THRESHOLD_BITS),
    .P_BITS        (P_BITS),
    .V_BITS        (V_BITS),
    .LEAK_BITS     (LEAK_BITS),
    .K             (K),
    .PLUS          (PLUS),
    .MINUS         (MINUS),
    .TERNARY       (TERNARY),
    .SOFT_RESET    (SOFT_RESET),
    .READOUT       (READOUT),
    .NO_MEMORY     (NO_MEMORY)
  ) dut (
    .clk         (clk),
    .rst_n       (rst_n),
    .step_valid_i(step_valid_i),
    .step_last_i (step_last_i),
    .step_next_o (step_next),
    .current_i   (current_i),
    .word_valid_o(word_valid),
    .fire_o      (fire),
    .neg_o       (neg),
    .v_o         (v),
    .step_end_o  (step_end),
    .last_o      (last),
    .spend_o     (spend),
    .room_i      (room_i)
  );

  (* keep, peek = "dut.biases.contents" *) wire [2*BIAS_BITS-1:0] biases;
  (* keep, peek = "dut.has_thresholds.thresholds.contents", unless = "READOUT" *)
  wire [2*THRESHOLD_BITS-1:0] thresholds;
  (* keep, peek = "dut.membranes.v_mem[0]", unless = "NO_MEMORY" *)
  wire signed [V_BITS-1:0] memory_0;
  (* keep, peek = "dut.membranes.v_mem[1]", unless = "NO_MEMORY" *)
  wire signed [V_BITS-1:0] memory_1;
  (* keep, peek = "dut.lane[0].leak.v_i" *) wire signed [V_BITS-1:0] operand;
  (* keep, peek = "dut.lane[0].leak.leak_o" *) wire signed [V_BITS-1:0] leaked;
  (* keep, peek = "dut.slot_q" *)   wire [$clog2(SLOTS)-1:0] slot;
  (* keep, peek = "dut.word_q" *)   wire read_word;
  (* keep, peek = "dut.row_q" *)    wire read_row;
  (* keep, peek = "dut.first_q" *)  wire read_first;

  // --- the engine's rules: its marker stays until all words have been read --------------------

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);

  reg word_q;   // the next word to be requested
  reg first_q;  // the sweep is in a sample's first step
  reg mark_q;   // mark of the sweep that has begun

  always @* assume (word_q == 0 || (step_valid_i && step_last_i == mark_q));
  always @* assume (ONE_STEP == 0 || step_last_i);

  always @(posedge clk) begin
    if (!rst_n) begin
      word_q  <= 1'b0;
      first_q <= 1'b1;
    end else if (step_next) begin
      word_q <= !word_q;
      if (word_q) first_q <= step_last_i;
    end
    mark_q <= step_last_i;
  end

  always @(posedge clk) begin
    if (rst_n && step_next) asked: assert (step_valid_i && (room_i || !spend));
    if (rst_n) spent: assert (spend == (step_next && (READOUT == 0 || step_last_i)));
  end

  // --- words on their way: the newest lowest --------------------------------------------------

  localparam ALL = LATENCY + DELAY;

  reg [ALL-1:0]                valid_q;
  reg [ALL-1:0]                words_q;
  reg [ALL-1:0]                firsts_q;
  reg [ALL-1:0]                lasts_q;
  reg [DELAY*CURRENT_BITS-1:0] currents_q;
  reg [DELAY*V_BITS-1:0]       operands_q;  // of the leak, in the cycle of the current
  reg [DELAY*V_BITS-1:0]       leaks_q;

  always @(posedge clk) begin
    if (!rst_n) valid_q <= {ALL{1'b0}};
    else valid_q <= {valid_q, step_next};
    words_q    <= {words_q, word_q};
    firsts_q   <= {firsts_q, first_q};
    lasts_q    <= {lasts_q, step_last_i};
    currents_q <= {currents_q, current_i};
    operands_q <= {operands_q, operand};
    leaks_q    <= {leaks_q, leaked};
  end

  // --- the specification, when the result is there --------------------------------------------

  localparam signed [WIDE-1:0] ZERO = 0;

  reg [WIDE-1:0] v_q [0:1];
  reg [1:0]      known_q;

  wire                             due      = valid_q[ALL-1];
  wire                             word     = words_q[ALL-1];
  wire                             first    = firsts_q[ALL-1];
  wire signed [CURRENT_BITS-1:0]   current  = currents_q[DELAY*CURRENT_BITS-1-:CURRENT_BITS];
  wire signed [BIAS_BITS-1:0]      bias     = biases[word*BIAS_BITS+:BIAS_BITS];
  wire signed [THRESHOLD_BITS-1:0] level    = thresholds[word*THRESHOLD_BITS+:THRESHOLD_BITS];
  wire signed [V_BITS-1:0]         leak_of  = operands_q[DELAY*V_BITS-1-:V_BITS];
  wire signed [V_BITS-1:0]         leak_is  = leaks_q[DELAY*V_BITS-1-:V_BITS];
  wire signed [WIDE-1:0]           before   = v_q[word];
  wire                             zero     = first || NO_MEMORY != 0;
  wire signed [WIDE-1:0]           leak_v   = zero ? ZERO : leak_is;
  wire signed [WIDE-1:0]           drive    = current + bias;
  wire signed [WIDE-1:0]           p        = leak_v + drive;
  wire                             s_plus   = READOUT == 0 && p >= level;
  wire                             s_minus  = READOUT == 0 && TERNARY != 0 && p <= -level;
  wire signed [WIDE-1:0]           v_soft   = s_plus ? p - level : s_minus ? p + level : p;
  wire signed [WIDE-1:0]           v_hard   = s_plus || s_minus ? ZERO : p;
  wire signed [WIDE-1:0]           v_spec   = SOFT_RESET != 0 ? v_soft : v_hard;
  wire signed [P_BITS-1:0]         drive_as = drive;
  wire signed [P_BITS-1:0]         p_as     = p;
  wire signed [V_BITS-1:0]         v_as     = v_spec;
  wire signed [THRESHOLD_BITS-1:0] level_0  = thresholds[0+:THRESHOLD_BITS];
  wire signed [THRESHOLD_BITS-1:0] level_1  = thresholds[THRESHOLD_BITS+:THRESHOLD_BITS];

  always @* assume (!due || (drive_as == drive && p_as == p && v_as == v_spec));
  always @* assume (READOUT != 0 || (level_0 >= 1 && level_1 >= 1));

  always @(posedge clk) begin
    if (!rst_n) known_q <= 2'b0;
    else if (due) begin
      v_q[word]     <= v_spec;
      known_q[word] <= 1'b1;
    end
  end

  // Nothing is to be kept where the leak is 0 or no step follows.
  always @* kept: assert (NO_MEMORY == 0 || ONE_STEP != 0 || M == 0);

  always @(posedge clk) begin
    if (rst_n) results_in_time: assert (word_valid == due);
    if (rst_n && due) begin
      operands: assert (zero || leak_of == before);
      membrane: assert (v == v_spec);
      marks:    assert (step_end == word && last == lasts_q[ALL-1]);
      if (READOUT == 0) spikes: assert (fire == (s_plus || s_minus) && neg == s_minus);
    end
  end

  generate
    if (NO_MEMORY != 0) begin : alone
      always @(posedge clk) second_step: cover (rst_n && due && word && known_q[1]);
    end else begin : membranes
      always @(posedge clk)
        second_step: cover (rst_n && due && !first && before < 0 && leak_v != 0 && word);
    end
  endgenerate

  // --- invariants -----------------------------------------------------------------------------

  // The oldest word that was requested and not read yet is the next one to be read.
  reg       next_word;
  reg       next_first;
  reg [1:0] begins;  // each word's oldest request, or else its next one, is of a first step
  reg       rested;  // after the last word nothing is requested until SLOTS are over
  integer   n;

  always @* begin
    next_word  = word_q;
    next_first = first_q;
    begins     = {first_q, first_q && !word_q};
    for (n = 0; n < READ_AT; n = n + 1) begin
      if (valid_q[n]) begin
        next_word  = words_q[n];
        next_first = firsts_q[n];
      end
    end
    rested = 1'b1;
    for (n = 0; n < SLOTS - 2; n = n + 1) begin
      if (valid_q[n] && words_q[n] && slot != n + 2) rested = 1'b0;
    end
    for (n = 0; n < ALL; n = n + 1) begin
      if (valid_q[n]) begins[words_q[n]] = firsts_q[n];
    end
  end

  always @(posedge clk) begin
    if (rst_n) begin
      slots:  assert (word_q ? slot == 1 : slot != 1);
      rests:  assert (rested);
      reads:  assert (read_word == next_word && read_row == next_word && read_first == next_first);
      known:  assert ((known_q | begins) == 2'b11);
      if (NO_MEMORY == 0 && known_q[0]) stored_0: assert (memory_0 == $signed(v_q[0]));
      if (NO_MEMORY == 0 && known_q[1]) stored_1: assert (memory_1 == $signed(v_q[1]));
    end
  end

endmodule

`resetall
