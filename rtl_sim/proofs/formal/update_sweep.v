// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_update: each result follows docs/semantics.md from the membrane that the same word had
// after the step before, and the results come in order, once, with their marks.
//
// The proof follows any one word of the sweep. The memory of membranes has the one word of it
// (one_word.v), those of biases and thresholds the one row (rom_place.v), so their depth does not
// matter. A word is one neuron. The leak is cut out (leak_free.v): it must be given the right
// membrane, and whatever it gives is what the specification goes on with. Currents are any for
// which p and the membrane fit their widths. neuron_update.v shows that the leak is the right one,
// and that p and the membrane fit for all currents that the weights allow. Sweeps may start and
// wait at any time.
module update_sweep #(
  parameter       LATENCY        = 7,    // cycles from step_next_o to current_i
  parameter       READ_AT        = 5,    // cycles from step_next_o to the read of v
  parameter       DELAY          = 3,    // cycles from current_i to the result
  parameter       WORDS          = 2,    // words of a sweep
  parameter       ROWS           = 2,    // words of a position
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
  parameter       PARITY         = 0,    // 1: words of memories have a parity bit, the highest
  parameter       ONE_STEP       = 0     // samples have one time step
) (
  input wire                           clk,
  input wire                           rst_n,
  input wire                           step_valid_i,
  input wire                           step_last_i,
  input wire signed [CURRENT_BITS-1:0] current_i,
  input wire                           room_i
);

  localparam SLOTS     = WORDS > 6 ? WORDS : 6;  // cycles from one sweep to the next, at least
  localparam SLOT_BITS = $clog2(SLOTS);
  localparam WORD_BITS = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam ROW_BITS  = ROWS > 1 ? $clog2(ROWS) : 1;
  localparam BITS      = SLOT_BITS + 2;          // holds sums of two places

  wire                     step_next;
  wire                     word_valid;
  wire                     fire;
  wire                     neg;
  wire signed [V_BITS-1:0] v;
  wire                     step_end;
  wire                     last;
  wire                     spend;

  trispike_update #(
    .WORDS         (WORDS),
    .ROWS          (ROWS),
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
    .NO_MEMORY     (NO_MEMORY),
    .PARITY        (PARITY)
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

  (* keep, peek = "dut.biases.place" *)   wire        [ROW_BITS-1:0]  bias_row;
  (* keep, peek = "dut.biases.content" *) wire [BIAS_BITS+PARITY-1:0] bias_word;
  (* keep, peek = "dut.has_thresholds.thresholds.place", unless = "READOUT" *)
  wire [ROW_BITS-1:0] level_row;
  (* keep, peek = "dut.has_thresholds.thresholds.content", unless = "READOUT" *)
  wire [THRESHOLD_BITS+PARITY-1:0] level_word;
  (* keep, peek = "dut.membranes.v_mem.place", unless = "NO_MEMORY" *)
  wire [WORD_BITS-1:0] place;
  (* keep, peek = "dut.membranes.v_mem.word", unless = "NO_MEMORY" *)
  wire [V_BITS+PARITY-1:0] stored_word;
  (* keep, peek = "dut.lane[0].leak.v_i" *) wire signed [V_BITS-1:0] operand;
  (* keep, peek = "dut.lane[0].leak.leak_o" *) wire signed [V_BITS-1:0] leaked;
  (* keep, peek = "dut.slot_q" *)   wire [SLOT_BITS-1:0] slot;
  (* keep, peek = "dut.word_q" *)   wire [WORD_BITS-1:0] read_word;
  (* keep, peek = "dut.row_q" *)    wire [ROW_BITS-1:0]  read_row;
  (* keep, peek = "dut.first_q" *)  wire read_first;

  wire signed [BIAS_BITS-1:0]      bias   = bias_word[BIAS_BITS-1:0];
  wire signed [THRESHOLD_BITS-1:0] level  = level_word[THRESHOLD_BITS-1:0];
  wire signed [V_BITS-1:0]         stored = stored_word[V_BITS-1:0];

  // --- the word that is followed ---------------------------------------------------------------

  (* anyconst *) wire [BITS-1:0] word;
  (* anyconst *) wire [BITS-1:0] row;
  (* anyconst *) wire [BITS-1:0] position;

  always @* begin
    assume (word == position * ROWS + row && row < ROWS && position < WORDS / ROWS);
    assume (bias_row == row);
    if (READOUT == 0) assume (level_row == row);
    if (NO_MEMORY == 0) assume (place == word);
  end

  // --- the engine's rules: its marker stays until all words have been read --------------------

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);

  reg [BITS-1:0] word_q;  // the next word to be requested
  reg first_q;  // the sweep is in a sample's first step
  reg mark_q;   // mark of the sweep that has begun

  always @* assume (word_q == 0 || (step_valid_i && step_last_i == mark_q));
  always @* assume (ONE_STEP == 0 || step_last_i);

  always @(posedge clk) begin
    if (!rst_n) begin
      word_q  <= 0;
      first_q <= 1'b1;
    end else if (step_next) begin
      word_q <= word_q == WORDS - 1 ? 0 : word_q + 1;
      if (word_q == WORDS - 1) first_q <= step_last_i;
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
  reg [ALL-1:0]                mine_q;   // the word that is followed
  reg [ALL-1:0]                ends_q;   // the last word of its sweep
  reg [ALL-1:0]                firsts_q;
  reg [ALL-1:0]                lasts_q;
  reg [DELAY*CURRENT_BITS-1:0] currents_q;
  reg [DELAY*V_BITS-1:0]       operands_q;  // of the leak, in the cycle of the current
  reg [DELAY*V_BITS-1:0]       leaks_q;

  always @(posedge clk) begin
    if (!rst_n) valid_q <= {ALL{1'b0}};
    else valid_q <= {valid_q, step_next};
    mine_q     <= {mine_q, word_q == word};
    ends_q     <= {ends_q, word_q == WORDS - 1};
    firsts_q   <= {firsts_q, first_q};
    lasts_q    <= {lasts_q, step_last_i};
    currents_q <= {currents_q, current_i};
    operands_q <= {operands_q, operand};
    leaks_q    <= {leaks_q, leaked};
  end

  // --- the specification, when the result is there --------------------------------------------

  localparam signed [WIDE-1:0] ZERO = 0;

  reg [WIDE-1:0] v_q;
  reg            known_q;

  wire                             due      = valid_q[ALL-1];
  wire                             mine     = due && mine_q[ALL-1];
  wire                             first    = firsts_q[ALL-1];
  wire signed [CURRENT_BITS-1:0]   current  = currents_q[DELAY*CURRENT_BITS-1-:CURRENT_BITS];
  wire signed [V_BITS-1:0]         leak_of  = operands_q[DELAY*V_BITS-1-:V_BITS];
  wire signed [V_BITS-1:0]         leak_is  = leaks_q[DELAY*V_BITS-1-:V_BITS];
  wire signed [WIDE-1:0]           before   = v_q;
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

  always @* assume (!mine || (drive_as == drive && p_as == p && v_as == v_spec));
  always @* assume (READOUT != 0 || level >= 1);

  always @(posedge clk) begin
    if (!rst_n) known_q <= 1'b0;
    else if (mine) begin
      v_q     <= v_spec;
      known_q <= 1'b1;
    end
  end

  // Nothing is to be kept where the leak is 0 or no step follows.
  always @* dropped: assert (NO_MEMORY == 0 || ONE_STEP != 0 || M == 0);

  always @(posedge clk) begin
    if (rst_n) results_in_time: assert (word_valid == due);
    if (rst_n && due) marks: assert (step_end == ends_q[ALL-1] && last == lasts_q[ALL-1]);
    if (rst_n && mine) begin
      operands: assert (zero || leak_of == before);
      membrane: assert (v == v_spec);
      if (READOUT == 0) spikes: assert (fire == (s_plus || s_minus) && neg == s_minus);
    end
  end

  generate
    if (NO_MEMORY != 0) begin : alone
      always @(posedge clk) second_step: cover (rst_n && mine && word == 1 && known_q);
    end else begin : membranes
      always @(posedge clk)
        second_step: cover (rst_n && mine && !first && before < 0 && leak_v != 0 && word == 1);
    end
  endgenerate

  // --- invariants -----------------------------------------------------------------------------

  // Words are read in the order in which they were requested: those on their way are the last
  // `pending` ones.
  reg [BITS-1:0] pending;
  reg            next_first;
  reg            begins;  // the word's oldest request, or else its next one, is of a first step
  reg            ordered; // the words on their way are those before the next one
  reg [BITS-1:0] before_it;
  reg            rested;  // after the last word nothing is requested until SLOTS are over
  reg [BITS-1:0] position_q;  // of the word to be read
  integer        n, m;

  wire reads_now = valid_q[READ_AT-1];

  always @(posedge clk) begin
    if (!rst_n) position_q <= 0;
    else if (reads_now && read_row == ROWS - 1) begin
      position_q <= position_q == WORDS / ROWS - 1 ? 0 : position_q + 1;
    end
  end

  always @* begin
    pending    = 0;
    next_first = first_q;
    begins     = first_q && word_q <= word;
    for (n = 0; n < READ_AT; n = n + 1) begin
      if (valid_q[n]) begin
        pending    = pending + 1;
        next_first = firsts_q[n];
      end
    end
    rested = 1'b1;
    for (n = 0; n < ALL; n = n + 1) begin
      if (valid_q[n] && ends_q[n]) begin
        if (n < SLOTS - WORDS && slot != n + WORDS) rested = 1'b0;
        for (m = 1; m <= SLOTS - WORDS; m = m + 1) begin
          if (m <= n && valid_q[n-m]) rested = 1'b0;
        end
      end
    end
    ordered   = 1'b1;
    before_it = word_q;
    for (n = 0; n < ALL; n = n + 1) begin
      if (SLOTS > WORDS && valid_q[n]) begin
        before_it = before_it == 0 ? WORDS - 1 : before_it - 1;
        if (mine_q[n] != (before_it == word)) ordered = 1'b0;
        if (ends_q[n] != (before_it == WORDS - 1)) ordered = 1'b0;
      end
      if (valid_q[n] && mine_q[n]) begins = firsts_q[n];
    end
  end

  wire [BITS-1:0] sum = read_word + pending;

  always @(posedge clk) begin
    if (rst_n) begin
      slots:  assert (word_q < WORDS && slot < SLOTS
                      && (word_q != 0 ? slot == word_q : slot == 0 || slot >= WORDS));
      rests:  assert (rested && ordered);
      reads:  assert (word_q == (sum >= WORDS ? sum - WORDS : sum) && read_word < WORDS
                      && read_first == next_first);
      rows:   assert (read_word == position_q * ROWS + read_row && read_row < ROWS
                      && position_q < WORDS / ROWS);
      mine_:  assert ((read_word == word) == (position_q == position && read_row == row));
      known:  assert (known_q || begins);
      if (NO_MEMORY == 0 && known_q) kept: assert (stored == $signed(v_q));
      if (NO_MEMORY == 0 && known_q && PARITY != 0) even: assert (!(^stored_word));
    end
  end

endmodule

`resetall
