// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_stream_guard: whatever arrives, well-formed samples leave. Each has STEPS markers, and
// tlast with the last one alone; its events are in range, each at most once a step. What is
// well-formed leaves as it came. Each flag is set in the cycle in which the beat that it is about
// is done, and in no other.
//
// The proof follows any one address and digit. The guard's memory has the one word of it
// (one_word.v).
module stream_guard_samples #(
  parameter STEPS      = 2,
  parameter C          = 3,
  parameter H          = 2,
  parameter W          = 1,
  parameter DIGIT_MAX  = 1,
  parameter SIGNED     = 1,
  parameter ADDR_BITS  = 24,
  parameter DIGIT_BITS = 3,
  parameter GAP_BITS   = 3,
  parameter TAG_BITS   = 8
) (
  input wire                                     clk,
  input wire                                     rst_n,
  input wire [ADDR_BITS+DIGIT_BITS+GAP_BITS+1:0] s_axis_tdata,
  input wire                                     s_axis_tvalid,
  input wire                                     s_axis_tlast,
  input wire                                     m_axis_tready
);

  localparam BITS       = ADDR_BITS + DIGIT_BITS + GAP_BITS + 2;
  localparam C_BITS     = $clog2(C);
  localparam X_BITS     = $clog2(W);
  localparam USED_BITS  = C_BITS + X_BITS + $clog2(H);
  localparam INDEX_BITS = USED_BITS > 0 ? USED_BITS : 1;
  localparam SEEN_BITS  = DIGIT_MAX + 1;
  localparam STEP_BITS  = STEPS > 1 ? $clog2(STEPS) : 1;
  localparam WORD_BITS  = TAG_BITS + SEEN_BITS;

  wire            s_axis_tready;
  wire [BITS-1:0] m_axis_tdata;
  wire            m_axis_tvalid;
  wire            m_axis_tlast;
  wire [3:0]      errors;
  wire            busy;

  trispike_stream_guard #(
    .STEPS     (STEPS),
    .C         (C),
    .H         (H),
    .W         (W),
    .DIGIT_MAX (DIGIT_MAX),
    .SIGNED    (SIGNED),
    .ADDR_BITS (ADDR_BITS),
    .DIGIT_BITS(DIGIT_BITS),
    .GAP_BITS  (GAP_BITS),
    .TAG_BITS  (TAG_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tlast (s_axis_tlast),
    .s_axis_tready(s_axis_tready),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready),
    .errors_o     (errors),
    .busy_o       (busy)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(BITS + 1)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  wire enters = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;

  // --- the event that is followed --------------------------------------------------------------

  (* anyconst *) wire [ADDR_BITS-1:0]  address;
  (* anyconst *) wire [DIGIT_BITS-1:0] digit;

  function legal(input [BITS-1:0] beat);
    legal = (beat & ((1 << C_BITS) - 1)) < C
            && ((beat >> C_BITS) & ((1 << X_BITS) - 1)) < W
            && (beat[ADDR_BITS-1:0] >> (C_BITS + X_BITS)) < H
            && beat[ADDR_BITS+:DIGIT_BITS] <= DIGIT_MAX && (SIGNED != 0 || !beat[BITS-2]);
  endfunction

  function kind(input [BITS-1:0] beat);
    kind = beat[BITS-1];
  endfunction

  function followed(input [BITS-1:0] beat);
    followed = !beat[BITS-1] && beat[ADDR_BITS+DIGIT_BITS-1:0] == {digit, address};
  endfunction

  always @* assume (legal({{GAP_BITS+2{1'b0}}, digit, address}));

  // --- samples as they come: one ends with its STEPS-th marker or with tlast -------------------

  reg            here_q;      // a beat was taken and is not done
  reg [BITS-1:0] beat_q;
  reg            last_q;
  reg            seen_q;      // the event that is followed came before it in its step
  reg [31:0]     marker_q;    // markers of the sample before it
  reg            open_q;      // the event has come in the step to which the next beat belongs
  reg [31:0]     markers_q;   // markers that have come in that sample
  reg [31:0]     missing_q;   // markers that are to be added before the next beat

  wire closes     = kind(beat_q) && marker_q == STEPS - 1;
  wire ends      = closes || last_q;   // the sample ends with the beat that is here
  wire known     = kind(beat_q) || !legal(beat_q) || followed(beat_q);
  wire passes    = kind(beat_q) || (legal(beat_q) && !(followed(beat_q) && seen_q));
  wire goes      = leaves && here_q;
  wire done      = here_q && (!m_axis_tvalid || m_axis_tready);
  wire [31:0] short_ = STEPS - marker_q - kind(beat_q);

  // of the beat that enters
  wire in_closes = kind(s_axis_tdata) && markers_q == STEPS - 1;
  wire in_ends  = in_closes || s_axis_tlast;
  wire in_step  = kind(s_axis_tdata) || in_ends;

  always @(posedge clk) begin
    if (!rst_n) begin
      {here_q, open_q} <= 2'b0;
      {markers_q, missing_q} <= 0;
    end else begin
      if (enters) here_q <= 1'b1;
      else if (done) here_q <= 1'b0;
      if (done && last_q && !closes) missing_q <= short_;
      else if (leaves && missing_q != 0) missing_q <= missing_q - 1;
      if (enters) begin
        open_q    <= !in_step && (open_q || followed(s_axis_tdata));
        markers_q <= in_ends ? 0 : markers_q + kind(s_axis_tdata);
      end
    end
    if (enters) begin
      beat_q   <= s_axis_tdata;
      last_q   <= s_axis_tlast;
      seen_q   <= open_q;
      marker_q <= markers_q;
    end
  end

  // --- samples as they leave -------------------------------------------------------------------

  reg        gone_q;    // the event has left in this step
  reg [31:0] steps_q;   // markers of this sample that have left

  always @(posedge clk) begin
    if (!rst_n) begin
      gone_q  <= 1'b0;
      steps_q <= 0;
    end else if (leaves) begin
      gone_q  <= !kind(m_axis_tdata) && (gone_q || followed(m_axis_tdata));
      steps_q <= m_axis_tlast ? 0 : steps_q + kind(m_axis_tdata);
    end
  end

  always @* begin
    if (rst_n && begun) begin
      // what leaves is well-formed
      tlasts:   assert (!m_axis_tvalid
                        || m_axis_tlast == (kind(m_axis_tdata) && steps_q == STEPS - 1));
      ranges:   assert (!m_axis_tvalid || kind(m_axis_tdata) || legal(m_axis_tdata));
      unique:   assert (!(m_axis_tvalid && followed(m_axis_tdata)) || !gone_q);
      // it is what came, without what is faulty and with what is missing
      offers:   assert (!(here_q && known) || m_axis_tvalid == passes);
      same:     assert (!(here_q && m_axis_tvalid) || m_axis_tdata == beat_q);
      as_it_is: assert (!(here_q && known && passes && last_q == closes)
                        || (m_axis_tvalid && {m_axis_tlast, m_axis_tdata} == {last_q, beat_q}));
      adds:     assert (missing_q == 0 || (m_axis_tvalid && m_axis_tdata == 1 << (BITS - 1)));
      no_more:  assert (here_q || missing_q != 0 || !m_axis_tvalid);
      apart:    assert (missing_q == 0 || !(here_q || s_axis_tready));
      one:      assert (!(enters && here_q) || (done && !ends && !kind(beat_q)));
      inside:   assert (busy == (here_q || missing_q != 0));
      // flags
      range:    assert (errors[0] == (done && !kind(beat_q) && !legal(beat_q)));
      repeats:  assert (!(here_q && known)
                        || errors[1] == (done && followed(beat_q) && seen_q));
      none:     assert (here_q || errors == 0);
      early:    assert (errors[2] == (done && last_q && !closes));
      late:     assert (errors[3] == (done && closes && !last_q));
      mended:   cover (leaves && m_axis_tlast && missing_q == 1 && gone_q);
      again:    cover (done && errors == 4'b0110 && kind(beat_q) == 0);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.valid_q" *)       wire                  valid;
  (* keep, peek = "dut.data_q" *)        wire [BITS-1:0]       data;
  (* keep, peek = "dut.last_q" *)        wire                  last;
  (* keep, peek = "dut.fill_q" *)        wire                  fill;
  (* keep, peek = "dut.clear_q" *)       wire                  clear;
  (* keep, peek = "dut.clear_index_q" *) wire [INDEX_BITS-1:0] clear_index;
  (* keep, peek = "dut.step_q" *)        wire [STEP_BITS-1:0]  step;
  (* keep, peek = "dut.tag_q" *)         wire [TAG_BITS-1:0]   tag;
  (* keep, peek = "dut.word" *)          wire [WORD_BITS-1:0]  word;
  (* keep, peek = "dut.mem.place" *)     wire [INDEX_BITS-1:0] place;
  (* keep, peek = "dut.mem.word" *)      wire [WORD_BITS-1:0]  stored;

  always @* assume (place == address[INDEX_BITS-1:0]);

  wire [TAG_BITS-1:0] stored_tag = stored[SEEN_BITS+:TAG_BITS];
  wire                has        = stored_tag == tag && stored[digit];

  // A beat after a marker or tlast enters only when the marker has left. So the guard's step is
  // that of the beat here, or else of the next one.
  always @* begin
    if (rst_n && begun) begin
      alike:    assert (valid == here_q && fill == (missing_q != 0)
                        && (!valid || (data == beat_q && last == last_q)));
      counts:   assert (step == steps_q && steps_q < STEPS
                        && missing_q == (fill ? STEPS - steps_q : 0));
      at:       assert (!here_q || (marker_q == steps_q
                        && markers_q == (ends ? 0 : marker_q + kind(beat_q))));
      next:     assert (here_q || markers_q == (fill ? 0 : steps_q));
      idle:     assert (!clear || !here_q);
      tags:     assert (tag != 0 && (clear || stored_tag <= tag));
      cleared:  assert (!clear || clear_index <= place || stored_tag == 0);
      index:    assert (clear || clear_index == 0);
      looked_up: assert (!(here_q && beat_q[INDEX_BITS-1:0] == place) || word == stored);
      had:      assert (here_q ? has == seen_q : clear || fill || has == open_q);
      opened:   assert (!here_q || open_q == (!ends && !kind(beat_q)
                                              && (seen_q || followed(beat_q))));
      fresh:    assert (!(fill || clear) || !open_q);
      left:     assert (gone_q == (!clear && has) || fill);
      unseen:   assert (here_q || fill || gone_q == open_q);
      same_step: assert (!here_q || gone_q == seen_q);
      in_clear: assert (!clear || fill || !gone_q);
    end
  end

endmodule

`resetall
