// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Two engines and a trispike_merge that joins them: a sweep begins when both have all events of
// their step, and reads the sums of the same step of both. No event of either is lost or counted
// in another step.
module join_steps #(
  parameter LATENCY  = 7,
  parameter W_BITS   = 2,
  parameter ACC_BITS = 3
) (
  input wire       clk,
  input wire       rst_n,
  input wire [2:0] a_tdata,
  input wire       a_tvalid,
  input wire [2:0] b_tdata,
  input wire       b_tvalid,
  input wire       step_next_i
);

  wire [1:0]               ready;
  wire [1:0]               valid;
  wire [1:0]               last;
  wire [1:0]               next;
  wire [2*ACC_BITS-1:0]    currents;
  wire                     step_valid;
  wire                     step_last;
  wire signed [ACC_BITS:0] current;

  wire [5:0] tdata  = {b_tdata, a_tdata};
  wire [1:0] tvalid = {b_tvalid, a_tvalid};

  genvar g;
  generate
    for (g = 0; g < 2; g = g + 1) begin : side
      trispike_engine #(
        .IN_C     (2),
        .IN_H     (1),
        .IN_W     (1),
        .N        (1),
        .GROUPS   (1),
        .OUT_H    (1),
        .OUT_W    (1),
        .KERNEL_H (1),
        .KERNEL_W (1),
        .PADDING_H(0),
        .PADDING_W(0),
        .LANES    (1),
        .SLICE    (1),
        .ADDR_BITS(1),
        .W_BITS   (W_BITS),
        .ACC_BITS (ACC_BITS)
      ) engine (
        .clk          (clk),
        .rst_n        (rst_n),
        .s_axis_tdata (tdata[g*3+:3]),
        .s_axis_tvalid(tvalid[g]),
        .s_axis_tlast (tdata[g*3+2]),  // every step is the last of its sample
        .s_axis_tready(ready[g]),
        .step_valid_o (valid[g]),
        .step_last_o  (last[g]),
        .step_next_i  (next[g]),
        .current_o    (currents[g*ACC_BITS+:ACC_BITS]),
        .events_o     (),
        .additions_o  ()
      );
    end
  endgenerate

  trispike_merge #(
    .SLICE (1),
    .A_BITS(ACC_BITS),
    .B_BITS(ACC_BITS),
    .BITS  (ACC_BITS + 1)
  ) dut (
    .clk           (clk),
    .rst_n         (rst_n),
    .a_step_valid_i(valid[0]),
    .a_step_last_i (last[0]),
    .a_step_next_o (next[0]),
    .a_current_i   (currents[0+:ACC_BITS]),
    .b_step_valid_i(valid[1]),
    .b_step_last_i (last[1]),
    .b_step_next_o (next[1]),
    .b_current_i   (currents[ACC_BITS+:ACC_BITS]),
    .step_valid_o  (step_valid),
    .step_last_o   (step_last),
    .step_next_i   (step_next_i),
    .current_o     (current)
  );


  (* keep, peek = "side[0].engine.accumulators.weights.bank[0].words.which" *) wire [7:0] a_which;
  (* keep, peek = "side[1].engine.accumulators.weights.bank[0].words.which" *) wire [7:0] b_which;

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);
  always @* assume (!step_next_i || step_valid);

  // --- the reference: the sums of the step that each side is in, and of the one that stands ----

  localparam signed [ACC_BITS:0] MOST = (1 << (ACC_BITS - 1)) - 1;

  wire [1:0]               which = {b_tdata[0] == b_which, a_tdata[0] == a_which};
  wire [1:0]               take  = tvalid & ready;
  wire [1:0]               mark  = take & {b_tdata[2], a_tdata[2]};
  reg  [1:0]               stands_q;  // the marker of a step has come
  reg  [1:0]               waits_q;   // and another one
  wire [1:0]               stand = (mark | waits_q) & (~stands_q | {2{step_next_i}});
  wire [2*(ACC_BITS+1)-1:0] stood;

  generate
    for (g = 0; g < 2; g = g + 1) begin : sums
      reg signed  [ACC_BITS:0] sum_q, stood_q;
      wire signed [ACC_BITS:0] wide = which[g];
      wire signed [ACC_BITS:0] next = !take[g] || mark[g] ? sum_q
                                    : tdata[g*3+1] ? sum_q - wide : sum_q + wide;

      always @* assume (-MOST <= next && next <= MOST);

      always @(posedge clk) begin
        sum_q <= !rst_n || stand[g] ? 0 : next;
        if (stand[g]) stood_q <= sum_q;
      end

      assign stood[g*(ACC_BITS+1)+:ACC_BITS+1] = stood_q;
    end
  endgenerate

  always @(posedge clk) begin
    if (!rst_n) {stands_q, waits_q} <= 4'b0;
    else begin
      stands_q <= stand | (stands_q & ~{2{step_next_i}});
      waits_q  <= (mark | waits_q) & ~stand;
    end
  end

  reg [LATENCY*(ACC_BITS+1)-1:0] due_q;
  reg [LATENCY-1:0]   asked_q;
  reg [7:0]           steps_q;

  wire signed [ACC_BITS:0] a   = stood[ACC_BITS:0];
  wire signed [ACC_BITS:0] b   = stood[ACC_BITS+1+:ACC_BITS+1];
  wire signed [ACC_BITS:0] sum = a + b;
  wire signed [ACC_BITS:0] due = due_q[LATENCY*(ACC_BITS+1)-1-:ACC_BITS+1];

  always @(posedge clk) begin
    due_q   <= {due_q, sum};
    asked_q <= rst_n ? {asked_q, step_next_i} : 0;
    steps_q <= rst_n ? steps_q + asked_q[LATENCY-1] : 0;
  end

  always @* begin
    if (rst_n) begin
      both:     assert (step_valid == &stands_q);
      gates:    assert ((take & waits_q) == 2'b0);
      same:     assert (!step_valid || step_last);
      current_is_sum: assert (!asked_q[LATENCY-1] || current == due);
      second:   cover (asked_q[LATENCY-1] && steps_q == 1 && due == -3);
    end
  end

endmodule

`resetall
