// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The data path of an engine: weights, LANES adders and the accumulators, in a pipeline.
//
//   add_i:   adds +-(the weights of row row_i << digit_i) to the LANES accumulators of word word_i;
//            if PACKED, a row is one weight, and only lane lane_i of the word adds it
//   read_i:  slice slice_i appears at current_o LATENCY = 6 cycles later; with slice 0, of word
//            word_i, which is taken out of the memory, with others of the word taken last
//   clear_i: the word is 0 for all operations that follow
//
// There is one operation on a word per cycle, in order, and each sees the results of those before
// it. A read of another slice than 0 is none, and an addition may come with it. Each lane has its
// own memory of accumulators, which is of one of three kinds (MEMORY):
//
//   0  registers: there is one word
//   1  LUT-RAM, read a cycle before it is written. No operation may follow on a word that was
//      written in the cycle before. A word is cleared by a bit that says so (fresh_q).
//   2  block RAM, read two cycles before it is written
module trispike_accumulators #(
  parameter WORDS       = 4,   // words of accumulators
  parameter ROWS        = 64,  // words of weights
  parameter LANES       = 8,   // accumulators per word
  parameter SLICE       = 4,   // accumulators read per cycle, <= LANES
  parameter WORD_BITS   = 2,   // bits of a word's index
  parameter ROW_BITS    = 6,   // bits of a row's index
  parameter SLICE_BITS  = 1,   // bits of a slice's index
  parameter LANE_BITS   = 1,   // bits of a lane's index
  parameter PACKED      = 0,   // 1: an addition goes to one lane of the word, 0: to all lanes
  parameter DIGIT_BITS  = 0,   // bits of a digit; 0: none
  parameter DIGIT_WIRES = 1,   // DIGIT_BITS, at least 1
  parameter W_BITS      = 8,   // bits of a weight
  parameter ACC_BITS    = 12,  // bits of an accumulator
  parameter SHIFT       = 0,   // current = acc << SHIFT
  parameter MEMORY      = 2,   // kind of the accumulators' memory: 0, 1 or 2
  parameter PARITY      = 0,   // 1: words of weights and of accumulators have a parity bit each
  parameter LOAD_ADDR_BITS = 1,  // bits of a loaded word's address
  parameter LOAD_WORD_BITS = 1,  // bits of a loaded word; 1: nothing can be loaded
  parameter WEIGHT_FILE = ""   // for $readmemh
) (
  input  wire                              clk,
  input  wire                              rst_n,
  input  wire                              add_i,
  input  wire                              read_i,
  input  wire                              clear_i,
  input  wire                              neg_i,
  input  wire [DIGIT_WIRES-1:0]            digit_i,
  input  wire [ROW_BITS-1:0]               row_i,
  input  wire [WORD_BITS-1:0]              word_i,
  input  wire [SLICE_BITS-1:0]             slice_i,
  input  wire [LANE_BITS-1:0]              lane_i,
  // writes of weights at run time
  input  wire                              load_write_i,
  input  wire [LOAD_ADDR_BITS-1:0]         load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]         load_word_i,
  output reg  [SLICE*(ACC_BITS+SHIFT)-1:0] current_o,
  output wire                              error_o     // a word that was read has flipped
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (SLICE > LANES) begin : check_slice
      trispike_accumulators_SLICE_is_more_than_LANES error ();
    end
    if (MEMORY == 0 && WORDS > 1) begin : check_memory
      trispike_accumulators_MEMORY_0_has_one_word error ();
    end
    if (DIGIT_BITS > 0 && DIGIT_WIRES != DIGIT_BITS) begin : check_digit_wires
      trispike_accumulators_DIGIT_WIRES_is_not_DIGIT_BITS error ();
    end
  endgenerate

  localparam WEIGHTS   = PACKED != 0 ? 1 : LANES;  // per row
  localparam ROW_WIDTH = WEIGHTS * W_BITS + (PARITY != 0 ? 1 : 0);  // the parity bit is the highest
  localparam SLICES    = (LANES + SLICE - 1) / SLICE;
  localparam SPAN      = DIGIT_BITS > 0 ? (1 << DIGIT_BITS) - 1 : 0;  // the largest shift
  localparam TERM_BITS = W_BITS + SPAN;
  localparam SUM_BITS  = (TERM_BITS > ACC_BITS ? TERM_BITS : ACC_BITS) + 2;  // fits any sum

  // --- pipeline ------------------------------------------------------------------------------
  //
  // Stage 1 reads the weights, 2 and 3 join their banks, 4 shifts and negates and then accumulates,
  // takes or clears a word, and 5 selects the slice.

  reg                   add1_q,   add2_q,   add3_q,   add4_q;
  reg                   take1_q,  take2_q,  take3_q,  take4_q;
  reg                   read1_q,  read2_q,  read3_q,  read4_q,  read5_q;
  reg                   clear1_q, clear2_q, clear3_q, clear4_q;
  reg                   neg1_q,   neg2_q,   neg3_q;
  reg [WORD_BITS-1:0]   word1_q,  word2_q,  word3_q,  word4_q;
  reg [SLICE_BITS-1:0]  slice1_q, slice2_q, slice3_q, slice4_q, slice5_q;
  reg [LANE_BITS-1:0]   lane1_q,  lane2_q,  lane3_q;
  reg [DIGIT_WIRES-1:0] digit1_q, digit2_q, digit3_q;

  wire take = read_i && slice_i == {SLICE_BITS{1'b0}};

  always @(posedge clk) begin
    if (!rst_n) begin
      {add1_q, add2_q, add3_q, add4_q}             <= 4'b0;
      {take1_q, take2_q, take3_q, take4_q}         <= 4'b0;
      {read1_q, read2_q, read3_q, read4_q, read5_q} <= 5'b0;
      {clear1_q, clear2_q, clear3_q, clear4_q}     <= 4'b0;
    end else begin
      {add1_q, add2_q, add3_q, add4_q}             <= {add_i, add1_q, add2_q, add3_q};
      {take1_q, take2_q, take3_q, take4_q}         <= {take, take1_q, take2_q, take3_q};
      {read1_q, read2_q, read3_q, read4_q, read5_q} <= {read_i, read1_q, read2_q, read3_q, read4_q};
      {clear1_q, clear2_q, clear3_q, clear4_q}     <= {clear_i, clear1_q, clear2_q, clear3_q};
    end
  end

  always @(posedge clk) begin
    {neg1_q, neg2_q, neg3_q}             <= {neg_i, neg1_q, neg2_q};
    {word1_q, word2_q, word3_q, word4_q} <= {word_i, word1_q, word2_q, word3_q};
    {lane1_q, lane2_q, lane3_q}          <= {lane_i, lane1_q, lane2_q};
    {digit1_q, digit2_q, digit3_q}       <= {digit_i, digit1_q, digit2_q};
    {slice1_q, slice2_q, slice3_q, slice4_q, slice5_q}
      <= {slice_i, slice1_q, slice2_q, slice3_q, slice4_q};
  end

  wire [ROW_BITS-1:0]  load_addr = load_addr_i;
  wire [ROW_WIDTH-1:0] load_word = load_word_i;
  wire [ROW_WIDTH-1:0] weight3;

  trispike_banked_rom #(
    .WIDTH    (ROW_WIDTH),
    .DEPTH    (ROWS),
    .ADDR_BITS(ROW_BITS),
    .WRITABLE (LOAD_WORD_BITS > 1),
    .FILE     (WEIGHT_FILE)
  ) weights (
    .clk         (clk),
    .read_i      (add_i),
    .addr_i      (row_i),
    .data_o      (weight3),
    .write_i     (load_write_i),
    .write_addr_i(load_addr),
    .write_data_i(load_word)
  );

  // An event's sign: -x == ~x + 1. The shift stage flips the bits; the 1 is a carry into the sum.
  wire signed [TERM_BITS-1:0] flip3 = {TERM_BITS{neg3_q}};

  wire work3  = add3_q || take3_q || clear3_q;
  wire write4 = add4_q || clear4_q;
  wire work4  = write4 || take4_q;

  // If one of the two operations ahead of a read of block RAM writes the same word, its result is
  // taken in place of what was read: that of the earlier one, which is kept a cycle longer, or that
  // of the later one as soon as it arrives. What is read goes straight into a second register,
  // which FPGAs have in the block RAM.
  wire second2 = write4 && word2_q == word4_q;
  reg  second3_q;
  reg  second4_q;
  reg  first4_q;

  always @(posedge clk) begin
    second3_q <= second2;
    second4_q <= second3_q;
    first4_q  <= write4 && word3_q == word4_q;
  end

  // LUT-RAM is not cleared but forgotten.
  reg [WORDS-1:0] fresh_q;   // the word counts as 0
  reg             fresh3_q;  // that of word3_q does

  always @(posedge clk) begin
    if (!rst_n) fresh_q <= {WORDS{1'b1}};
    else if (write4) fresh_q[word4_q] <= clear4_q;
    fresh3_q <= second2 ? clear4_q : fresh_q[word2_q];
  end

`ifndef SYNTHESIS
  always @(posedge clk) begin
    if (rst_n && MEMORY == 1 && write4 && work3 && word3_q == word4_q) begin
      $display("ASSERT %m: a word is used right after it was written");
      $finish;
    end
  end
`endif

  // Each lane has one procedural block and one memory, and is idle when there is nothing to do;
  // simulators run this form fast.
  reg [SLICES*SLICE*ACC_BITS-1:0] lane5_q;
  wire [LANES*ACC_BITS-1:0]       old4;   // the word as it was read
  wire [LANES*ACC_BITS-1:0]       next5;  // the word that was written last

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      localparam [LANE_BITS-1:0] LANE   = l;
      localparam                 WEIGHT = PACKED != 0 ? 0 : l;

      wire                     mine3 = PACKED == 0 || lane3_q == LANE;
      reg signed [TERM_BITS:0] term4_q;  // {+-weight << digit, carry}
      reg [ACC_BITS-1:0]       mem [0:WORDS-1];
      reg [ACC_BITS-1:0]       old3_q;   // old value, from block RAM
      reg [ACC_BITS-1:0]       old4_q;   // old value, one cycle before it is used
      reg [ACC_BITS-1:0]       next_q;   // the value written last
      reg [ACC_BITS-1:0]       kept4_q;  // the one written two operations ahead
      reg [ACC_BITS-1:0]       acc;
      reg [ACC_BITS-1:0]       base;
      reg [ACC_BITS-1:0]       next;
`ifndef SYNTHESIS
      reg signed [SUM_BITS-1:0] sum;
`endif

      always @(posedge clk) begin
        if (MEMORY == 2 && (add2_q || take2_q)) old3_q <= mem[word2_q];

        if (work3) begin
          kept4_q <= next_q;
          if (MEMORY == 2) old4_q <= old3_q;
          else if (fresh3_q) old4_q <= {ACC_BITS{1'b0}};
          else old4_q <= mem[word3_q];
          term4_q <= {(TERM_BITS+1){1'b0}};
          if (add3_q && mine3) begin
            term4_q <= {($signed(weight3[WEIGHT*W_BITS+:W_BITS]) <<< digit3_q) ^ flip3, neg3_q};
          end
        end

        if (work4) begin
          acc = MEMORY == 0 ? mem[0] : old4_q;
          if (MEMORY == 2 && second4_q) acc = kept4_q;
          if (MEMORY == 2 && first4_q) acc = next_q;
          if (MEMORY == 2) base = acc & {ACC_BITS{!clear4_q}};
          else base = acc;
          next = ($signed(term4_q) + $signed({base, 1'b1})) >>> 1;
          if (MEMORY == 0 && clear4_q) mem[0] <= {ACC_BITS{1'b0}};
          else if (MEMORY == 1 ? add4_q : write4) mem[word4_q] <= next;
          if (write4) next_q <= next;
          if (take4_q) lane5_q[l*ACC_BITS+:ACC_BITS] <= acc;
`ifndef SYNTHESIS
          // before the first reset add4_q can be anything
          if (rst_n && add4_q) begin
            sum = $signed({acc, 1'b1}) + $signed(term4_q);
            if (sum[SUM_BITS-1:ACC_BITS] != {(SUM_BITS-ACC_BITS){sum[ACC_BITS]}}) begin
              $display("ASSERT %m: accumulator overflow");
              $finish;
            end
          end
`endif
        end
      end

      assign old4[l*ACC_BITS+:ACC_BITS]  = MEMORY == 0 ? mem[0] : old4_q;
      assign next5[l*ACC_BITS+:ACC_BITS] = next_q;
    end

    for (l = LANES; l < SLICES * SLICE; l = l + 1) begin : padding
      always @(posedge clk) lane5_q[l*ACC_BITS+:ACC_BITS] <= {ACC_BITS{1'b0}};
    end
  endgenerate

  // What was read is checked; where a result was taken in its place, or 0, it does not matter.
  generate
    if (PARITY != 0) begin : parity
      wire row_error;
      wire word_error;
      reg  fresh4_q;

      wire forwarded4 = second4_q || first4_q;
      wire unused4    = MEMORY == 1 ? fresh4_q : MEMORY == 2 && forwarded4;

      always @(posedge clk) fresh4_q <= fresh3_q;

      trispike_parity_check #(
        .WIDTH(ROW_WIDTH)
      ) rows (
        .clk    (clk),
        .rst_n  (rst_n),
        .check_i(add3_q),
        .word_i (weight3),
        .error_o(row_error)
      );

      trispike_parity_memory #(
        .WORDS    (WORDS),
        .WORD_BITS(WORD_BITS),
        .WIDTH    (LANES * ACC_BITS),
        .MEMORY   (MEMORY)
      ) words (
        .clk    (clk),
        .rst_n  (rst_n),
        .read_i ((add4_q || take4_q) && !unused4),
        .write_i(MEMORY == 1 ? add4_q : write4),
        .zero_i (clear4_q),
        .word_i (word4_q),
        .old_i  (old4),
        .new_i  (next5),
        .error_o(word_error)
      );

      assign error_o = row_error || word_error;
    end else begin : no_parity
      assign error_o = 1'b0;
    end
  endgenerate

  // This selects the requested slice; the shift is only wiring.
  reg [SLICE*ACC_BITS-1:0] slice;
  integer                  s;
  integer                  n;

  always @* begin
    slice = lane5_q[SLICE*ACC_BITS-1:0];
    for (s = 1; s < SLICES; s = s + 1) begin
      if (slice5_q == s) slice = lane5_q[s*SLICE*ACC_BITS+:SLICE*ACC_BITS];
    end
  end

  always @(posedge clk) begin
    if (read5_q) begin
      current_o <= {(SLICE*(ACC_BITS+SHIFT)){1'b0}};
      for (n = 0; n < SLICE; n = n + 1) begin
        current_o[n*(ACC_BITS+SHIFT)+SHIFT+:ACC_BITS] <= slice[n*ACC_BITS+:ACC_BITS];
      end
    end
  end

endmodule

`resetall
