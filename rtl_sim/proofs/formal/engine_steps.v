// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_engine on a row of positions: a sweep reads the sums of every event of its step and of
// none of another, by the definition of the convolution. A marker waits for the events before it,
// and a second one for the sweep; events of the next step are taken beside it. Any one weight is 1
// and the others are 0 (rom_one.v). A kernel as wide as the row without padding is a dense layer.
module engine_steps #(
  parameter LATENCY   = 7,   // cycles from step_next_i to current_o
  parameter IN_C      = 2,
  parameter IN_W      = 3,
  parameter N         = 1,
  parameter OUT_W     = 2,
  parameter KERNEL_W  = 2,
  parameter PADDING_W = 0,
  parameter MEMORY    = 2,
  parameter REPEAT    = 1,
  parameter ADDR_BITS = 3,
  parameter W_BITS    = 2,
  parameter ACC_BITS  = 3
) (
  input wire                 clk,
  input wire                 rst_n,
  input wire [ADDR_BITS+1:0] s_axis_tdata,
  input wire                 s_axis_tvalid,
  input wire                 s_axis_tlast,
  input wire                 step_next_i
);

  localparam SUMS   = OUT_W * N;
  localparam C_BITS = $clog2(IN_C);

  wire                       s_axis_tready;
  wire                       step_valid;
  wire                       step_last;
  wire signed [ACC_BITS-1:0] current;

  trispike_engine #(
    .IN_C     (IN_C),
    .IN_H     (1),
    .IN_W     (IN_W),
    .N        (N),
    .GROUPS   (1),
    .OUT_H    (1),
    .OUT_W    (OUT_W),
    .KERNEL_H (1),
    .KERNEL_W (KERNEL_W),
    .PADDING_H(0),
    .PADDING_W(PADDING_W),
    .LANES    (1),
    .SLICE    (1),
    .ADDR_BITS(ADDR_BITS),
    .W_BITS   (W_BITS),
    .ACC_BITS (ACC_BITS),
    .MEMORY   (MEMORY),
    .REPEAT   (REPEAT)
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
    .current_o    (current),
    .events_o     (),
    .additions_o  ()
  );

  (* keep, peek = "dut.accumulators.weights.bank[0].words.which" *) wire [7:0] which;

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);

  wire        kind = s_axis_tdata[ADDR_BITS+1];
  wire        neg  = s_axis_tdata[ADDR_BITS];
  wire [31:0] c    = s_axis_tdata[ADDR_BITS-1:0] & ((1 << C_BITS) - 1);
  wire [31:0] x    = s_axis_tdata[ADDR_BITS-1:0] >> C_BITS;
  wire        take = s_axis_tvalid && s_axis_tready;

  always @* begin
    assume (!step_next_i || step_valid);
    assume (!s_axis_tvalid || kind || (c < IN_C && x < IN_W && !s_axis_tlast));
    if (REPEAT > 1) assume (!s_axis_tvalid || !kind || s_axis_tlast);
  end

  // --- the reference: sums of the events taken, and how far a sweep is -------------------------

  reg signed [ACC_BITS:0] sums_q [0:SUMS-1];   // of the last step that has events or a marker
  reg signed [ACC_BITS:0] swept_q [0:SUMS-1];  // of the step whose marker stands
  reg              marker_q;  // a marker was taken and its sweeps are not done
  reg              last_q;
  reg              wait_q;    // another one was taken
  reg              wait_last_q;
  reg [7:0]        at_q;      // place in a sweep
  reg [7:0]        sweep_q;   // sweep of a marker

  integer             p;
  integer             o;
  integer             row;
  reg signed [ACC_BITS:0]    next [0:SUMS-1];
  reg                 fits;

  always @* begin
    fits = 1'b1;
    for (p = 0; p < OUT_W; p = p + 1) begin
      for (o = 0; o < N; o = o + 1) begin
        next[p*N+o] = sums_q[p*N+o];
        if (take && !kind && x + PADDING_W >= p && x + PADDING_W < p + KERNEL_W) begin
          row = (o * KERNEL_W + x + PADDING_W - p) * IN_C + c;
          if (row == which) next[p*N+o] = neg ? sums_q[p*N+o] - 1 : sums_q[p*N+o] + 1;
        end
        if (next[p*N+o] < -(1 << (ACC_BITS - 1))) fits = 1'b0;
        if (next[p*N+o] >= (1 << (ACC_BITS - 1))) fits = 1'b0;
      end
    end
  end

  always @* assume (fits);

  wire sweep_end = step_next_i && at_q == SUMS - 1;
  wire all_read  = sweep_end && sweep_q == REPEAT - 1;

  wire mark      = take && kind;
  wire stand     = (mark || wait_q) && (!marker_q || all_read);  // a marker stands from now on

  integer n;

  always @(posedge clk) begin
    if (!rst_n) begin
      marker_q <= 1'b0;
      wait_q   <= 1'b0;
      at_q     <= 0;
      sweep_q  <= 0;
      for (n = 0; n < SUMS; n = n + 1) sums_q[n] <= 0;
    end else begin
      if (stand) marker_q <= 1'b1;
      else if (all_read) marker_q <= 1'b0;
      if (stand) last_q <= mark ? s_axis_tlast : wait_last_q;
      if (mark) wait_last_q <= s_axis_tlast;
      wait_q <= (mark || wait_q) && !stand;
      if (step_next_i) at_q <= sweep_end ? 0 : at_q + 1;
      if (sweep_end) sweep_q <= all_read ? 0 : sweep_q + 1;
      for (n = 0; n < SUMS; n = n + 1) begin
        sums_q[n] <= stand ? 0 : next[n];
        if (stand) swept_q[n] <= sums_q[n];
      end
    end
  end

  reg [LATENCY*(ACC_BITS+1)-1:0] due_q;    // expected currents, the newest lowest
  reg [LATENCY-1:0]   asked_q;
  reg [LATENCY-1:0]   second_q;

  reg steps_q;  // a step with events was completed
  always @(posedge clk) steps_q <= rst_n && (steps_q || (all_read && swept_q[0] != 0));

  always @(posedge clk) begin
    due_q    <= {due_q, swept_q[at_q]};
    asked_q  <= rst_n ? {asked_q, step_next_i} : 0;
    second_q <= {second_q, steps_q};
  end

  wire signed [ACC_BITS:0] due = due_q[LATENCY*(ACC_BITS+1)-1-:ACC_BITS+1];

  always @* begin
    if (rst_n) begin
      stands:  assert (step_valid == marker_q);
      marks:   assert (!step_valid || step_last == (last_q && sweep_q == REPEAT - 1));
      waits:   assert (!take || !wait_q);
      current_is_sum: assert (!asked_q[LATENCY-1] || current == due);
      second:  cover (asked_q[LATENCY-1] && second_q[LATENCY-1] && due < -1);
    end
  end

endmodule

`resetall
