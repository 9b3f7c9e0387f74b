// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Lets only well-formed samples into the core, whatever arrives, and reports the errors found.
//
// A sample ends with its STEPS-th marker or with tlast, whichever comes first, and the next beat
// belongs to the next sample. Every sample leaves with STEPS markers and with tlast on the last
// one. The errors are:
//
//   RANGE   an event has an address, digit or sign that the input does not have: it is dropped
//   REPEAT  an address (and digit) has already occurred in this step: the event is dropped
//   EARLY   tlast is on an event, or on a marker before the last: the missing markers are added
//   LATE    the last marker has no tlast: it is added
//
// A memory of tags records the addresses that a step has had. A word {tag, digits seen} counts as
// empty if its tag is not the step's, so that nothing need be cleared between steps. The whole
// memory is cleared after a reset, and when the tags are used up, every 2**TAG_BITS - 1 steps.
module trispike_stream_guard #(
  parameter STEPS      = 4,   // markers per sample
  parameter C          = 4,   // channels of the input
  parameter H          = 8,   // rows
  parameter W          = 8,   // columns
  parameter DIGIT_MAX  = 0,   // largest digit of an event
  parameter SIGNED     = 1,   // 0: events are never negative
  parameter ADDR_BITS  = 24,  // bits of an incoming event's address
  parameter DIGIT_BITS = 3,   // bits of its digit
  parameter GAP_BITS   = 3,   // unused bits between sign and digit
  parameter TAG_BITS   = 8    // bits of a step's tag
) (
  input  wire                                      clk,
  input  wire                                      rst_n,
  // events {kind, neg, gap, digit, addr = {y, x, c}}, kind 1 is a marker
  input  wire [ADDR_BITS+DIGIT_BITS+GAP_BITS+1:0]  s_axis_tdata,
  input  wire                                      s_axis_tvalid,
  input  wire                                      s_axis_tlast,
  output wire                                      s_axis_tready,
  output wire [ADDR_BITS+DIGIT_BITS+GAP_BITS+1:0]  m_axis_tdata,
  output wire                                      m_axis_tvalid,
  output wire                                      m_axis_tlast,
  input  wire                                      m_axis_tready,
  output wire [3:0]                                errors_o,  // {LATE, EARLY, REPEAT, RANGE}
  output wire                                      busy_o     // a beat is on its way inside
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (STEPS < 1) begin : check_steps
      trispike_stream_guard_STEPS_is_less_than_1 error ();
    end
    if (ADDR_BITS < $clog2(C) + $clog2(H) + $clog2(W)) begin : check_addr_bits
      trispike_stream_guard_ADDR_BITS_is_too_small_for_the_map error ();
    end
    if (DIGIT_MAX >= (1 << DIGIT_BITS)) begin : check_digit_max
      trispike_stream_guard_DIGIT_MAX_is_too_large_for_DIGIT_BITS error ();
    end
  endgenerate

  localparam BITS       = ADDR_BITS + DIGIT_BITS + GAP_BITS + 2;
  localparam C_BITS     = $clog2(C);
  localparam Y_LSB      = C_BITS + $clog2(W);
  localparam USED_BITS  = Y_LSB + $clog2(H);
  localparam INDEX_BITS = USED_BITS > 0 ? USED_BITS : 1;
  localparam SEEN_BITS  = DIGIT_MAX + 1;
  localparam STEP_BITS  = STEPS > 1 ? $clog2(STEPS) : 1;

  localparam [BITS-1:0]       MARKER     = {1'b1, {(BITS-1){1'b0}}};
  localparam [ADDR_BITS-1:0]  C_MASK     = (1 << C_BITS) - 1;
  localparam [ADDR_BITS-1:0]  X_MASK     = (1 << $clog2(W)) - 1;
  localparam [INDEX_BITS-1:0] FIRST      = 0;
  localparam [INDEX_BITS-1:0] ONE        = 1;
  localparam [INDEX_BITS-1:0] LAST       = (1 << INDEX_BITS) - 1;
  localparam [SEEN_BITS-1:0]  NONE       = 0;
  localparam [SEEN_BITS-1:0]  LOWEST     = 1;
  localparam [STEP_BITS-1:0]  STEP_FIRST = 0;
  localparam [STEP_BITS-1:0]  STEP_ONE   = 1;
  localparam [STEP_BITS-1:0]  STEP_LAST  = STEPS - 1;
  localparam [TAG_BITS-1:0]   TAG_NONE   = 0;
  localparam [TAG_BITS-1:0]   TAG_FIRST  = 1;
  localparam [TAG_BITS-1:0]   TAG_LAST   = (1 << TAG_BITS) - 1;

  reg                          valid_q;   // a beat is here
  reg [BITS-1:0]               data_q;
  reg                          last_q;
  reg                          fill_q;    // missing markers leave; no beat is here
  reg                          clear_q;   // all tags are being cleared; no beat is here
  reg [INDEX_BITS-1:0]         clear_index_q;
  reg [STEP_BITS-1:0]          step_q;    // markers of the sample that have left
  reg [TAG_BITS-1:0]           tag_q;     // tag of the step
  reg [TAG_BITS+SEEN_BITS-1:0] mem [0:LAST];
  reg [TAG_BITS+SEEN_BITS-1:0] word_q;    // word of the event that is here, before the event
  reg [TAG_BITS+SEEN_BITS-1:0] write_q;   // word written last
  reg                          bypass_q;  // the word was written in the cycle in which it was read

  // --- the beat that is here -----------------------------------------------------------------

  wire [ADDR_BITS-1:0]  addr  = data_q[ADDR_BITS-1:0];
  wire [DIGIT_BITS-1:0] digit = data_q[ADDR_BITS+:DIGIT_BITS];
  wire                  neg   = data_q[BITS-2];
  wire                  kind  = data_q[BITS-1];
  wire [ADDR_BITS-1:0]  c     = addr & C_MASK;
  wire [ADDR_BITS-1:0]  x     = (addr >> C_BITS) & X_MASK;
  wire [ADDR_BITS-1:0]  y     = addr >> Y_LSB;

  wire [TAG_BITS+SEEN_BITS-1:0] word = bypass_q ? write_q : word_q;
  wire [SEEN_BITS-1:0] seen   = word[SEEN_BITS-1:0]
                              & {SEEN_BITS{word[SEEN_BITS+:TAG_BITS] == tag_q}};
  wire [SEEN_BITS-1:0] bit_of = LOWEST << digit;

  wire in_range = c < C && x < W && y < H && digit <= DIGIT_MAX && (SIGNED != 0 || !neg);
  wire repeated = (seen & bit_of) != NONE;
  wire passes   = kind || (in_range && !repeated);

  wire step_end = step_q == STEP_LAST;
  wire leaves   = m_axis_tvalid && m_axis_tready;
  wire marker   = leaves && (fill_q || kind);
  wire done     = valid_q && (!passes || m_axis_tready);
  wire early    = done && last_q && !(kind && step_end);
  wire late     = done && kind && step_end && !last_q;

  // A beat after a marker or tlast waits a cycle, since it is looked up by the tag of its own step.
  assign s_axis_tready = !clear_q && !fill_q && (!valid_q || (done && !kind && !last_q));
  assign m_axis_tvalid = fill_q || (valid_q && passes);
  assign m_axis_tdata  = fill_q ? MARKER : data_q;
  assign m_axis_tlast  = (fill_q || kind) && step_end;
  assign errors_o      = {late, early, done && !kind && in_range && repeated,
                          done && !kind && !in_range};
  assign busy_o        = valid_q || fill_q;

  wire accept = s_axis_tvalid && s_axis_tready;

  always @(posedge clk) begin
    if (!rst_n) begin
      valid_q <= 1'b0;
      fill_q  <= 1'b0;
      step_q  <= STEP_FIRST;
    end else begin
      if (accept) valid_q <= 1'b1;
      else if (done) valid_q <= 1'b0;
      if (early) fill_q <= 1'b1;
      else if (marker && step_end) fill_q <= 1'b0;
      if (marker) step_q <= step_end ? STEP_FIRST : step_q + STEP_ONE;
    end
  end

  always @(posedge clk) begin
    if (accept) begin
      data_q <= s_axis_tdata;
      last_q <= s_axis_tlast;
    end
  end

  // --- tags ----------------------------------------------------------------------------------

  wire                          write   = done && !kind && passes;
  wire [TAG_BITS+SEEN_BITS-1:0] written = {tag_q, seen | bit_of};

  always @(posedge clk) begin
    if (!rst_n) begin
      clear_q       <= 1'b1;
      clear_index_q <= FIRST;
      tag_q         <= TAG_FIRST;
    end else begin
      if (clear_q) clear_index_q <= clear_index_q + ONE;
      if (marker) tag_q <= tag_q == TAG_LAST ? TAG_FIRST : tag_q + TAG_FIRST;
      if (marker && tag_q == TAG_LAST) begin
        clear_q       <= 1'b1;
        clear_index_q <= FIRST;
      end else if (clear_index_q == LAST) begin
        clear_q <= 1'b0;
      end
    end
  end

  always @(posedge clk) begin
    if (clear_q) mem[clear_index_q] <= {TAG_NONE, NONE};
    else if (write) mem[addr[INDEX_BITS-1:0]] <= written;
  end

  always @(posedge clk) begin
    if (accept) begin
      word_q   <= mem[s_axis_tdata[INDEX_BITS-1:0]];
      write_q  <= written;
      bypass_q <= write && addr[INDEX_BITS-1:0] == s_axis_tdata[INDEX_BITS-1:0];
    end
  end

endmodule

`resetall
