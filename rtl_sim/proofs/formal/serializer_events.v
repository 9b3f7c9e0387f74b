// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_serializer: every spike of a word leaves once, as the event {neg, y, x, c} of its
// neuron, the lowest channel first. After a step's last word the marker leaves, with the mark of
// the last step. Nothing else leaves, and no word is taken before all of the current one has left.
module serializer_events #(
  parameter N         = 3,  // channels of a convolution group
  parameter GROUPS    = 2,
  parameter HEIGHT    = 2,
  parameter WIDTH     = 3,
  parameter SLICE     = 2,
  parameter ADDR_BITS = 6
) (
  input wire             clk,
  input wire             rst_n,
  input wire             word_valid_i,
  input wire [SLICE-1:0] fire_i,
  input wire [SLICE-1:0] neg_i,
  input wire             last_i,
  input wire             m_axis_tready
);

  localparam WORDS     = (N + SLICE - 1) / SLICE;
  localparam C_BITS    = $clog2(GROUPS * N);
  localparam X_BITS    = $clog2(WIDTH);
  localparam WORD_BITS = WORDS > 1 ? $clog2(WORDS) : 1;

  wire                 word_ready;
  wire [ADDR_BITS+1:0] m_axis_tdata;
  wire                 m_axis_tvalid;
  wire                 m_axis_tlast;
  wire                 step_end_i;

  trispike_serializer #(
    .N        (N),
    .GROUPS   (GROUPS),
    .WIDTH    (WIDTH),
    .SLICE    (SLICE),
    .ADDR_BITS(ADDR_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .word_valid_i (word_valid_i),
    .word_ready_o (word_ready),
    .fire_i       (fire_i),
    .neg_i        (neg_i),
    .step_end_i   (step_end_i),
    .last_i       (last_i),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready),
    .events_o     ()
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(ADDR_BITS + 3)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  // --- words come in rising order of row, column, group and channel ----------------------------

  wire enters = word_valid_i && word_ready;
  wire leaves = m_axis_tvalid && m_axis_tready;

  reg [31:0] word_q, group_q, x_q, y_q;  // position of the next word

  wire word_end  = word_q == WORDS - 1;
  wire group_end = word_end && group_q == GROUPS - 1;
  wire x_end     = group_end && x_q == WIDTH - 1;
  wire y_end     = x_end && y_q == HEIGHT - 1;

  assign step_end_i = y_end;

  always @(posedge clk) begin
    if (!rst_n) {word_q, group_q, x_q, y_q} <= 128'd0;
    else if (enters) begin
      word_q <= word_end ? 0 : word_q + 1;
      if (word_end) group_q <= group_end ? 0 : group_q + 1;
      if (group_end) x_q <= x_end ? 0 : x_q + 1;
      if (x_end) y_q <= y_end ? 0 : y_q + 1;
    end
  end

  // No neuron in the padding fires.
  integer n;
  always @* begin
    for (n = 0; n < SLICE; n = n + 1) assume (word_q * SLICE + n < N || !fire_i[n]);
  end

  // --- the rest of the current word ------------------------------------------------------------

  reg [SLICE-1:0] fire_q, neg_q;
  reg             marker_q;  // its marker has not left yet
  reg             last_q;
  reg [31:0]      c_at_q, x_at_q, y_at_q;  // position of its first neuron

  reg [SLICE-1:0] lowest;
  reg [31:0]      offset;

  always @* begin
    lowest = 0;
    offset = 0;
    for (n = SLICE - 1; n >= 0; n = n - 1) begin
      if (fire_q[n]) begin
        lowest = 1 << n;
        offset = n;
      end
    end
  end

  wire                 spikes   = fire_q != 0;
  wire [31:0]          address  = (((y_at_q << X_BITS) | x_at_q) << C_BITS) | (c_at_q + offset);
  wire [ADDR_BITS-1:0] addr     = address;
  wire [ADDR_BITS+1:0] event_   = {1'b0, (neg_q & lowest) != 0, addr};
  wire [ADDR_BITS+1:0] marker   = {2'b10, {ADDR_BITS{1'b0}}};
  wire [SLICE-1:0]     rest     = leaves ? fire_q & ~lowest : fire_q;
  wire                 unmarked = marker_q && !(leaves && !spikes);

  always @(posedge clk) begin
    if (!rst_n) begin
      fire_q   <= 0;
      marker_q <= 1'b0;
    end else if (enters) begin
      fire_q   <= fire_i;
      marker_q <= step_end_i;
    end else begin
      fire_q   <= rest;
      marker_q <= unmarked;
    end
    if (enters) begin
      neg_q  <= neg_i;
      last_q <= last_i;
      c_at_q <= group_q * N + word_q * SLICE;
      x_at_q <= x_q;
      y_at_q <= y_q;
    end
  end

  always @* begin
    if (rst_n) begin
      offers:    assert (m_axis_tvalid == (spikes || marker_q));
      beats:     assert (!m_axis_tvalid || m_axis_tdata == (spikes ? event_ : marker));
      mark:      assert (!m_axis_tvalid || m_axis_tlast == (!spikes && last_q));
      none_lost: assert (!enters || (rest == 0 && !unmarked));
      takes:     assert (word_ready || spikes || marker_q);
      whole:     cover (leaves && !spikes && last_q && y_at_q == HEIGHT - 1);
    end
  end

  // --- invariants -----------------------------------------------------------------------------

  (* keep, peek = "dut.full_q" *)     wire full;
  (* keep, peek = "dut.fire_q" *)     wire [SLICE-1:0] fire;
  (* keep, peek = "dut.neg_q" *)      wire [SLICE-1:0] neg;
  (* keep, peek = "dut.step_end_q" *) wire step_end;
  (* keep, peek = "dut.last_q" *)     wire last;
  (* keep, peek = "dut.base_q" *)     wire [ADDR_BITS-1:0] base;
  (* keep, peek = "dut.word_q" *)     wire [WORD_BITS-1:0] word;

  wire [31:0] due_address = (((y_q << X_BITS) | x_q) << C_BITS) | (group_q * N + word_q * SLICE);
  wire [31:0] at_address  = (((y_at_q << X_BITS) | x_at_q) << C_BITS) | c_at_q;

  // After a word has entered, the word that follows it is due.
  reg [31:0] word_at_q, group_at_q;
  always @(posedge clk) if (enters) {word_at_q, group_at_q} <= {word_q, group_q};

  wire at_word_end  = word_at_q == WORDS - 1;
  wire at_group_end = at_word_end && group_at_q == GROUPS - 1;
  wire at_x_end     = at_group_end && x_at_q == WIDTH - 1;
  wire at_y_end     = at_x_end && y_at_q == HEIGHT - 1;

  always @* begin
    if (rst_n) begin
      legal: assert (word_q < WORDS && group_q < GROUPS && x_q < WIDTH && y_q < HEIGHT);
      if (full) begin
        same:  assert (fire == fire_q && neg == neg_q && last == last_q && step_end == at_y_end
                       && marker_q == step_end);
        place: assert (base == at_address && word == word_at_q
                       && c_at_q == group_at_q * N + word_at_q * SLICE);
        inner: assert (word_at_q < WORDS && group_at_q < GROUPS && x_at_q < WIDTH
                       && y_at_q < HEIGHT);
        after: assert (word_q == (at_word_end ? 0 : word_at_q + 1)
                       && group_q == (at_group_end ? 0 : at_word_end ? group_at_q + 1 : group_at_q)
                       && x_q == (at_x_end ? 0 : at_group_end ? x_at_q + 1 : x_at_q)
                       && y_q == (at_y_end ? 0 : at_x_end ? y_at_q + 1 : y_at_q));
      end else begin
        idle:  assert (fire_q == 0 && !marker_q && base == due_address && word == word_q);
      end
    end
  end

endmodule

`resetall
