// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_engine, of any geometry: what it asks of its accumulators (accumulators_free.v).
//
// A section is a convolution group's channels, or LANES of them if PACKED. The proof follows any
// one word: of any number among its section's words, at any window. An event adds to it exactly
// once if window and section contain the event, by their definitions, and then with the row of
// weights of the event's tap; if not, never. A marker makes REPEAT sweeps. Each reads all slices of
// all words in order, and the last one clears them. Until it has taken a word, no event behind the
// marker adds to this word; with two pages (MEMORY 1), none adds to the page that is swept.
module engine_windows #(
  parameter IN_C       = 2,
  parameter IN_H       = 3,
  parameter IN_W       = 3,
  parameter N          = 3,
  parameter GROUPS     = 2,
  parameter OUT_H      = 2,
  parameter OUT_W      = 2,
  parameter KERNEL_H   = 3,
  parameter KERNEL_W   = 2,
  parameter STRIDE_H   = 2,
  parameter STRIDE_W   = 1,
  parameter PADDING_H  = 1,
  parameter signed [31:0] PADDING_W = 0,
  parameter LANES      = 2,
  parameter SLICE      = 1,
  parameter PACKED     = 0,
  parameter ADDR_BITS  = 5,
  parameter DIGIT_BITS = 1,
  parameter REPEAT     = 2,
  parameter MEMORY     = 2
) (
  input wire                            clk,
  input wire                            rst_n,
  input wire [ADDR_BITS+DIGIT_BITS+1:0] s_axis_tdata,
  input wire                            s_axis_tvalid,
  input wire                            s_axis_tlast,
  input wire                            step_next_i
);

  localparam C_BITS   = $clog2(IN_C);
  localparam X_BITS   = $clog2(IN_W);
  localparam SPAN     = PACKED ? LANES : IN_C / GROUPS;     // input channels of a section
  localparam SECTIONS = (IN_C + SPAN - 1) / SPAN;
  localparam REACH    = (N + LANES - 1) / LANES;            // words of a section at a position
  localparam REST     = N - (REACH - 1) * LANES;            // channels in the last of these words
  localparam AREAS    = OUT_H * OUT_W * SECTIONS;           // sections at all positions
  localparam WORDS    = AREAS * REACH;
  localparam ROWS     = REACH * KERNEL_H * KERNEL_W * IN_C;
  localparam FULL     = (LANES + SLICE - 1) / SLICE;        // slices of a word
  localparam LAST     = (REST + SLICE - 1) / SLICE;         // slices of a section's last word

  localparam PAGES       = MEMORY == 1 ? 2 : 1;
  localparam WORD_BITS   = WORDS > 1 ? $clog2(WORDS) : 1;   // of the module's registers
  localparam PLACE_BITS  = WORD_BITS + PAGES - 1;
  localparam ROW_BITS    = ROWS > 1 ? $clog2(ROWS) : 1;
  localparam REACH_BITS  = REACH > 1 ? $clog2(REACH) : 1;
  localparam SLICE_BITS  = FULL > 1 ? $clog2(FULL) : 1;
  localparam LANE_BITS   = LANES > 1 ? $clog2(LANES) : 1;
  localparam REPEAT_BITS = REPEAT > 1 ? $clog2(REPEAT) : 1;
  localparam DIGIT_WIRES = DIGIT_BITS > 0 ? DIGIT_BITS : 1;
  localparam MOST_Y      = (KERNEL_H + STRIDE_H - 1) / STRIDE_H;
  localparam MOST_X      = (KERNEL_W + STRIDE_W - 1) / STRIDE_W;
  localparam LEFT_Y_BITS = $clog2((MOST_Y < OUT_H ? MOST_Y : OUT_H) + 1);
  localparam LEFT_X_BITS = $clog2((MOST_X < OUT_W ? MOST_X : OUT_W) + 1);

  // The first window begins so many columns left of the map, or so many within it.
  localparam LEFT        = PADDING_W > 0 ? PADDING_W : 0;
  localparam SKIP        = PADDING_W < 0 ? -PADDING_W : 0;

  // bits of any number here: a word, a row, a coordinate of the padded map
  localparam WIDE = $clog2(WORDS + ROWS + IN_H + IN_W + KERNEL_H + KERNEL_W + PADDING_H + LEFT
                           + SKIP + OUT_H * STRIDE_H + OUT_W * STRIDE_W) + 1;

  wire s_axis_tready;
  wire step_valid;
  wire step_last;

  trispike_engine #(
    .IN_C      (IN_C),
    .IN_H      (IN_H),
    .IN_W      (IN_W),
    .N         (N),
    .GROUPS    (GROUPS),
    .OUT_H     (OUT_H),
    .OUT_W     (OUT_W),
    .KERNEL_H  (KERNEL_H),
    .KERNEL_W  (KERNEL_W),
    .STRIDE_H  (STRIDE_H),
    .STRIDE_W  (STRIDE_W),
    .PADDING_H (PADDING_H),
    .PADDING_W (PADDING_W),
    .LANES     (LANES),
    .SLICE     (SLICE),
    .PACKED    (PACKED),
    .ADDR_BITS (ADDR_BITS),
    .DIGIT_BITS(DIGIT_BITS),
    .MEMORY    (MEMORY),
    .REPEAT    (REPEAT)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tlast (s_axis_tlast),
    .s_axis_tready(s_axis_tready),
    .step_valid_o (step_valid),
    .step_last_o  (step_last),
    .step_next_i  (step_next_i),
    .current_o    (),
    .load_write_i (1'b0),
    .load_addr_i  (1'b0),
    .load_word_i  (1'b0),
    .events_o     (),
    .additions_o  ()
  );

  // what the accumulators are asked for
  (* keep, peek = "dut.accumulators.add_i" *)   wire                   add;
  (* keep, peek = "dut.accumulators.read_i" *)  wire                   read;
  (* keep, peek = "dut.accumulators.clear_i" *) wire                   clear;
  (* keep, peek = "dut.accumulators.neg_i" *)   wire                   neg;
  (* keep, peek = "dut.accumulators.digit_i" *) wire [DIGIT_WIRES-1:0] digit;
  (* keep, peek = "dut.accumulators.row_i" *)   wire [ROW_BITS-1:0]    row;
  (* keep, peek = "dut.accumulators.word_i" *)  wire [PLACE_BITS-1:0]  place;
  (* keep, peek = "dut.accumulators.slice_i" *) wire [SLICE_BITS-1:0]  slice;
  (* keep, peek = "dut.accumulators.lane_i" *)  wire [LANE_BITS-1:0]   lane;

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  (* keep, peek = "dut.accumulators.memory" *) wire [1:0] memory;
  always @* kind_of_memory: assert (memory == MEMORY);  // of which accumulator_sum.v is asked

  // --- the beat at the input -------------------------------------------------------------------

  wire [ADDR_BITS-1:0] address = s_axis_tdata[ADDR_BITS-1:0];
  wire [WIDE-1:0] c = address & ((1 << C_BITS) - 1);
  wire [WIDE-1:0] x = (address >> C_BITS) & ((1 << X_BITS) - 1);
  wire [WIDE-1:0] y = address >> (C_BITS + X_BITS);
  wire            kind = s_axis_tdata[ADDR_BITS+DIGIT_BITS+1];

  always @* begin
    assume (!s_axis_tvalid || kind
            || (c < IN_C && x < IN_W && address >> (C_BITS + X_BITS) < IN_H));
    assume (!step_next_i || step_valid);
  end

  wire enters = s_axis_tvalid && s_axis_tready;

  // --- windows on an axis ----------------------------------------------------------------------

  function contains(
    input [WIDE-1:0] window, input [WIDE-1:0] i, input integer kernel, input integer stride,
    input integer before, input integer skip
  );
    contains = window * stride + skip <= i + before
            && i + before < window * stride + skip + kernel;
  endfunction

  // The windows from first to last contain coordinate i, if any does.
  function [WIDE-1:0] first(
    input [WIDE-1:0] i, input integer kernel, input integer stride, input integer before,
    input integer skip
  );
    first = i + before < skip + kernel ? 0 : (i + before - skip - kernel) / stride + 1;
  endfunction

  function [WIDE-1:0] last(
    input [WIDE-1:0] i, input integer out, input integer stride, input integer before,
    input integer skip
  );
    last = i + before < skip ? 0
         : (i + before - skip) / stride < out ? (i + before - skip) / stride : out - 1;
  endfunction

  // --- the event at work, and the place in a sweep ---------------------------------------------

  reg                            event_q;   // the last beat taken is an event
  reg                            stands_q;  // a marker whose sweeps are not done
  reg                            waits_q;   // another one behind it
  reg                            fresh_q;   // the accumulators are cleared after a reset
  reg                            last_q, wait_last_q;
  reg                            page_q;       // of the events
  reg                            sweep_page_q;
  reg [DIGIT_BITS:0]             tag_q;     // neg and digit
  reg [WIDE-1:0]                 c_q, y_q, x_q;
  reg [WIDE-1:0]                 section_q; // that contains c_q
  reg [WIDE-1:0]                 first_x_q, last_x_q, last_y_q;  // windows that contain the event
  reg [WIDE-1:0]                 area_q;    // in a sweep: section at a position
  reg [WIDE-1:0]                 number_q;  // word of the section
  reg [WIDE-1:0]                 slice_q;
  reg [WIDE-1:0]                 repeat_q;

  wire sweep      = fresh_q || step_next_i;
  wire number_end = number_q == REACH - 1;
  wire slice_end  = slice_q == (number_end ? LAST : FULL) - 1;
  wire repeat_end = repeat_q == REPEAT - 1;
  wire word_end   = sweep && (fresh_q || slice_end);
  wire sweep_end  = word_end && number_end && area_q == AREAS - 1;
  wire done       = sweep_end && repeat_end && !fresh_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      fresh_q  <= 1'b1;
      event_q  <= 1'b0;
      {stands_q, waits_q, page_q, sweep_page_q} <= 4'b0;
      {area_q, number_q, slice_q, repeat_q} <= 0;
    end else begin
      if (enters) event_q <= !kind;
      {stands_q, waits_q} <= {stands_q && !done || waits_q || (enters && kind),
                              stands_q && !done && (waits_q || (enters && kind))};
      if (enters && kind) page_q <= !page_q;
      if (done || (fresh_q && sweep_end)) sweep_page_q <= !sweep_page_q;
      if (sweep) slice_q <= word_end ? 0 : slice_q + 1;
      if (word_end) number_q <= number_end ? 0 : number_q + 1;
      if (word_end && number_end) area_q <= sweep_end ? 0 : area_q + 1;
      if (sweep_end && (PAGES == 1 || sweep_page_q)) fresh_q <= 1'b0;
      if (sweep_end && !fresh_q) repeat_q <= repeat_end ? 0 : repeat_q + 1;
    end
    if (enters && kind) wait_last_q <= s_axis_tlast;
    if (!stands_q || done) last_q <= enters && kind ? s_axis_tlast : wait_last_q;
    if (enters && !kind) begin
      tag_q     <= s_axis_tdata[ADDR_BITS+:DIGIT_BITS+1];
      c_q       <= c;
      y_q       <= y;
      x_q       <= x;
      section_q <= first(c, SPAN, SPAN, 0, 0);
      first_x_q <= first(x, KERNEL_W, STRIDE_W, LEFT, SKIP);
      last_x_q  <= last(x, OUT_W, STRIDE_W, LEFT, SKIP);
      last_y_q  <= last(y, OUT_H, STRIDE_H, PADDING_H, 0);
    end
  end

  // --- the word that is followed ---------------------------------------------------------------

  (* anyconst *) wire [WIDE-1:0] window_y;
  (* anyconst *) wire [WIDE-1:0] window_x;
  (* anyconst *) wire [WIDE-1:0] section;
  (* anyconst *) wire [WIDE-1:0] number;
  (* anyconst *) wire            page;

  always @* begin
    assume (window_y < OUT_H && window_x < OUT_W && section < SECTIONS && number < REACH);
  end

  function [WORD_BITS-1:0] word_of(
    input [WIDE-1:0] at_y, input [WIDE-1:0] at_x, input [WIDE-1:0] at, input [WIDE-1:0] index
  );
    word_of = ((at_y * OUT_W + at_x) * SECTIONS + at) * REACH + index;
  endfunction

  function [PLACE_BITS-1:0] place_of(input on_page, input [WORD_BITS-1:0] word);
    place_of = PAGES == 2 ? {on_page, word} : word;
  endfunction

  function [ROW_BITS-1:0] row_of(
    input [WIDE-1:0] tap_y, input [WIDE-1:0] tap_x, input [WIDE-1:0] channel,
    input [WIDE-1:0] index
  );
    row_of = ((index * KERNEL_H + tap_y) * KERNEL_W + tap_x) * IN_C + channel;
  endfunction

  wire in_y = contains(window_y, y_q, KERNEL_H, STRIDE_H, PADDING_H, 0);
  wire in_x = contains(window_x, x_q, KERNEL_W, STRIDE_W, LEFT, SKIP);
  wire in_c = contains(section, c_q, SPAN, SPAN, 0, 0);
  wire due  = event_q && in_y && in_x && in_c && (PAGES == 1 || page == page_q);
  wire [WORD_BITS-1:0] followed = word_of(window_y, window_x, section, number);
  wire hit  = add && place == place_of(page, followed);
  wire [WIDE-1:0] tap_y = y_q + PADDING_H - window_y * STRIDE_H;
  wire [WIDE-1:0] tap_x = x_q + PADDING_W - window_x * STRIDE_W;

  reg seen_q;   // the event was added
  reg taken_q;  // the last of the sweeps has asked for the word, which is then taken

  // What a sweep asks for is done a cycle later.
  reg                  asked_q, begins_q, wipes_q;
  reg [SLICE_BITS-1:0] asked_slice_q;
  reg [PLACE_BITS-1:0] asked_place_q;

  wire take   = read && slice == 0;
  wire begins = step_next_i && slice_q == 0;

  always @(posedge clk) begin
    {asked_q, begins_q, wipes_q} <=
      rst_n ? {step_next_i, begins, fresh_q || (begins && repeat_end)} : 3'b0;
    asked_slice_q <= slice_q;
    asked_place_q <= place_of(sweep_page_q, area_q * REACH + number_q);
  end

  always @(posedge clk) begin
    if (enters) seen_q <= 1'b0;
    else if (hit) seen_q <= 1'b1;
    if (!rst_n || !stands_q || done) taken_q <= 1'b0;
    else if (begins && repeat_end && area_q * REACH + number_q == followed) taken_q <= 1'b1;
  end

  always @* begin
    if (rst_n) begin
      // events
      once:     assert (!hit || (due && !seen_q));
      complete: assert (!(enters && due) || seen_q || hit);
      weights:  assert (!hit || row == row_of(tap_y, tap_x, c_q, number));
      tagged:   assert (!add || {neg, digit} == (DIGIT_BITS > 0 ? tag_q : {tag_q, 1'b0}));
      own_lane: assert (!add || !PACKED || lane == c_q - section_q * LANES);
      own_step: assert (!hit || !stands_q || (PAGES == 2 ? page != sweep_page_q : taken_q));
      goes_on:  assert (add || take || fresh_q || waits_q || s_axis_tready
                        || (PAGES == 1 && stands_q && !(word == followed && taken_q)));
      // sweeps
      stands:   assert (step_valid == stands_q);
      marks:    assert (!step_valid || step_last == (last_q && repeat_end));
      waits:    assert (!s_axis_tready || !(fresh_q || waits_q));
      apart:    assert (!add || !(take || clear));
      reads:    assert (read == asked_q && take == begins_q && (!read || slice == asked_slice_q));
      clears:   assert (clear == wipes_q);
      in_order: assert (!(take || clear) || place == asked_place_q);
      added:    cover (enters && due && seen_q);
      swept:    cover (enters && !kind && !event_q && last_q);
      beside:   cover (hit && stands_q);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.clear_q" *)       wire                   clear_all;
  (* keep, peek = "dut.head_q" *)        wire                   head;
  (* keep, peek = "dut.page_q" *)        wire                   head_page;
  (* keep, peek = "dut.word_q" *)        wire [WORD_BITS-1:0]   word;
  (* keep, peek = "dut.line_word_q" *)   wire [WORD_BITS-1:0]   line_word;
  (* keep, peek = "dut.line_row_q" *)    wire [ROW_BITS-1:0]    line_row;
  (* keep, peek = "dut.reach_q" *)       wire [REACH_BITS-1:0]  reach;
  (* keep, peek = "dut.wait_q" *)        wire                   waits_behind;
  (* keep, peek = "dut.last_q" *)        wire                   step_is_last;
  (* keep, peek = "dut.wait_last_q" *)   wire                   wait_is_last;
  (* keep, peek = "dut.sweep_page_q" *)  wire                   sweep_page;
  (* keep, peek = "dut.sweep_word_q" *)  wire [WORD_BITS-1:0]   sweep_word;
  (* keep, peek = "dut.slice_q" *)       wire [SLICE_BITS-1:0]  sweep_slice;
  (* keep, peek = "dut.take_place_q" *)  wire [PLACE_BITS-1:0]  take_place;
  (* keep, peek = "dut.sweep_reach_q" *) wire [REACH_BITS-1:0]  sweep_reach;
  (* keep, peek = "dut.repeat_q" *)      wire [REPEAT_BITS-1:0] repeat_n;
  (* keep, peek = "dut.walk.left_y_q" *) wire [LEFT_Y_BITS-1:0] left_y;
  (* keep, peek = "dut.walk.left_x_q" *) wire [LEFT_X_BITS-1:0] left_x;
  (* keep, peek = "dut.walk.more_x_q" *) wire [LEFT_X_BITS-1:0] more_x;

  // An event goes through its windows row by row, and in each through the words of its section.
  wire [WIDE-1:0] now_y = last_y_q - left_y;
  wire [WIDE-1:0] now_x = last_x_q - left_x;
  wire [WIDE-1:0] row_y = y_q + PADDING_H - now_y * STRIDE_H;
  wire before = window_y < now_y || (window_y == now_y
              && (window_x < now_x || (window_x == now_x && number < reach)));
  wire [WIDE-1:0] swept_to = area_q * REACH + number_q;

  always @* begin
    if (rst_n) begin
      states:   assert (clear_all == fresh_q && waits_behind == waits_q
                        && !(fresh_q && (event_q || stands_q)) && (!head || event_q)
                        && (!waits_q || (stands_q && !event_q))
                        && (!stands_q || step_is_last == last_q)
                        && (!waits_q || wait_is_last == wait_last_q));
      pages:    assert (head_page == page_q && sweep_page == sweep_page_q
                        && (fresh_q ? !page_q && (PAGES == 2 || !sweep_page_q)
                            : PAGES == 1 || (page_q ^ sweep_page_q) == (stands_q && !waits_q)));
      in_sweep: assert (area_q < AREAS && number_q < REACH && repeat_q < REPEAT
                        && slice_q < (number_end ? LAST : FULL)
                        && sweep_slice == slice_q && repeat_n == repeat_q
                        && (!(asked_q || wipes_q)
                            || (slice == asked_slice_q && take_place == asked_place_q))
                        && sweep_reach == number_q && sweep_word == swept_to);
      rest:     assert (fresh_q ? slice_q == 0 && repeat_q == 0
                        : stands_q || {area_q, number_q, slice_q, repeat_q} == 0);
      at_word:  assert (head ? reach < REACH : reach == 0);
      so_far:   assert (taken_q == (stands_q && repeat_end
                        && (followed < swept_to || (followed == swept_to && slice_q != 0))));
    end
    if (rst_n && event_q) begin
      legal:    assert (c_q < IN_C && x_q < IN_W && y_q < IN_H);
      c_span:   assert (in_c == (section == section_q) && section_q < SECTIONS);
    end
    if (rst_n && event_q && head) begin
      tag:      assert ({neg, digit} == (DIGIT_BITS > 0 ? tag_q : {tag_q, 1'b0}));
      own:      assert (!PACKED || lane == c_q - section_q * LANES);
      windows:  assert (left_x <= more_x && more_x <= last_x_q && first_x_q == last_x_q - more_x
                        && left_y <= last_y_q && last_x_q < OUT_W && last_y_q < OUT_H
                        && (LEFT_X_BITS > 1 || (left_x == 0 && more_x == 0))
                        && (LEFT_Y_BITS > 1 || left_y == 0));
      x_span:   assert (in_x == (first_x_q <= window_x && window_x <= last_x_q));
      y_span:   assert (window_y < now_y || in_y == (window_y <= last_y_q));
      at:       assert (word == word_of(now_y, now_x, section_q, reach)
                        && line_word == word_of(now_y, first_x_q, section_q, 0));
      at_row:   assert (row == row_of(row_y, x_q + PADDING_W - now_x * STRIDE_W, c_q, reach));
      line:     assert (line_row
                        == row_of(row_y, x_q + PADDING_W - first_x_q * STRIDE_W, c_q, 0));
      passed:   assert (seen_q == (due && before));
    end
    if (rst_n && event_q && !head) all_passed: assert (seen_q == due);
  end

endmodule

`resetall
