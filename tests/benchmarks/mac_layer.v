// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A dense layer of multiply-accumulates: a yardstick beside the spiking core, and no part of it.
//
// It is output stationary: LANES sums stay in registers while all inputs go by, one a cycle, and
// each is multiplied in all lanes. Inputs have two banks, so that one sample is read while the next
// one comes in. Outputs leave one after the other while the next LANES sums are made; they are
// shifted right with rounding and limited to 0 .. 2^OUT_BITS - 1, or left as they are (RAW).
module mac_layer #(
  parameter N_IN     = 64,
  parameter N_OUT    = 128,
  parameter LANES    = 32,   // <= N_IN, or else the outputs make it wait
  parameter W_BITS   = 8,
  parameter A_BITS   = 8,    // of an input, which is not negative
  parameter ACC_BITS = 24,
  parameter OUT_BITS = 8,
  parameter SHIFT    = 8,
  parameter RAW      = 0,
  parameter WEIGHTS  = "weights.hex",  // a word of all lanes for each input of each group
  parameter BIASES   = "biases.hex"    // a word of all lanes for each group
) (
  input  wire                clk,
  input  wire                rst_n,
  input  wire                valid_i,
  input  wire [A_BITS-1:0]   data_i,
  output wire                ready_o,
  output wire                valid_o,
  output wire [OUT_BITS-1:0] data_o,
  input  wire                ready_i
);

  localparam GROUPS = (N_OUT + LANES - 1) / LANES;
  localparam LAST   = N_OUT - (GROUPS - 1) * LANES;  // outputs of the last group

  reg [A_BITS-1:0]         inputs  [0:(2<<$clog2(N_IN))-1];
  reg [LANES*W_BITS-1:0]   weights [0:GROUPS*N_IN-1];
  reg [LANES*ACC_BITS-1:0] biases  [0:GROUPS-1];

  initial begin
    $readmemh(WEIGHTS, weights);
    $readmemh(BIASES, biases);
  end

  reg [1:0]                   full_q;    // banks with a whole sample
  reg                         write_q;   // the bank that is written
  reg                         read_q;    // the bank that is read
  reg [$clog2(N_IN)-1:0]      place_q;   // of the input that comes
  reg [$clog2(N_IN)-1:0]      input_q;   // of the input that is read
  reg [$clog2(GROUPS*N_IN):0] word_q;    // of its weights
  reg [$clog2(GROUPS+1)-1:0]  group_q;
  reg [A_BITS-1:0]            act_q;
  reg [LANES*W_BITS-1:0]      weight_q;
  reg [$clog2(GROUPS+1)-1:0]  bias_q;    // the group of what was read
  reg                         valid_q;
  reg                         first_q;
  reg                         last_q;
  reg                         done_q;    // the sums are whole
  reg                         final_q;   // those of the last group
  reg [LANES*ACC_BITS-1:0]    sums_q;
  reg [LANES*OUT_BITS-1:0]    out_q;
  reg [$clog2(LANES+1)-1:0]   left_q;    // outputs that have not left

  wire take  = valid_i && ready_o;
  wire whole = place_q == N_IN - 1;
  wire end_  = input_q == N_IN - 1;
  wire go    = full_q[read_q] && !(end_ && (left_q > 1 || done_q || (valid_q && last_q)));
  wire over  = go && end_ && group_q == GROUPS - 1;

  assign ready_o = !full_q[write_q];
  assign valid_o = left_q != 0;
  assign data_o  = out_q[OUT_BITS-1:0];

  always @(posedge clk) begin
    if (take) inputs[{write_q, place_q}] <= data_i;
    if (go) begin
      act_q    <= inputs[{read_q, input_q}];
      weight_q <= weights[word_q];
      bias_q   <= group_q;
      first_q  <= input_q == 0;
      last_q   <= end_;
    end
    valid_q <= rst_n && go;
    done_q  <= rst_n && valid_q && last_q;
    final_q <= bias_q == GROUPS - 1;
    if (!rst_n) begin
      full_q  <= 2'b00;
      write_q <= 1'b0;
      read_q  <= 1'b0;
      place_q <= 0;
      input_q <= 0;
      word_q  <= 0;
      group_q <= 0;
      left_q  <= 0;
    end else begin
      if (take) begin
        place_q <= whole ? 0 : place_q + 1;
        if (whole) begin
          full_q[write_q] <= 1'b1;
          write_q         <= !write_q;
        end
      end
      if (go) begin
        input_q <= end_ ? 0 : input_q + 1;
        word_q  <= over ? 0 : word_q + 1;
        if (end_) group_q <= over ? 0 : group_q + 1;
        if (over) begin
          full_q[read_q] <= 1'b0;
          read_q         <= !read_q;
        end
      end
      if (done_q) left_q <= final_q ? LAST : LANES;
      else if (valid_o && ready_i) left_q <= left_q - 1;
    end
  end

  genvar lane;
  generate
    for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
      wire signed [W_BITS-1:0]   weight  = weight_q[lane*W_BITS+:W_BITS];
      wire signed [A_BITS:0]     act     = {1'b0, act_q};
      wire signed [ACC_BITS-1:0] product = weight * act;
      wire signed [ACC_BITS-1:0] bias    = biases[bias_q][lane*ACC_BITS+:ACC_BITS];
      wire signed [ACC_BITS-1:0] sum     = sums_q[lane*ACC_BITS+:ACC_BITS];
      wire signed [ACC_BITS-1:0] half    = SHIFT > 0 ? 1 << (SHIFT > 0 ? SHIFT - 1 : 0) : 0;
      wire signed [ACC_BITS-1:0] shifted = (sum + half) >>> SHIFT;
      wire [OUT_BITS-1:0]        limited =
        shifted < 0 ? {OUT_BITS{1'b0}}
        : shifted >= (1 << OUT_BITS) ? {OUT_BITS{1'b1}} : shifted[OUT_BITS-1:0];
      wire [OUT_BITS-1:0] next;
      if (lane + 1 < LANES) begin : behind
        assign next = out_q[(lane+1)*OUT_BITS+:OUT_BITS];
      end else begin : none
        assign next = {OUT_BITS{1'b0}};
      end
      always @(posedge clk) begin
        if (valid_q) sums_q[lane*ACC_BITS+:ACC_BITS] <= (first_q ? bias : sum) + product;
      end
      if (RAW) begin : raw
        always @(posedge clk) begin
          if (done_q) out_q[lane*OUT_BITS+:OUT_BITS] <= sum[OUT_BITS-1:0];
          else if (valid_o && ready_i) out_q[lane*OUT_BITS+:OUT_BITS] <= next;
        end
      end else begin : small
        always @(posedge clk) begin
          if (done_q) out_q[lane*OUT_BITS+:OUT_BITS] <= limited;
          else if (valid_o && ready_i) out_q[lane*OUT_BITS+:OUT_BITS] <= next;
        end
      end
    end
  endgenerate

endmodule

`resetall
