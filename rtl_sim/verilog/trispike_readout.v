// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The end of the readout: the logits of a sample's last time step wait here until all classes are
// there, then leave as words {class, logit}.
module trispike_readout #(
  parameter CLASSES    = 10,  // neurons of the readout
  parameter LOGIT_BITS = 16,  // bits of a logit
  parameter CLASS_BITS = 4    // bits of a class; 2**CLASS_BITS >= CLASSES
) (
  input  wire                             clk,
  input  wire                             rst_n,
  // logits of trispike_update, one neuron per word, in rising order
  input  wire                             spend_i,       // a word to be kept sets out
  output wire                             room_o,        // one more word may set out
  input  wire                             word_valid_i,
  input  wire signed [LOGIT_BITS-1:0]     logit_i,
  input  wire                             last_i,        // word of a sample's last time step
  // words {class, logit}
  output wire [CLASS_BITS+LOGIT_BITS-1:0] m_axis_tdata,
  output wire                             m_axis_tvalid,
  output wire                             m_axis_tlast,
  input  wire                             m_axis_tready
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (CLASSES < 1) begin : check_classes
      trispike_readout_CLASSES_is_less_than_1 error ();
    end
  endgenerate

  wire leaves;

  trispike_credits #(
    .PLACES(CLASSES)
  ) places (
    .clk    (clk),
    .rst_n  (rst_n),
    .spend_i(spend_i),
    .give_i (leaves),
    .room_o (room_o)
  );

  trispike_argmax #(
    .CLASSES   (CLASSES),
    .LOGIT_BITS(LOGIT_BITS),
    .CLASS_BITS(CLASS_BITS)
  ) argmax (
    .clk          (clk),
    .rst_n        (rst_n),
    .logit_valid_i(word_valid_i && last_i),
    .logit_i      (logit_i),
    .credit_o     (leaves),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

endmodule

`resetall
