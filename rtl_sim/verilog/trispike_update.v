// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The end of a time step: sweeps over a layer's neurons, SLICE per cycle, and updates each of
// them.
//
//   p = leak(v) + current + bias, fire, reset           (spiking; trispike_neuron)
//   v = leak(v) + current + bias                        (readout)
//
// A sweep starts when the engine's marker is at its head. A word whose results are to be kept sets
// out only if the buffers behind have room for it. So nothing in the pipeline ever waits, and no
// result is lost. In the first step of a sample, v counts as 0 without being cleared; if nothing of
// v reaches another step, it is not stored at all. Bias and threshold belong to a channel: their
// words are those of one position of the map and start again at the next position.
module trispike_update #(
  parameter       WORDS          = 16,   // words per sweep
  parameter       ROWS           = 4,    // words per position; WORDS is a multiple
  parameter       SLICE          = 4,    // neurons per word, updated in one cycle
  parameter       LATENCY        = 7,    // cycles from step_next_o to current_i, >= 4
  parameter       CURRENT_BITS   = 12,   // bits of a neuron's current
  parameter       BIAS_BITS      = 8,    // bits of a bias
  parameter       THRESHOLD_BITS = 8,    // bits of a threshold
  parameter       P_BITS         = 12,   // bits of p, +v_threshold and -v_threshold
  parameter       V_BITS         = 10,   // bits of a membrane
  parameter       LEAK_BITS      = 12,   // bits of the leak's shift-and-add: V_BITS + K
  parameter       K              = 2,    // tau = m / 2**K
  parameter [10:0] PLUS          = 11'b1, // m's signed digits: bit e set adds 2**e
  parameter [10:0] MINUS         = 11'b0, // bit e set subtracts 2**e
  parameter       TERNARY        = 1,    // 0: binary
  parameter       SOFT_RESET     = 0,    // 0: hard
  parameter       READOUT        = 0,    // 1: never fires, has no thresholds, keeps only last steps
  parameter       NO_MEMORY      = 0,    // 1: leak(v) is 0 in each step, or T is 1: v is not stored
  parameter       PARITY         = 0,    // 1: each word of the memories has a parity bit
  parameter       LOAD_ADDR_BITS = 1,  // bits of a loaded word's address
  parameter       LOAD_WORD_BITS = 1,  // bits of a loaded word; 1: nothing can be loaded
  parameter       BIAS_FILE      = "",   // for $readmemh
  parameter       THRESHOLD_FILE = ""    // for $readmemh
) (
  input  wire                                 clk,
  input  wire                                 rst_n,
  // engine
  input  wire                                 step_valid_i,
  input  wire                                 step_last_i,
  output wire                                 step_next_o,
  input  wire signed [SLICE*CURRENT_BITS-1:0] current_i,
  // writes of biases and thresholds at run time
  input  wire                                 load_bias_i,
  input  wire                                 load_threshold_i,
  input  wire [LOAD_ADDR_BITS-1:0]            load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]            load_word_i,
  // results, in rising order
  output reg                                  word_valid_o,
  output reg         [SLICE-1:0]              fire_o,        // s != 0
  output reg         [SLICE-1:0]              neg_o,         // s == -1
  output reg         [SLICE*V_BITS-1:0]       v_o,
  output reg                                  step_end_o,    // the last word of a time step
  output reg                                  last_o,        // word of a last time step
  output wire                                 spend_o,       // a word to be kept sets out
  input  wire                                 room_i,        // a word may set out
  output wire                                 error_o        // a word that was read has flipped
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (LATENCY < 4) begin : check_latency
      trispike_update_LATENCY_is_less_than_4 error ();
    end
    if (ROWS < 1 || WORDS % ROWS != 0) begin : check_words
      trispike_update_WORDS_is_no_multiple_of_ROWS error ();
    end
    if (V_BITS > P_BITS) begin : check_v_bits
      trispike_update_V_BITS_is_more_than_P_BITS error ();
    end
    if (READOUT == 0 && THRESHOLD_BITS > P_BITS) begin : check_threshold_bits
      trispike_update_THRESHOLD_BITS_is_more_than_P_BITS error ();
    end
  endgenerate

  // A word's v is written 5 cycles after it is read; the next sweep reads it at least 6 after.
  localparam SLOTS       = WORDS > 6 ? WORDS : 6;
  localparam SLOT_BITS   = $clog2(SLOTS);
  localparam WORD_BITS   = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam ROW_BITS    = ROWS > 1 ? $clog2(ROWS) : 1;

  // Words of the memories; a parity bit is the highest.
  localparam PARITY_BITS     = PARITY != 0 ? 1 : 0;
  localparam BIAS_WIDTH      = SLICE * BIAS_BITS + PARITY_BITS;
  localparam THRESHOLD_WIDTH = SLICE * THRESHOLD_BITS + PARITY_BITS;
  localparam V_WIDTH         = SLICE * V_BITS + PARITY_BITS;

  localparam [SLOT_BITS-1:0]   SLOT_FIRST  = 0;
  localparam [SLOT_BITS-1:0]   SLOT_ONE    = 1;
  localparam [SLOT_BITS-1:0]   SLOT_WORD   = WORDS - 1;
  localparam [SLOT_BITS-1:0]   SLOT_LAST   = SLOTS - 1;
  localparam [WORD_BITS-1:0]   WORD_FIRST  = 0;
  localparam [WORD_BITS-1:0]   WORD_ONE    = 1;
  localparam [WORD_BITS-1:0]   WORD_LAST   = WORDS - 1;
  localparam [ROW_BITS-1:0]    ROW_FIRST   = 0;
  localparam [ROW_BITS-1:0]    ROW_ONE     = 1;
  localparam [ROW_BITS-1:0]    ROW_LAST    = ROWS - 1;

  // --- issue ---------------------------------------------------------------------------------

  reg [SLOT_BITS-1:0] slot_q;  // slot of the sweep: a word, then idle slots up to SLOTS

  wire idle = slot_q > SLOT_WORD;
  wire keep = READOUT == 0 || step_last_i;

  assign step_next_o = step_valid_i && !idle && (!keep || room_i);
  assign spend_o     = step_next_o && keep;

  always @(posedge clk) begin
    if (!rst_n) slot_q <= SLOT_FIRST;
    else if (step_next_o || idle) slot_q <= slot_q == SLOT_LAST ? SLOT_FIRST : slot_q + SLOT_ONE;
  end

  // While the engine fetches, read_q and last_q delay the request until v is read, two cycles
  // before the current arrives.
  reg [LATENCY-3:0] read_q;
  reg [LATENCY-3:0] last_q;

  always @(posedge clk) begin
    if (!rst_n) read_q <= {(LATENCY-2){1'b0}};
    else read_q <= {read_q, step_next_o};
    last_q <= {last_q, step_last_i};
  end

  // --- read: v and bias ----------------------------------------------------------------------

  wire read      = read_q[LATENCY-3];
  wire read_last = last_q[LATENCY-3];
  wire read_end  = word_q == WORD_LAST;

  reg                     first_q;  // in the first step of a sample
  reg [WORD_BITS-1:0]     word_q;
  reg [ROW_BITS-1:0]      row_q;    // row of the bias
  wire [BIAS_WIDTH-1:0]   bias;
  wire [ROW_BITS-1:0]     load_addr = load_addr_i;
  wire [BIAS_WIDTH-1:0]   load_bias = load_word_i;

  trispike_rom #(
    .WIDTH    (BIAS_WIDTH),
    .DEPTH    (ROWS),
    .ADDR_BITS(ROW_BITS),
    .WRITABLE (LOAD_WORD_BITS > 1),
    .FILE     (BIAS_FILE)
  ) biases (
    .clk         (clk),
    .read_i      (read),
    .addr_i      (row_q),
    .data_o      (bias),
    .write_i     (load_bias_i),
    .write_addr_i(load_addr),
    .write_data_i(load_bias)
  );

  always @(posedge clk) begin
    if (!rst_n) begin
      first_q <= 1'b1;
      word_q  <= WORD_FIRST;
      row_q   <= ROW_FIRST;
    end else if (read) begin
      word_q <= read_end ? WORD_FIRST : word_q + WORD_ONE;
      row_q  <= row_q == ROW_LAST ? ROW_FIRST : row_q + ROW_ONE;
      if (read_end) first_q <= read_last;
    end
  end

  // --- fetch: the late output of block RAM goes straight into a register -----------------------

  reg                     fetch_valid_q;
  reg                     fetch_first_q;
  reg                     fetch_end_q;
  reg                     fetch_last_q;
  reg [WORD_BITS-1:0]     fetch_word_q;
  reg [ROW_BITS-1:0]      fetch_row_q;
  wire [V_WIDTH-1:0]      v_before;  // membranes of the word of bias_q
  reg [BIAS_WIDTH-1:0]    bias_q;

  always @(posedge clk) begin
    fetch_first_q <= first_q;
    fetch_end_q   <= read_end;
    fetch_last_q  <= read_last;
    fetch_word_q  <= word_q;
    fetch_row_q   <= row_q;
    if (fetch_valid_q) bias_q <= bias;
  end

  // --- leak: leak(v), and current + bias -----------------------------------------------------

  reg                     leak_valid_q;
  reg                     leak_first_q;
  reg                     leak_end_q;
  reg                     leak_last_q;
  reg [WORD_BITS-1:0]     leak_word_q;
  reg [ROW_BITS-1:0]      leak_row_q;
  reg                     sum_valid_q;
  reg                     sum_end_q;
  reg                     sum_last_q;
  reg [WORD_BITS-1:0]     sum_word_q;
  reg                     write_valid_q;
  reg                     write_end_q;
  reg                     write_last_q;
  reg [WORD_BITS-1:0]     write_word_q;
  wire [SLICE*V_BITS-1:0] write_v;
  wire [SLICE-1:0]        write_fire;
  wire [SLICE-1:0]        write_neg;

  always @(posedge clk) begin
    if (!rst_n) begin
      fetch_valid_q <= 1'b0;
      leak_valid_q  <= 1'b0;
      sum_valid_q   <= 1'b0;
      write_valid_q <= 1'b0;
      word_valid_o  <= 1'b0;
    end else begin
      fetch_valid_q <= read;
      leak_valid_q  <= fetch_valid_q;
      sum_valid_q   <= leak_valid_q;
      write_valid_q <= sum_valid_q;
      word_valid_o  <= write_valid_q;
    end
  end

  always @(posedge clk) begin
    leak_first_q <= fetch_first_q;
    leak_end_q   <= fetch_end_q;
    leak_last_q  <= fetch_last_q;
    leak_word_q  <= fetch_word_q;
    leak_row_q   <= fetch_row_q;
    sum_end_q    <= leak_end_q;
    sum_last_q   <= leak_last_q;
    sum_word_q   <= leak_word_q;
    write_end_q  <= sum_end_q;
    write_last_q <= sum_last_q;
    write_word_q <= sum_word_q;
    if (write_valid_q) begin
      fire_o     <= write_fire;
      neg_o      <= write_neg;
      v_o        <= write_v;
      step_end_o <= write_end_q;
      last_o     <= write_last_q;
    end
  end

  // --- v: read with the bias, written from its register ----------------------------------------

  generate
    if (NO_MEMORY != 0) begin : no_membranes
      assign v_before = {V_WIDTH{1'b0}};
    end else begin : membranes
      reg  [V_WIDTH-1:0]   v_mem [0:WORDS-1];
      reg  [V_WIDTH-1:0]   fetch_v_q;
      reg  [V_WIDTH-1:0]   v_q;
      wire [V_WIDTH-1:0]   v_stored;   // v_o as it is stored
      reg  [WORD_BITS-1:0] v_word_q;   // word of v_o

      if (PARITY != 0) begin : with_parity
        assign v_stored = {^v_o, v_o};
      end else begin : without_parity
        assign v_stored = v_o;
      end

      always @(posedge clk) begin
        v_word_q <= write_word_q;
        if (read) fetch_v_q <= v_mem[word_q];
        if (fetch_valid_q) v_q <= fetch_v_q;
        if (word_valid_o) v_mem[v_word_q] <= v_stored;
      end

      assign v_before = v_q;
    end
  endgenerate

  // --- sum: p;  write: fire, reset -----------------------------------------------------------

  wire [THRESHOLD_WIDTH-1:0] v_threshold;

  generate
    if (READOUT != 0) begin : no_thresholds
      assign v_threshold = {THRESHOLD_WIDTH{1'b0}};
    end else begin : has_thresholds
      wire [THRESHOLD_WIDTH-1:0] load_threshold = load_word_i;

      trispike_rom #(
        .WIDTH    (THRESHOLD_WIDTH),
        .DEPTH    (ROWS),
        .ADDR_BITS(ROW_BITS),
        .WRITABLE (LOAD_WORD_BITS > 1),
        .FILE     (THRESHOLD_FILE)
      ) thresholds (
        .clk         (clk),
        .read_i      (leak_valid_q),
        .addr_i      (leak_row_q),
        .data_o      (v_threshold),
        .write_i     (load_threshold_i),
        .write_addr_i(load_addr),
        .write_data_i(load_threshold)
      );
    end
  endgenerate

  localparam signed [THRESHOLD_BITS-1:0] LEVEL_ONE = 1;

  genvar n;
  generate
    for (n = 0; n < SLICE; n = n + 1) begin : lane
      wire signed [V_BITS-1:0]         v       = v_before[n*V_BITS+:V_BITS];
      wire signed [CURRENT_BITS-1:0]   current = current_i[n*CURRENT_BITS+:CURRENT_BITS];
      wire signed [BIAS_BITS-1:0]      add     = bias_q[n*BIAS_BITS+:BIAS_BITS];
      wire signed [THRESHOLD_BITS-1:0] level   = v_threshold[n*THRESHOLD_BITS+:THRESHOLD_BITS];
      wire signed [V_BITS-1:0]         leaked;
      wire signed [V_BITS-1:0]         v_next;
      reg  signed [V_BITS-1:0]         leaked_q;
      reg  signed [P_BITS-1:0]         drive_q;
      reg  signed [P_BITS-1:0]         p_q;
      reg  signed [THRESHOLD_BITS-1:0] limit_q;  // v_threshold - 1

      trispike_leak #(
        .V_BITS   (V_BITS),
        .LEAK_BITS(LEAK_BITS),
        .K        (K),
        .PLUS     (PLUS),
        .MINUS    (MINUS)
      ) leak (
        .v_i   (v),
        .leak_o(leaked)
      );

      always @(posedge clk) begin
        if (leak_valid_q) begin
          leaked_q <= leaked & {V_BITS{!leak_first_q}};
          drive_q  <= current + add;
        end
        if (sum_valid_q) begin
          p_q     <= leaked_q + drive_q;
          limit_q <= level - LEVEL_ONE;
        end
      end

      if (READOUT != 0) begin : sum
        assign v_next        = p_q;
        assign write_fire[n] = 1'b0;
        assign write_neg[n]  = 1'b0;
      end else begin : spike
        // p has its own stage, so that no addition is left here.
        trispike_neuron #(
          .P_BITS        (P_BITS),
          .V_BITS        (V_BITS),
          .THRESHOLD_BITS(THRESHOLD_BITS),
          .TERNARY       (TERNARY),
          .SOFT_RESET    (SOFT_RESET)
        ) neuron (
          .leaked_i     ({V_BITS{1'b0}}),
          .drive_i      (p_q),
          .limit_i      (limit_q),
          .fire_o       (write_fire[n]),
          .neg_o        (write_neg[n]),
          .v_o          (v_next)
        );
      end

      assign write_v[n*V_BITS+:V_BITS] = v_next;

`ifndef SYNTHESIS
      // Each sum is repeated in a wider type that holds it in any case.
      localparam WIDE = (CURRENT_BITS > BIAS_BITS ? CURRENT_BITS : BIAS_BITS)
                      + (P_BITS > V_BITS ? P_BITS : V_BITS) + 2;
      localparam signed [WIDE-1:0] NOTHING = 0;
      localparam signed [WIDE-1:0] ONE     = 1;

      wire signed [WIDE-1:0] drive_wide = current + add;
      wire signed [P_BITS-1:0] drive_fits = drive_wide;
      wire signed [WIDE-1:0] p_wide = leaked_q + drive_q;
      wire signed [P_BITS-1:0] p_fits = p_wide;
      wire signed [WIDE-1:0] level_wide = limit_q + ONE;
      wire signed [WIDE-1:0] spike_wide =
        write_neg[n] ? -level_wide : write_fire[n] ? level_wide : NOTHING;
      wire signed [WIDE-1:0] v_wide = SOFT_RESET == 0 && write_fire[n] ? NOTHING
                                    : SOFT_RESET == 0 ? p_q : p_q - spike_wide;

      always @(posedge clk) begin
        if (rst_n && leak_valid_q && drive_wide != drive_fits) begin
          $display("ASSERT %m: current + bias overflows");
          $finish;
        end
        if (rst_n && sum_valid_q && p_wide != p_fits) begin
          $display("ASSERT %m: p overflows");
          $finish;
        end
        if (rst_n && write_valid_q && v_wide != v_next) begin
          $display("ASSERT %m: v overflows");
          $finish;
        end
        if (rst_n && write_valid_q && READOUT == 0 && level_wide < ONE) begin
          $display("ASSERT %m: v_threshold < 1");
          $finish;
        end
      end
`endif
    end
  endgenerate

  // --- parity: what was read is checked where it is used ---------------------------------------

  generate
    if (PARITY != 0) begin : parity
      wire v_error;
      wire bias_error;
      wire threshold_error;

      // In the first step of a sample v counts as 0. One that is not stored is 0 and never odd.
      trispike_parity_check #(
        .WIDTH(V_WIDTH)
      ) membranes (
        .clk    (clk),
        .rst_n  (rst_n),
        .check_i(leak_valid_q && !leak_first_q),
        .word_i (v_before),
        .error_o(v_error)
      );

      trispike_parity_check #(
        .WIDTH(BIAS_WIDTH)
      ) biases (
        .clk    (clk),
        .rst_n  (rst_n),
        .check_i(leak_valid_q),
        .word_i (bias_q),
        .error_o(bias_error)
      );

      // A readout's thresholds are 0 as well.
      trispike_parity_check #(
        .WIDTH(THRESHOLD_WIDTH)
      ) thresholds (
        .clk    (clk),
        .rst_n  (rst_n),
        .check_i(sum_valid_q),
        .word_i (v_threshold),
        .error_o(threshold_error)
      );

      assign error_o = v_error || bias_error || threshold_error;
    end else begin : no_parity
      assign error_o = 1'b0;
    end
  endgenerate

endmodule

`resetall
