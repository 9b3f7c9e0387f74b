`resetall
`timescale 1ns / 1ps
`default_nettype none

// The data path of an engine: weights, LANES adders and the accumulators, in a pipeline.
//
//   add_i:   the LANES accumulators of word word_i += +-(the weights of row row_i << digit_i);
//            PACKED: a row is one weight, and lane lane_i of the word alone adds it
//   read_i:  slice slice_i of word word_i is at current_o LATENCY = 4 cycles later
//   clear_i: the word is 0 for all that comes after
//
// One operation a cycle, in order: each sees what those before it have written. Accumulators are a
// memory a lane: LUT-RAM with asynchronous read where they are few, else block RAM (BLOCK).
module accumulators #(
  parameter WORDS       = 4,   // words of accumulators
  parameter ROWS        = 64,  // words of weights
  parameter LANES       = 8,   // accumulators of a word
  parameter SLICE       = 4,   // accumulators read in a cycle, <= LANES
  parameter WORD_BITS   = 2,   // of a word's index, bits
  parameter ROW_BITS    = 6,   // of a row's index, bits
  parameter SLICE_BITS  = 1,   // of a slice's index, bits
  parameter LANE_BITS   = 1,   // of a lane's index, bits
  parameter PACKED      = 0,   // 1: an addition goes to one lane of the word, 0: to all
  parameter DIGIT_BITS  = 0,   // of a digit, bits; 0: none
  parameter DIGIT_WIRES = 1,   // DIGIT_BITS, at least 1
  parameter W_BITS      = 8,   // weight, bits
  parameter ACC_BITS    = 12,  // accumulator, bits
  parameter SHIFT       = 0,   // current = acc << SHIFT
  parameter BLOCK       = 0,   // 1: accumulators in block RAM, 0: in LUT-RAM
  parameter LOAD_ADDR_BITS = 1,  // of the address of a word to be loaded, bits
  parameter LOAD_WORD_BITS = 1,  // of such a word, bits; 1: none can be
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
  // weights from outside
  input  wire                              load_write_i,
  input  wire [LOAD_ADDR_BITS-1:0]         load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]         load_word_i,
  output reg  [SLICE*(ACC_BITS+SHIFT)-1:0] current_o
);

  localparam WEIGHTS   = PACKED != 0 ? 1 : LANES;  // of a row
  localparam SLICES    = (LANES + SLICE - 1) / SLICE;
  localparam SPAN      = DIGIT_BITS > 0 ? (1 << DIGIT_BITS) - 1 : 0;  // the farthest shift
  localparam TERM_BITS = W_BITS + SPAN;
  localparam SUM_BITS  = (TERM_BITS > ACC_BITS ? TERM_BITS : ACC_BITS) + 2;  // with room to spare

  // --- pipeline: 1 weights, 2 shift and negate, accumulators read, 3 accumulate --------------

  reg                   add1_q,   add2_q,   add3_q;
  reg                   read1_q,  read2_q,  read3_q;
  reg                   clear1_q, clear2_q, clear3_q;
  reg                   neg1_q,   neg2_q,   neg3_q;
  reg [WORD_BITS-1:0]   word1_q,  word2_q,  word3_q;
  reg [SLICE_BITS-1:0]  slice1_q, slice2_q, slice3_q;
  reg [LANE_BITS-1:0]   lane1_q,  lane2_q,  lane3_q;
  reg [DIGIT_WIRES-1:0] digit1_q, digit2_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      {add1_q, add2_q, add3_q}       <= 3'b0;
      {read1_q, read2_q, read3_q}    <= 3'b0;
      {clear1_q, clear2_q, clear3_q} <= 3'b0;
    end else begin
      {add1_q, add2_q, add3_q}       <= {add_i, add1_q, add2_q};
      {read1_q, read2_q, read3_q}    <= {read_i, read1_q, read2_q};
      {clear1_q, clear2_q, clear3_q} <= {clear_i, clear1_q, clear2_q};
    end
  end

  always @(posedge clk) begin
    {neg1_q, neg2_q, neg3_q}       <= {neg_i, neg1_q, neg2_q};
    {word1_q, word2_q, word3_q}    <= {word_i, word1_q, word2_q};
    {slice1_q, slice2_q, slice3_q} <= {slice_i, slice1_q, slice2_q};
    {lane1_q, lane2_q, lane3_q}    <= {lane_i, lane1_q, lane2_q};
    {digit1_q, digit2_q}           <= {digit_i, digit1_q};
  end

  wire [ROW_BITS-1:0]       load_addr = load_addr_i;
  wire [WEIGHTS*W_BITS-1:0] load_word = load_word_i;
  wire [WEIGHTS*W_BITS-1:0] weight1;
  reg  [WEIGHTS*W_BITS-1:0] weight2_q;

  rom #(
    .WIDTH    (WEIGHTS * W_BITS),
    .DEPTH    (ROWS),
    .ADDR_BITS(ROW_BITS),
    .WRITABLE (LOAD_WORD_BITS > 1),
    .FILE     (WEIGHT_FILE)
  ) weights (
    .clk         (clk),
    .read_i      (add_i),
    .addr_i      (row_i),
    .data_o      (weight1),
    .write_i     (load_write_i),
    .write_addr_i(load_addr),
    .write_data_i(load_word)
  );

  always @(posedge clk) begin
    if (add1_q) weight2_q <= weight1;
  end

  // An event's sign: -x == ~x + 1, the bits flipped with the shift, the 1 a carry into the sum.
  wire signed [TERM_BITS-1:0] flip2 = {TERM_BITS{neg2_q}};

  // Block RAM is read a cycle before it is written; the operation just ahead may still be about
  // to write the same word, which is then taken from there.
  reg  bypass_q;
  wire write3 = add3_q || clear3_q;
  wire work3  = write3 || read3_q;

  always @(posedge clk) bypass_q <= write3 && word2_q == word3_q;

  // One procedural block and one memory a lane, idle where there is nothing to do: simulators run
  // that fast.
  reg [SLICES*SLICE*ACC_BITS-1:0] lane_q;  // one slice at a time, the other lanes 0

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      localparam [SLICE_BITS-1:0] MINE   = l / SLICE;
      localparam [LANE_BITS-1:0]  LANE   = l;
      localparam                  WEIGHT = PACKED != 0 ? 0 : l;

      wire                       mine3 = PACKED == 0 || lane3_q == LANE;
      reg signed [TERM_BITS-1:0] term3_q;
      reg [ACC_BITS-1:0]         mem [0:WORDS-1];
      reg [ACC_BITS-1:0]         read_q;  // from block RAM
      reg [ACC_BITS-1:0]         next_q;  // written last
      reg [ACC_BITS-1:0]         acc;
      reg [ACC_BITS-1:0]         next;
`ifndef SYNTHESIS
      reg signed [SUM_BITS-1:0]  sum;
`endif

      always @(posedge clk) begin
        if (add2_q) term3_q <= ($signed(weight2_q[WEIGHT*W_BITS+:W_BITS]) <<< digit2_q) ^ flip2;
        if (add2_q || read2_q) read_q <= mem[word2_q];

        if (work3) begin
          if (BLOCK == 0) acc = mem[word3_q];
          else acc = bypass_q ? next_q : read_q;
          next = {ACC_BITS{1'b0}};
          if (add3_q) next = acc;
          if (add3_q && mine3) begin
            next = ($signed({acc, 1'b1}) + $signed({term3_q, neg3_q})) >>> 1;
          end
          if (write3) mem[word3_q] <= next;
          if (write3) next_q <= next;
          if (read3_q) lane_q[l*ACC_BITS+:ACC_BITS] <= acc & {ACC_BITS{slice3_q == MINE}};
`ifndef SYNTHESIS
          // before the first reset add3_q can be anything
          if (rst_n && add3_q && mine3) begin
            sum = $signed({acc, 1'b1}) + $signed({term3_q, neg3_q});
            if (sum[SUM_BITS-1:ACC_BITS] != {(SUM_BITS-ACC_BITS){sum[ACC_BITS]}}) begin
              $display("ASSERT %m: accumulator overflow");
              $finish;
            end
          end
`endif
        end
      end
    end

    for (l = LANES; l < SLICES * SLICE; l = l + 1) begin : padding
      always @(posedge clk) lane_q[l*ACC_BITS+:ACC_BITS] <= {ACC_BITS{1'b0}};
    end
  endgenerate

  // The OR over slices selects the one that was read; the shift is wiring.
  integer s;
  integer n;
  reg [SLICE*ACC_BITS-1:0] slice;

  always @* begin
    slice = {(SLICE*ACC_BITS){1'b0}};
    for (s = 0; s < SLICES; s = s + 1) begin
      slice = slice | lane_q[s*SLICE*ACC_BITS+:SLICE*ACC_BITS];
    end
    current_o = {(SLICE*(ACC_BITS+SHIFT)){1'b0}};
    for (n = 0; n < SLICE; n = n + 1) begin
      current_o[n*(ACC_BITS+SHIFT)+SHIFT+:ACC_BITS] = slice[n*ACC_BITS+:ACC_BITS];
    end
  end

endmodule

`resetall
