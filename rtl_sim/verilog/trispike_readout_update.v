// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The readout's second half: sums over the time steps, one class a cycle, then the argmax.
module trispike_readout_update #(
  parameter CLASSES      = 10,  // neurons
  parameter LATENCY      = 6,   // from step_next_o to current_i, cycles
  parameter CURRENT_BITS = 12,  // of a neuron's current, bits
  parameter BIAS_BITS    = 8,   // of a bias, bits
  parameter LOGIT_BITS   = 16,  // of a logit, bits
  parameter ONE_STEP     = 0,   // 1: samples of one time step: no sum is kept
  parameter CLASS_BITS   = 4,   // of a class, bits; 2**CLASS_BITS >= CLASSES
  parameter LOAD_ADDR_BITS = 1,  // of the address of a word to be loaded, bits
  parameter LOAD_WORD_BITS = 1,  // of such a word, bits; 1: none can be
  parameter BIAS_FILE    = ""   // for $readmemh
) (
  input  wire                             clk,
  input  wire                             rst_n,
  // engine
  input  wire                             step_valid_i,
  input  wire                             step_last_i,
  output wire                             step_next_o,
  input  wire signed [CURRENT_BITS-1:0]   current_i,
  // biases from outside
  input  wire                             load_bias_i,
  input  wire [LOAD_ADDR_BITS-1:0]        load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]        load_word_i,
  // words {class, logit}
  output wire [CLASS_BITS+LOGIT_BITS-1:0] m_axis_tdata,
  output wire                             m_axis_tvalid,
  output wire                             m_axis_tlast,
  input  wire                             m_axis_tready
);

  // No module has such a name: an instance with these parameters is refused as it is elaborated.
  generate
    if (CLASSES < 1) begin : check_classes
      trispike_readout_update_CLASSES_is_less_than_1 error ();
    end
  endgenerate

  wire                         word_valid;
  wire signed [LOGIT_BITS-1:0] v;
  wire                         last;
  wire                         spend;
  wire                         room;
  wire                         leaves;

  trispike_update #(
    .WORDS       (CLASSES),
    .ROWS        (CLASSES),
    .SLICE       (1),
    .LATENCY     (LATENCY),
    .CURRENT_BITS(CURRENT_BITS),
    .BIAS_BITS   (BIAS_BITS),
    .P_BITS      (LOGIT_BITS),
    .V_BITS      (LOGIT_BITS),
    .LEAK_BITS   (LOGIT_BITS),
    .K           (0),
    .READOUT     (1),
    .ONE_STEP    (ONE_STEP),
    .LOAD_ADDR_BITS(LOAD_ADDR_BITS),
    .LOAD_WORD_BITS(LOAD_WORD_BITS),
    .BIAS_FILE   (BIAS_FILE)
  ) update (
    .clk         (clk),
    .rst_n       (rst_n),
    .step_valid_i(step_valid_i),
    .step_last_i (step_last_i),
    .step_next_o (step_next_o),
    .current_i   (current_i),
    .load_bias_i     (load_bias_i),
    .load_threshold_i(1'b0),
    .load_addr_i     (load_addr_i),
    .load_word_i     (load_word_i),
    .word_valid_o(word_valid),
    .fire_o      (),
    .neg_o       (),
    .v_o         (v),
    .step_end_o  (),
    .last_o      (last),
    .spend_o     (spend),
    .room_i      (room)
  );

  trispike_credits #(
    .PLACES(CLASSES)
  ) places (
    .clk    (clk),
    .rst_n  (rst_n),
    .spend_i(spend),
    .give_i (leaves),
    .room_o (room)
  );

  trispike_argmax #(
    .CLASSES   (CLASSES),
    .LOGIT_BITS(LOGIT_BITS),
    .CLASS_BITS(CLASS_BITS)
  ) argmax (
    .clk          (clk),
    .rst_n        (rst_n),
    .logit_valid_i(word_valid && last),
    .logit_i      (v),
    .credit_o     (leaves),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

endmodule

`resetall
