// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_parity_memory behind trispike_accumulators: a parity bit is always that which its word
// had three cycles before. So no read is an alarm as long as nothing flips.
//
// There are two words of two lanes, of few bits, and weights are free (rom_free.v).
module parity_words #(
  parameter MEMORY   = 2,  // kind of the accumulators' memory
  parameter ONE_WORD = 0,  // 1: MEMORY is 0, which has one word instead of two
  parameter W_BITS   = 2,
  parameter ACC_BITS = 2
) (
  input wire clk,
  input wire rst_n,
  input wire add_i,
  input wire read_i,
  input wire clear_i,
  input wire neg_i,
  input wire word_i
);

  localparam WORDS = ONE_WORD != 0 ? 1 : 2;

  trispike_accumulators #(
    .WORDS      (WORDS),
    .ROWS       (2),
    .LANES      (2),
    .SLICE      (2),
    .WORD_BITS  (1),
    .ROW_BITS   (1),
    .SLICE_BITS (1),
    .LANE_BITS  (1),
    .W_BITS     (W_BITS),
    .ACC_BITS   (ACC_BITS),
    .MEMORY     (MEMORY),
    .PARITY     (1)
  ) dut (
    .clk      (clk),
    .rst_n    (rst_n),
    .add_i    (add_i),
    .read_i   (read_i),
    .clear_i  (clear_i),
    .neg_i    (neg_i),
    .digit_i  (1'b0),
    .row_i    (1'b0),
    .word_i   (word_i),
    .slice_i  (1'b0),
    .lane_i   (1'b0),
    .load_write_i(1'b0),
    .load_addr_i (1'b0),
    .load_word_i (1'b0)
  );

  (* keep, peek = "dut.lane[0].mem[0]" *) wire [ACC_BITS-1:0] low_0;
  (* keep, peek = "dut.lane[1].mem[0]" *) wire [ACC_BITS-1:0] high_0;
  (* keep, peek = "dut.lane[0].mem[1]", unless = "ONE_WORD" *) wire [ACC_BITS-1:0] low_1;
  (* keep, peek = "dut.lane[1].mem[1]", unless = "ONE_WORD" *) wire [ACC_BITS-1:0] high_1;
  (* keep, peek = "dut.parity.words.mem[0]" *) wire bit_0;
  (* keep, peek = "dut.parity.words.mem[1]", unless = "ONE_WORD" *) wire bit_1;
  (* keep, peek = "dut.fresh_q", unless = "ONE_WORD" *) wire [1:0] fresh;
  (* keep, peek = "dut.parity.words.read3_q" *) wire checked;
  (* keep, peek = "dut.parity.words.error_o" *) wire alarm;

  always @* assume (ONE_WORD == 0 || !word_i);

  // The engine's rules: an addition comes when no word is taken or cleared, and to words that were
  // cleared. Where MEMORY is 1, a word that was written rests for a cycle.
  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);
  always @* assume (!add_i || !(read_i || clear_i));

  reg [1:0] cleared_q;
  always @(posedge clk) begin
    if (!rst_n) cleared_q <= 2'b0;
    else if (clear_i) cleared_q[word_i] <= 1'b1;
  end
  always @* assume (!(add_i || read_i) || cleared_q[word_i]);

  reg wrote_q, wrote_word_q;
  always @(posedge clk) {wrote_q, wrote_word_q} <= {rst_n && (add_i || clear_i), word_i};
  always @* assume (MEMORY != 1 || !wrote_q || word_i != wrote_word_q
                    || !(add_i || read_i || clear_i));

  // --- what each word's parity was, and whether it was written since the reset -----------------

  localparam STORES = 4;  // cycles from an operation to its sum in the memory
  localparam BEHIND = 3;  // cycles from there to the parity bit

  wire [1:0] bits = {ONE_WORD == 0 && bit_1, bit_0};
  wire [1:0] odd  = {ONE_WORD == 0 && ^{low_1, high_1}, ^{low_0, high_0}};

  wire [WORDS-1:0] wrong;    // the bit is not that of what was written
  wire [WORDS-1:0] unknown;  // the word is used, and was not written

  genvar w;
  generate
    for (w = 0; w < WORDS; w = w + 1) begin : of_word
      reg [STORES+BEHIND-1:0] stores_q = 0;     // it was written, the newest lowest
      reg [BEHIND-1:0]        odd_q;            // its parities
      reg                     known_q = 1'b0;   // its bit is that of what was written

      wire store = add_i || (MEMORY != 1 && clear_i);
      wire used  = MEMORY == 1 ? !fresh[w] : cleared_q[w];

      always @(posedge clk) begin
        stores_q <= {stores_q, rst_n && store && word_i == w};
        odd_q    <= {odd_q, odd[w]};
        if (!rst_n) known_q <= 1'b0;
        else if (stores_q[STORES+BEHIND-1]) known_q <= 1'b1;
      end

      assign wrong[w]   = known_q && bits[w] != odd_q[BEHIND-1];
      assign unknown[w] = used && !known_q && stores_q == 0;
    end
  endgenerate

  always @(posedge clk) begin
    if (rst_n) begin
      bits_are_parities: assert (wrong == 0);
      used_are_written:  assert (unknown == 0);
      no_alarm:          assert (!alarm);
      checks:            cover (checked && odd != 0);
    end
  end

endmodule

`resetall
