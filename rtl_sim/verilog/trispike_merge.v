// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Joins two synapses of a layer: a sweep starts when both have all events of the step, and their
// currents are added. It is combinational and looks like an engine to the module behind it.
module trispike_merge #(
  parameter SLICE  = 4,   // neurons per word
  parameter A_BITS = 12,  // bits of a neuron's current in a
  parameter B_BITS = 12,  // bits of a neuron's current in b
  parameter BITS   = 13   // bits of their sum: the larger width plus 1
) (
  input  wire                    clk,
  input  wire                    rst_n,
  // engines
  input  wire                    a_step_valid_i,
  input  wire                    a_step_last_i,
  output wire                    a_step_next_o,
  input  wire [SLICE*A_BITS-1:0] a_current_i,
  input  wire                    b_step_valid_i,
  input  wire                    b_step_last_i,
  output wire                    b_step_next_o,
  input  wire [SLICE*B_BITS-1:0] b_current_i,
  // update
  output wire                    step_valid_o,
  output wire                    step_last_o,
  input  wire                    step_next_i,
  output wire [SLICE*BITS-1:0]   current_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (BITS <= A_BITS || BITS <= B_BITS) begin : check_bits
      trispike_merge_BITS_is_not_more_than_A_BITS_and_B_BITS error ();
    end
  endgenerate

  assign step_valid_o  = a_step_valid_i && b_step_valid_i;
  assign step_last_o   = a_step_last_i;
  assign a_step_next_o = step_next_i;
  assign b_step_next_o = step_next_i;

  genvar n;
  generate
    for (n = 0; n < SLICE; n = n + 1) begin : lane
      wire signed [A_BITS-1:0] a = a_current_i[n*A_BITS+:A_BITS];
      wire signed [B_BITS-1:0] b = b_current_i[n*B_BITS+:B_BITS];
      wire signed [BITS-1:0]   sum = a + b;

      assign current_o[n*BITS+:BITS] = sum;
    end
  endgenerate

`ifndef SYNTHESIS
  always @(posedge clk) begin
    if (rst_n && step_valid_o && a_step_last_i != b_step_last_i) begin
      $display("ASSERT %m: different time steps meet");
      $finish;
    end
  end
`endif

endmodule

`resetall
