`resetall
`timescale 1ns / 1ps
`default_nettype none

// Event-driven dense synapses: acc[n] += w[n, j] * s for each event, LANES neurons a cycle.
//
// Weights lie group-major: the word at g * N_IN + j holds the weights from input j to the
// neurons of group g, g * LANES ... g * LANES + LANES - 1, lowest neuron in the lowest bits.
//
// The marker of a time step follows its events into the same pipeline: step_valid_o says that it
// stands at the head, and each step_next_i sends one read of SLICE accumulators after the events,
// in rising order; its result is at current_o LATENCY = 4 cycles later. Accumulators are cleared
// as they are read. With REPEAT > 1 (static input) each marker stands for REPEAT time steps: the
// accumulators are read REPEAT times and cleared the last time.
module dense_engine #(
  parameter N_IN        = 16,  // inputs
  parameter N_OUT       = 16,  // neurons
  parameter LANES       = 8,   // neurons that an event reaches in a cycle
  parameter SLICE       = 4,   // neurons read in a cycle, <= LANES
  parameter ADDR_BITS   = 4,   // of an event's address, bits; 2**ADDR_BITS >= N_IN
  parameter DIGIT_BITS  = 0,   // of an event's digit, bits; 0: spikes, no digits
  parameter W_BITS      = 8,   // weight, bits
  parameter ACC_BITS    = 12,  // accumulator, bits
  parameter SHIFT       = 0,   // current = acc << SHIFT
  parameter REPEAT      = 1,   // time steps that a marker stands for
  parameter COUNT_BITS  = 48,  // of the counters, bits
  parameter WEIGHT_FILE = ""   // for $readmemh
) (
  input  wire                              clk,
  input  wire                              rst_n,
  // events {kind, neg, digit, addr} in any order, then the step's marker (kind 1)
  input  wire [ADDR_BITS+DIGIT_BITS+1:0]   s_axis_tdata,
  input  wire                              s_axis_tvalid,
  input  wire                              s_axis_tlast,   // with a sample's last marker
  output wire                              s_axis_tready,
  // one sweep over the neurons for each time step
  output wire                              step_valid_o,   // all its events have been sent
  output wire                              step_last_o,    // the sample's last
  input  wire                              step_next_i,    // read the next slice
  output reg  [SLICE*(ACC_BITS+SHIFT)-1:0] current_o,
  // counters
  output wire [COUNT_BITS-1:0]             events_o,
  output wire [COUNT_BITS-1:0]             additions_o
);

  localparam GROUPS      = (N_OUT + LANES - 1) / LANES;
  localparam LANES_LAST  = N_OUT - (GROUPS - 1) * LANES;       // neurons of the last group
  localparam SLICES      = (LANES + SLICE - 1) / SLICE;        // of a full group
  localparam SLICES_LAST = (LANES_LAST + SLICE - 1) / SLICE;   // of the last group
  localparam WORDS       = GROUPS * N_IN;

  localparam GROUP_BITS  = GROUPS > 1 ? $clog2(GROUPS) : 1;
  localparam SLICE_BITS  = SLICES > 1 ? $clog2(SLICES) : 1;
  localparam REPEAT_BITS = REPEAT > 1 ? $clog2(REPEAT) : 1;
  localparam ROW_BITS    = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam ADD_BITS    = $clog2(LANES + 1);
  localparam DIGIT_WIRES = DIGIT_BITS > 0 ? DIGIT_BITS : 1;
  localparam SPAN        = DIGIT_BITS > 0 ? (1 << DIGIT_BITS) - 1 : 0;  // the farthest shift
  localparam TERM_BITS   = W_BITS + SPAN;

  localparam [GROUP_BITS-1:0]  GROUP_FIRST  = 0;
  localparam [GROUP_BITS-1:0]  GROUP_ONE    = 1;
  localparam [GROUP_BITS-1:0]  GROUP_LAST   = GROUPS - 1;
  localparam [SLICE_BITS-1:0]  SLICE_FIRST  = 0;
  localparam [SLICE_BITS-1:0]  SLICE_ONE    = 1;
  localparam [SLICE_BITS-1:0]  SLICE_FULL   = SLICES - 1;
  localparam [SLICE_BITS-1:0]  SLICE_LAST   = SLICES_LAST - 1;
  localparam [REPEAT_BITS-1:0] REPEAT_FIRST = 0;
  localparam [REPEAT_BITS-1:0] REPEAT_ONE   = 1;
  localparam [REPEAT_BITS-1:0] REPEAT_LAST  = REPEAT - 1;
  localparam [ROW_BITS-1:0]    ROW_STRIDE   = N_IN;
  localparam [ADD_BITS-1:0]    ADD_FULL     = LANES;
  localparam [ADD_BITS-1:0]    ADD_LAST     = LANES_LAST;
  localparam [ADD_BITS-1:0]    ADD_NONE     = 0;

  // --- head: the event or marker at work, group by group -------------------------------------

  reg                   clear_q;  // the sweep after reset, which clears all accumulators
  reg                   head_q;   // an event or a marker is here
  reg                   kind_q;
  reg                   neg_q;
  reg                   last_q;
  reg [DIGIT_WIRES-1:0] digit_q;
  reg [ROW_BITS-1:0]    row_q;    // of the weights
  reg [GROUP_BITS-1:0]  group_q;
  reg [SLICE_BITS-1:0]  slice_q;
  reg [REPEAT_BITS-1:0] repeat_q;

  wire [DIGIT_WIRES-1:0] digit;

  generate
    if (DIGIT_BITS > 0) begin : digit_field
      assign digit = s_axis_tdata[ADDR_BITS+:DIGIT_WIRES];
    end else begin : no_digit_field
      assign digit = {DIGIT_WIRES{1'b0}};
    end
  endgenerate

  wire add        = head_q && !kind_q;
  wire sweep      = clear_q || step_next_i;
  wire clear      = clear_q || (step_next_i && repeat_end);
  wire group_end  = group_q == GROUP_LAST;
  wire slice_end  = slice_q == (group_end ? SLICE_LAST : SLICE_FULL);
  wire repeat_end = repeat_q == REPEAT_LAST;
  wire sweep_end  = sweep && group_end && slice_end;
  wire accept     = s_axis_tvalid && s_axis_tready;

  assign s_axis_tready = !clear_q && (!head_q || (add && group_end));
  assign step_valid_o  = head_q && kind_q;
  assign step_last_o   = last_q && repeat_end;

  always @(posedge clk) begin
    if (!rst_n) begin
      clear_q  <= 1'b1;
      head_q   <= 1'b0;
      group_q  <= GROUP_FIRST;
      slice_q  <= SLICE_FIRST;
      repeat_q <= REPEAT_FIRST;
    end else begin
      if (sweep_end) clear_q <= 1'b0;
      if (accept) head_q <= 1'b1;
      else if ((add && group_end) || (step_next_i && sweep_end && repeat_end)) head_q <= 1'b0;
      if (add || (sweep && slice_end)) group_q <= group_end ? GROUP_FIRST : group_q + GROUP_ONE;
      if (sweep) slice_q <= slice_end ? SLICE_FIRST : slice_q + SLICE_ONE;
      if (step_next_i && sweep_end) repeat_q <= repeat_end ? REPEAT_FIRST : repeat_q + REPEAT_ONE;
    end
  end

  always @(posedge clk) begin
    if (accept) begin
      kind_q  <= s_axis_tdata[ADDR_BITS+DIGIT_BITS+1];
      neg_q   <= s_axis_tdata[ADDR_BITS+DIGIT_BITS];
      digit_q <= digit;
      last_q  <= s_axis_tlast;
      row_q   <= s_axis_tdata[ADDR_BITS-1:0];
    end else if (add) begin
      row_q   <= row_q + ROW_STRIDE;
    end
  end

  // --- pipeline: 1 read, 2 register, 3 shift and negate, then accumulate ---------------------

  reg                   add1_q,   add2_q,   add3_q;
  reg                   read1_q,  read2_q,  read3_q;
  reg                   clear1_q, clear2_q, clear3_q;
  reg                   neg1_q,   neg2_q,   neg3_q;
  reg [GROUP_BITS-1:0]  group1_q, group2_q, group3_q;
  reg [SLICE_BITS-1:0]  slice1_q, slice2_q, slice3_q;
  reg [DIGIT_WIRES-1:0] digit1_q, digit2_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      {add1_q, add2_q, add3_q}       <= 3'b0;
      {read1_q, read2_q, read3_q}    <= 3'b0;
      {clear1_q, clear2_q, clear3_q} <= 3'b0;
    end else begin
      {add1_q, add2_q, add3_q}       <= {add, add1_q, add2_q};
      {read1_q, read2_q, read3_q}    <= {step_next_i, read1_q, read2_q};
      {clear1_q, clear2_q, clear3_q} <= {clear, clear1_q, clear2_q};
    end
  end

  always @(posedge clk) begin
    {neg1_q, neg2_q, neg3_q}       <= {neg_q, neg1_q, neg2_q};
    {group1_q, group2_q, group3_q} <= {group_q, group1_q, group2_q};
    {slice1_q, slice2_q, slice3_q} <= {slice_q, slice1_q, slice2_q};
    {digit1_q, digit2_q}           <= {digit_q, digit1_q};
  end

  wire [LANES*W_BITS-1:0] weight1;
  reg  [LANES*W_BITS-1:0] weight2_q;

  rom #(
    .WIDTH    (LANES * W_BITS),
    .DEPTH    (WORDS),
    .ADDR_BITS(ROW_BITS),
    .FILE     (WEIGHT_FILE)
  ) weights (
    .clk   (clk),
    .read_i(add),
    .addr_i(row_q),
    .data_o(weight1)
  );

  always @(posedge clk) begin
    if (add1_q) weight2_q <= weight1;
  end

  // An event's sign: -x == ~x + 1, the bits flipped with the shift, the 1 a carry into the sum.
  wire signed [TERM_BITS-1:0] flip2 = {TERM_BITS{neg2_q}};

  // One procedural block and one memory a lane: simulators run that fast, and each memory is a
  // LUT-RAM with asynchronous read, so that an accumulator is read and written in one cycle and
  // the next event may be for the same group.
  reg [SLICES*SLICE*ACC_BITS-1:0] lane_q;  // one slice at a time, the other lanes 0

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      localparam [SLICE_BITS-1:0] MINE = l / SLICE;

      reg signed [TERM_BITS-1:0] term3_q;
      (* ram_style = "distributed" *)
      reg [ACC_BITS-1:0]         acc [0:GROUPS-1];

      always @(posedge clk) begin
        if (add2_q) term3_q <= ($signed(weight2_q[l*W_BITS+:W_BITS]) <<< digit2_q) ^ flip2;
        if (add3_q) begin
          acc[group3_q] <= ($signed({acc[group3_q], 1'b1}) + $signed({term3_q, neg3_q})) >>> 1;
        end else if (clear3_q && slice3_q == MINE) begin
          acc[group3_q] <= {ACC_BITS{1'b0}};
        end
        lane_q[l*ACC_BITS+:ACC_BITS] <= acc[group3_q] & {ACC_BITS{read3_q && slice3_q == MINE}};
      end

`ifndef SYNTHESIS
      localparam SUM_BITS = (TERM_BITS > ACC_BITS ? TERM_BITS : ACC_BITS) + 2;
      reg signed [SUM_BITS-1:0] sum;

      always @(posedge clk) begin
        if (add3_q) begin
          sum = $signed({acc[group3_q], 1'b1}) + $signed({term3_q, neg3_q});
          if (sum[SUM_BITS-1:ACC_BITS] != {(SUM_BITS-ACC_BITS){sum[ACC_BITS]}}) begin
            $display("ASSERT %m: accumulator overflow");
            $finish;
          end
        end
      end
`endif
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

  // --- counters ------------------------------------------------------------------------------

  counter #(
    .ADD_BITS  (1),
    .COUNT_BITS(COUNT_BITS)
  ) events (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (add && group_end),
    .count_o(events_o)
  );

  // Padding lanes of the last group add nothing that counts.
  counter #(
    .ADD_BITS  (ADD_BITS),
    .COUNT_BITS(COUNT_BITS)
  ) additions (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (!add ? ADD_NONE : group_end ? ADD_LAST : ADD_FULL),
    .count_o(additions_o)
  );

`ifndef SYNTHESIS
  wire [ADDR_BITS-1:0] addr = s_axis_tdata[ADDR_BITS-1:0];

  always @(posedge clk) begin
    if (rst_n && accept) begin
      if (!s_axis_tdata[ADDR_BITS+DIGIT_BITS+1] && (addr >= N_IN || s_axis_tlast)) begin
        $display("ASSERT %m: event with address %0d of %0d, tlast %b", addr, N_IN, s_axis_tlast);
        $finish;
      end
      if (s_axis_tdata[ADDR_BITS+DIGIT_BITS+1] && REPEAT > 1 && !s_axis_tlast) begin
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
