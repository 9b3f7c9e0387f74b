// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Event-driven synapses: an event visits the taps that lie within the map, and only those.
//
//   acc[o, y', x'] += +-w[o, c, ky, kx] << digit     for each output that sees the event (c, y, x)
//
// A word is LANES output channels of one convolution group at one position. For each tap, the
// event visits the words of its channel's group, one word per cycle. Tables by coordinate
// (trispike_axis_taps) give its first output and tap; from there, addresses advance by constants.
// A dense layer is a convolution whose kernel is the whole map: it has one output position, and
// each input has one tap.
//
// In a depthwise convolution (such as an identity shortcut, whose kernel is 1x1) an event reaches
// only one channel. Its words still hold LANES = SLICE neighbouring channels (PACKED), so that a
// sweep reads as many neurons per cycle as elsewhere; the event adds only to its own lane.
//
// Weights lie word-major: row ((j * KERNEL_H + ky) * KERNEL_W + kx) * IN_C + c holds the weights
// from input channel c at tap (ky, kx) to the j-th word of c's group, the lowest channel in the
// lowest bits.
//
// The marker of a time step ends its events and stands for its sweep: step_valid_o says that one
// stands, and each step_next_i asks for SLICE accumulators, in rising order (position, group,
// channel). They are at current_o LATENCY = 7 cycles later. The first slice of a word takes the
// whole word out of the accumulators, and clears it. With REPEAT > 1 (static input) each marker
// stands for REPEAT time steps: the accumulators are read REPEAT times and cleared the last time.
//
// Events of the next step are added while the sweep runs, but for the cycles in which it takes a
// word, and its marker waits until the sweep is over. There are two ways to keep the steps apart.
// Of LUT-RAM (MEMORY 1) there are two pages: the events of a step go to one, while the sweep reads
// the other. Elsewhere an event waits at a word until the sweep has taken it.
module trispike_engine #(
  parameter IN_C        = 4,   // input channels
  parameter IN_H        = 8,   // rows of the input map
  parameter IN_W        = 8,   // columns of the input map
  parameter N           = 8,   // output channels of a convolution group
  parameter GROUPS      = 1,   // convolution groups
  parameter OUT_H       = 8,   // rows of the output map
  parameter OUT_W       = 8,   // columns of the output map
  parameter KERNEL_H    = 3,   // rows of the kernel
  parameter KERNEL_W    = 3,   // columns of the kernel
  parameter STRIDE_H    = 1,   // rows from one output to the next
  parameter STRIDE_W    = 1,   // columns from one output to the next
  parameter PADDING_H   = 1,   // rows of the first window above the map
  parameter PADDING_W   = 1,   // columns of the first window left of the map
  parameter LANES       = 8,   // channels per word, <= N; SLICE if PACKED
  parameter SLICE       = 4,   // accumulators read per cycle, <= LANES
  parameter PACKED      = 0,   // 1: depthwise, N = 1 and IN_C = GROUPS, words of LANES groups
  parameter ADDR_BITS   = 8,   // bits of an event's address
  parameter DIGIT_BITS  = 0,   // bits of an event's digit; 0: spikes, no digits
  parameter W_BITS      = 8,   // bits of a weight
  parameter ACC_BITS    = 12,  // bits of an accumulator
  parameter SHIFT       = 0,   // current = acc << SHIFT
  parameter MEMORY      = 2,   // kind of the accumulators' memory (trispike_accumulators)
  parameter REPEAT      = 1,   // time steps for which a marker stands
  parameter PARITY      = 0,   // 1: words of weights and of accumulators have a parity bit each
  parameter COUNT_BITS  = 48,  // bits of the counters
  parameter LOAD_ADDR_BITS = 1,  // bits of a loaded word's address
  parameter LOAD_WORD_BITS = 1,  // bits of a loaded word; 1: nothing can be loaded
  parameter WEIGHT_FILE = ""   // for $readmemh
) (
  input  wire                              clk,
  input  wire                              rst_n,
  // events {kind, neg, digit, addr = {y, x, c}} in any order, then the step's marker (kind 1)
  input  wire [ADDR_BITS+DIGIT_BITS+1:0]   s_axis_tdata,
  input  wire                              s_axis_tvalid,
  input  wire                              s_axis_tlast,   // set with a sample's last marker
  output wire                              s_axis_tready,
  // one sweep over the neurons for each time step
  output wire                              step_valid_o,   // all events of the step have been sent
  output wire                              step_last_o,    // it is the sample's last step
  input  wire                              step_next_i,    // read the next slice
  output wire [SLICE*(ACC_BITS+SHIFT)-1:0] current_o,
  output wire                              error_o,        // a word that was read has flipped
  // writes of weights at run time
  input  wire                              load_write_i,
  input  wire [LOAD_ADDR_BITS-1:0]         load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]         load_word_i,
  // counters
  output wire [COUNT_BITS-1:0]             events_o,
  output wire [COUNT_BITS-1:0]             additions_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (IN_C % GROUPS != 0) begin : check_in_c
      trispike_engine_IN_C_is_no_multiple_of_GROUPS error ();
    end
    if (PACKED != 0 && !(GROUPS > 1 && N == 1 && IN_C == GROUPS)) begin : check_packed
      trispike_engine_PACKED_is_not_depthwise error ();
    end
    if (LANES > N && PACKED == 0) begin : check_lanes
      trispike_engine_LANES_is_more_than_N error ();
    end
    if (SLICE > LANES) begin : check_slice
      trispike_engine_SLICE_is_more_than_LANES error ();
    end
    if (LANES < N && LANES % SLICE != 0) begin : check_lanes_2
      trispike_engine_LANES_is_no_multiple_of_SLICE error ();
    end
    if (ADDR_BITS < $clog2(IN_C) + $clog2(IN_H) + $clog2(IN_W)) begin : check_addr_bits
      trispike_engine_ADDR_BITS_is_too_small_for_the_map error ();
    end
    if (REPEAT < 1) begin : check_repeat
      trispike_engine_REPEAT_is_less_than_1 error ();
    end
    // With one position, and words that take turns, no word is used twice in a row.
    if (MEMORY == 1 && !(OUT_H * OUT_W == 1 && REACH > 1)) begin : check_memory
      trispike_engine_MEMORY_1_needs_words_that_take_turns error ();
    end
  endgenerate

  localparam REACH       = (N + LANES - 1) / LANES;           // words of a group at a position
  localparam LANES_LAST  = N - (REACH - 1) * LANES;           // channels in the last of these words
  localparam SLICES      = (LANES + SLICE - 1) / SLICE;       // slices of a full word
  localparam SLICES_LAST = (LANES_LAST + SLICE - 1) / SLICE;  // slices of a group's last word
  localparam PACKS       = (GROUPS + LANES - 1) / LANES;
  localparam AT_POSITION = PACKED ? PACKS : GROUPS * REACH;   // words per position
  localparam WORDS       = OUT_H * OUT_W * AT_POSITION;
  localparam KERNEL_ROWS = KERNEL_H * KERNEL_W * IN_C;        // rows of weights for each word
  localparam ROWS        = REACH * KERNEL_ROWS;
  localparam C_BITS      = $clog2(IN_C);

  localparam WORD_BITS   = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam PAGES       = MEMORY == 1 ? 2 : 1;
  localparam PLACES      = (PAGES - 1) * (1 << WORD_BITS) + WORDS;  // words of accumulators
  localparam PLACE_BITS  = WORD_BITS + PAGES - 1;
  localparam ROW_BITS    = ROWS > 1 ? $clog2(ROWS) : 1;
  localparam REACH_BITS  = REACH > 1 ? $clog2(REACH) : 1;
  localparam SLICE_BITS  = SLICES > 1 ? $clog2(SLICES) : 1;
  localparam LANE_BITS   = LANES > 1 ? $clog2(LANES) : 1;
  localparam REPEAT_BITS = REPEAT > 1 ? $clog2(REPEAT) : 1;
  localparam ADD_BITS    = $clog2(LANES + 1);
  localparam DIGIT_WIRES = DIGIT_BITS > 0 ? DIGIT_BITS : 1;

  localparam [WORD_BITS-1:0]   WORD_FIRST   = 0;
  localparam [WORD_BITS-1:0]   WORD_LAST    = WORDS - 1;
  localparam [REACH_BITS-1:0]  REACH_FIRST  = 0;
  localparam [REACH_BITS-1:0]  REACH_ONE    = 1;
  localparam [REACH_BITS-1:0]  REACH_LAST   = REACH - 1;
  localparam [SLICE_BITS-1:0]  SLICE_FIRST  = 0;
  localparam [SLICE_BITS-1:0]  SLICE_ONE    = 1;
  localparam [SLICE_BITS-1:0]  SLICE_FULL   = SLICES - 1;
  localparam [SLICE_BITS-1:0]  SLICE_LAST   = SLICES_LAST - 1;
  localparam [REPEAT_BITS-1:0] REPEAT_FIRST = 0;
  localparam [REPEAT_BITS-1:0] REPEAT_ONE   = 1;
  localparam [REPEAT_BITS-1:0] REPEAT_LAST  = REPEAT - 1;
  localparam [ADD_BITS-1:0]    ADD_FULL     = LANES;
  localparam [ADD_BITS-1:0]    ADD_LAST     = LANES_LAST;
  localparam [ADD_BITS-1:0]    ADD_NONE     = 0;
  localparam [ADDR_BITS-1:0]   C_MASK       = (1 << C_BITS) - 1;

  // Address steps: from one word to the next, from a tap's last word to the next tap's first, and
  // from the first word of a row of taps to the first word of the next row.
  localparam [WORD_BITS-1:0]   WORD_NEXT    = 1;
  localparam [WORD_BITS-1:0]   WORD_X       = AT_POSITION - (REACH - 1);
  localparam [WORD_BITS-1:0]   WORD_Y       = OUT_W * AT_POSITION;
  localparam [ROW_BITS-1:0]    ROW_NEXT     = KERNEL_ROWS;
  localparam [ROW_BITS-1:0]    ROW_X        = -STRIDE_W * IN_C - (REACH - 1) * KERNEL_ROWS;
  localparam [ROW_BITS-1:0]    ROW_Y        = -STRIDE_H * KERNEL_W * IN_C;

  // --- where an event goes first -------------------------------------------------------------

  wire [ADDR_BITS-1:0]   addr = s_axis_tdata[ADDR_BITS-1:0];
  wire                   kind = s_axis_tdata[ADDR_BITS+DIGIT_BITS+1];
  wire [ROW_BITS-1:0]    c    = addr & C_MASK;
  wire                   seen;    // some output sees the event
  wire [WORD_BITS-1:0]   word_y;
  wire [WORD_BITS-1:0]   word_x;
  wire [WORD_BITS-1:0]   word_c;
  wire [ROW_BITS-1:0]    row_y;
  wire [ROW_BITS-1:0]    row_x;
  wire [LANE_BITS-1:0]   lane;
  wire [DIGIT_WIRES-1:0] digit;

  // Only its own group sees a channel, so groups are windows side by side along the channels. A
  // pack of channels is a window as well, in which a channel's tap is its lane.
  generate
    if (GROUPS > 1) begin : has_groups
      trispike_axis_taps #(
        .SIZE     (IN_C),
        .OUT      (PACKED ? PACKS : GROUPS),
        .KERNEL   (PACKED ? LANES : IN_C / GROUPS),
        .STRIDE   (PACKED ? LANES : IN_C / GROUPS),
        .PADDING  (0),
        .LSB      (0),
        .ADDR_BITS(ADDR_BITS),
        .OUT_STEP (REACH),
        .OUT_BITS (WORD_BITS),
        .TAP_BITS (LANE_BITS)
      ) c_axis (
        .addr_i(addr),
        .span_o(),
        .out_o (word_c),
        .tap_o (lane)
      );
    end else begin : one_group
      assign word_c = WORD_FIRST;
      assign lane   = {LANE_BITS{1'b0}};
    end

    if (DIGIT_BITS > 0) begin : digit_field
      assign digit = s_axis_tdata[ADDR_BITS+:DIGIT_WIRES];
    end else begin : no_digit_field
      assign digit = {DIGIT_WIRES{1'b0}};
    end
  endgenerate

  // --- head: the event at work, word by word -------------------------------------------------

  reg                   clear_q;      // a sweep after reset clears all accumulators
  reg                   head_q;       // an event with words left is at the head
  reg                   page_q;       // page to which events are added
  reg                   neg_q;
  reg [DIGIT_WIRES-1:0] digit_q;
  reg [LANE_BITS-1:0]   lane_q;       // lane, if words are packed
  reg [WORD_BITS-1:0]   word_q;       // word of the accumulators
  reg [ROW_BITS-1:0]    row_q;        // row of the weights
  reg [WORD_BITS-1:0]   line_word_q;  // the first word and row in this row of taps
  reg [ROW_BITS-1:0]    line_row_q;
  reg [REACH_BITS-1:0]  reach_q;      // index among a group's words at a position

  // --- sweep: the marker that stands, slice by slice -----------------------------------------

  reg                   step_q;         // a marker stands
  reg                   last_q;         // it is the sample's last
  reg                   wait_q;         // the next marker waits behind it
  reg                   wait_last_q;
  reg                   sweep_page_q;   // page that is swept
  reg [WORD_BITS-1:0]   sweep_word_q;   // word of the slice that comes next
  reg [REACH_BITS-1:0]  sweep_reach_q;  // index of this word among its group's at a position
  reg [SLICE_BITS-1:0]  slice_q;
  reg [REPEAT_BITS-1:0] repeat_q;

  wire accept     = s_axis_tvalid && s_axis_tready;
  wire mark       = accept && kind;
  wire sweep      = clear_q || step_next_i;
  wire group_end  = sweep_reach_q == REACH_LAST;
  wire slice_end  = clear_q || slice_q == (group_end ? SLICE_LAST : SLICE_FULL);
  wire word_end   = sweep && slice_end;
  wire sweep_end  = word_end && sweep_word_q == WORD_LAST;
  wire repeat_end = repeat_q == REPEAT_LAST;
  wire done       = sweep_end && repeat_end && !clear_q;

  // What the sweep asks for is done a cycle later. So the path that asks ends here.
  reg                   read_q;
  reg                   fetch_q;  // the slice is the first of its word, which is taken
  reg                   clear_word_q;
  reg  [SLICE_BITS-1:0] read_slice_q;
  reg  [PLACE_BITS-1:0] take_place_q;

  // Words that the sweep has not taken yet belong to the step before.
  wire taken      = word_q < sweep_word_q || (word_q == sweep_word_q && slice_q != SLICE_FIRST);
  wire free       = PAGES == 2 || !step_q || (repeat_end && taken);

  wire add        = head_q && free && !fetch_q;
  wire reach_end  = reach_q == REACH_LAST;
  wire x_end;     // the last tap of its row
  wire walk_end;  // the last tap of all
  wire line_end   = reach_end && x_end;
  wire add_end    = add && reach_end && walk_end;

  trispike_window_walk #(
    .IN_H        (IN_H),
    .IN_W        (IN_W),
    .OUT_H       (OUT_H),
    .OUT_W       (OUT_W),
    .KERNEL_H    (KERNEL_H),
    .KERNEL_W    (KERNEL_W),
    .STRIDE_H    (STRIDE_H),
    .STRIDE_W    (STRIDE_W),
    .PADDING_H   (PADDING_H),
    .PADDING_W   (PADDING_W),
    .X_LSB       (C_BITS),
    .ADDR_BITS   (ADDR_BITS),
    .PLACE_STEP_Y(OUT_W * AT_POSITION),
    .PLACE_STEP_X(AT_POSITION),
    .PLACE_BITS  (WORD_BITS),
    .TAP_STEP_Y  (KERNEL_W * IN_C),
    .TAP_STEP_X  (IN_C),
    .TAP_BITS    (ROW_BITS)
  ) walk (
    .clk      (clk),
    .start_i  (accept),
    .single_i (1'b0),  // a marker does not get here
    .addr_i   (addr),
    .seen_o   (seen),
    .place_y_o(word_y),
    .place_x_o(word_x),
    .tap_y_o  (row_y),
    .tap_x_o  (row_x),
    .step_i   (add && reach_end),
    .row_end_o(x_end),
    .end_o    (walk_end)
  );

  assign s_axis_tready = !clear_q && !wait_q && (!head_q || add_end);
  assign step_valid_o  = step_q;
  assign step_last_o   = last_q && repeat_end;

  wire [WORD_BITS-1:0] word_start = word_y + word_x + word_c;
  wire [ROW_BITS-1:0]  row_start  = row_y + row_x + c;
  wire [WORD_BITS-1:0] word_next  = (line_end ? line_word_q : word_q)
                                  + (!reach_end ? WORD_NEXT : !x_end ? WORD_X : WORD_Y);
  wire [ROW_BITS-1:0]  row_next   = (line_end ? line_row_q : row_q)
                                  + (!reach_end ? ROW_NEXT : !x_end ? ROW_X : ROW_Y);

  always @(posedge clk) begin
    if (!rst_n) begin
      head_q  <= 1'b0;
      page_q  <= 1'b0;
      reach_q <= REACH_FIRST;
    end else begin
      if (accept) head_q <= !kind && seen;
      else if (add_end) head_q <= 1'b0;
      if (mark) page_q <= !page_q;
      if (add) reach_q <= reach_end ? REACH_FIRST : reach_q + REACH_ONE;
    end
  end

  always @(posedge clk) begin
    if (accept) begin
      neg_q       <= s_axis_tdata[ADDR_BITS+DIGIT_BITS];
      digit_q     <= digit;
      lane_q      <= lane;
      word_q      <= word_start;
      row_q       <= row_start;
      line_word_q <= word_start;
      line_row_q  <= row_start;
    end else if (add) begin
      word_q <= word_next;
      row_q  <= row_next;
      if (line_end) begin
        line_word_q <= word_next;
        line_row_q  <= row_next;
      end
    end
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      clear_q       <= 1'b1;
      step_q        <= 1'b0;
      wait_q        <= 1'b0;
      sweep_page_q  <= 1'b0;
      sweep_word_q  <= WORD_FIRST;
      sweep_reach_q <= REACH_FIRST;
      slice_q       <= SLICE_FIRST;
      repeat_q      <= REPEAT_FIRST;
    end else begin
      if (sweep_end && (PAGES == 1 || sweep_page_q)) clear_q <= 1'b0;
      if (!step_q || done) step_q <= mark || wait_q;
      wait_q <= (mark || wait_q) && step_q && !done;
      if (done || (clear_q && sweep_end)) sweep_page_q <= !sweep_page_q;
      if (sweep) slice_q <= slice_end ? SLICE_FIRST : slice_q + SLICE_ONE;
      if (word_end) begin
        sweep_word_q  <= sweep_word_q == WORD_LAST ? WORD_FIRST : sweep_word_q + WORD_NEXT;
        sweep_reach_q <= group_end ? REACH_FIRST : sweep_reach_q + REACH_ONE;
      end
      if (sweep_end && !clear_q) repeat_q <= repeat_end ? REPEAT_FIRST : repeat_q + REPEAT_ONE;
    end
  end

  always @(posedge clk) begin
    if (mark) wait_last_q <= s_axis_tlast;
    if (!step_q || done) last_q <= mark ? s_axis_tlast : wait_last_q;
  end

  wire [PLACE_BITS-1:0] add_place;
  wire [PLACE_BITS-1:0] sweep_place;

  generate
    if (PAGES == 2) begin : two_pages
      assign add_place   = {page_q, word_q};
      assign sweep_place = {sweep_page_q, sweep_word_q};
    end else begin : one_page
      assign add_place   = word_q;
      assign sweep_place = sweep_word_q;
    end
  endgenerate

  wire fetch = step_next_i && slice_q == SLICE_FIRST;

  always @(posedge clk) begin
    if (!rst_n) {read_q, fetch_q, clear_word_q} <= 3'b0;
    else {read_q, fetch_q, clear_word_q} <= {step_next_i, fetch, clear_q || (fetch && repeat_end)};
    read_slice_q <= slice_q;
    take_place_q <= sweep_place;
  end

  trispike_accumulators #(
    .WORDS      (PLACES),
    .ROWS       (ROWS),
    .LANES      (LANES),
    .SLICE      (SLICE),
    .WORD_BITS  (PLACE_BITS),
    .ROW_BITS   (ROW_BITS),
    .SLICE_BITS (SLICE_BITS),
    .LANE_BITS  (LANE_BITS),
    .PACKED     (PACKED),
    .DIGIT_BITS (DIGIT_BITS),
    .DIGIT_WIRES(DIGIT_WIRES),
    .W_BITS     (W_BITS),
    .ACC_BITS   (ACC_BITS),
    .SHIFT      (SHIFT),
    .MEMORY     (MEMORY),
    .PARITY     (PARITY),
    .LOAD_ADDR_BITS(LOAD_ADDR_BITS),
    .LOAD_WORD_BITS(LOAD_WORD_BITS),
    .WEIGHT_FILE(WEIGHT_FILE)
  ) accumulators (
    .clk      (clk),
    .rst_n    (rst_n),
    .add_i    (add),
    .read_i   (read_q),
    .clear_i  (clear_word_q),
    .neg_i    (neg_q),
    .digit_i  (digit_q),
    .row_i    (row_q),
    .word_i   (fetch_q || clear_word_q ? take_place_q : add_place),
    .slice_i  (read_slice_q),
    .lane_i   (lane_q),
    .load_write_i(load_write_i),
    .load_addr_i (load_addr_i),
    .load_word_i (load_word_i),
    .current_o(current_o),
    .error_o  (error_o)
  );

  // --- counters ------------------------------------------------------------------------------

  trispike_counter #(
    .ADD_BITS  (1),
    .COUNT_BITS(COUNT_BITS)
  ) events (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (accept && !kind),
    .count_o(events_o)
  );

  // Additions in the padding lanes of a group's last word are not counted.
  trispike_counter #(
    .ADD_BITS  (ADD_BITS),
    .COUNT_BITS(COUNT_BITS)
  ) additions (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (!add ? ADD_NONE : reach_end ? ADD_LAST : ADD_FULL),
    .count_o(additions_o)
  );

`ifndef SYNTHESIS
  wire [ADDR_BITS-1:0] x = (addr >> C_BITS) & ((1 << $clog2(IN_W)) - 1);
  wire [ADDR_BITS-1:0] y = addr >> (C_BITS + $clog2(IN_W));

  always @(posedge clk) begin
    if (rst_n && accept) begin
      if (!kind && (c >= IN_C || x >= IN_W || y >= IN_H || s_axis_tlast)) begin
        $display("ASSERT %m: event at (%0d, %0d, %0d) of (%0d, %0d, %0d), tlast %b",
                 c, y, x, IN_C, IN_H, IN_W, s_axis_tlast);
        $finish;
      end
      if (kind && REPEAT > 1 && !s_axis_tlast) begin
        $display("ASSERT %m: a static input is one step, so its marker bears tlast");
        $finish;
      end
    end
    if (rst_n && step_next_i && !step_valid_o) begin
      $display("ASSERT %m: read without a marker");
      $finish;
    end
  end
`endif

endmodule

`resetall
