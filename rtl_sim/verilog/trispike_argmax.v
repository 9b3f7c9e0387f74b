// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Sends the logits of a sample, each with the sample's class beside it; the lowest index wins a
// tie.
//
// The class is found while the logits arrive. When the last one has come, they leave in rising
// order as words {class, logit}. The buffer holds one sample, and credit_o gives a place back. So
// a sample is complete only after the one before has left.
module trispike_argmax #(
  parameter CLASSES    = 10,  // logits
  parameter LOGIT_BITS = 16,  // bits of a logit
  parameter CLASS_BITS = 4    // bits of a class; 2**CLASS_BITS >= CLASSES
) (
  input  wire                             clk,
  input  wire                             rst_n,
  // logits 0, 1, ... CLASSES - 1
  input  wire                             logit_valid_i,
  input  wire signed [LOGIT_BITS-1:0]     logit_i,
  output wire                             credit_o,
  // words {class, logit}
  output wire [CLASS_BITS+LOGIT_BITS-1:0] m_axis_tdata,
  output wire                             m_axis_tvalid,
  output wire                             m_axis_tlast,
  input  wire                             m_axis_tready
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (CLASSES < 1) begin : check_classes
      trispike_argmax_CLASSES_is_less_than_1 error ();
    end
    if (CLASS_BITS < 1 || CLASS_BITS < $clog2(CLASSES)) begin : check_class_bits
      trispike_argmax_CLASS_BITS_is_too_small_for_CLASSES error ();
    end
  endgenerate

  localparam [CLASS_BITS-1:0] FIRST = 0;
  localparam [CLASS_BITS-1:0] ONE   = 1;
  localparam [CLASS_BITS-1:0] LAST  = CLASSES - 1;

  reg                          found_q;    // the winner of all logits has just been found
  reg                          leaving_q;  // all logits have arrived
  reg [CLASS_BITS-1:0]         class_q;    // class of the sample that leaves
  reg [CLASS_BITS-1:0]         winner_q;   // index of the largest logit so far
  reg signed [LOGIT_BITS-1:0]  best_q;     // the largest logit so far
  reg [CLASS_BITS-1:0]         in_q;       // index of the next logit to come
  reg [CLASS_BITS-1:0]         out_q;      // index of the next logit to leave

  wire                  leaves = m_axis_tvalid && m_axis_tready;
  wire                  logit_valid;
  wire [LOGIT_BITS-1:0] logit;
  // The sign of a difference is found faster than which number is larger.
  wire signed [LOGIT_BITS:0] lead   = best_q - logit_i;
  wire                       better = in_q == FIRST || lead[LOGIT_BITS];

  trispike_fifo #(
    .BITS (LOGIT_BITS),
    .DEPTH(CLASSES)
  ) logits (
    .clk    (clk),
    .rst_n  (rst_n),
    .push_i (logit_valid_i),
    .data_i (logit_i),
    .valid_o(logit_valid),
    .data_o (logit),
    .pop_i  (leaves)
  );

  assign credit_o      = leaves;
  assign m_axis_tdata  = {class_q, logit};
  assign m_axis_tvalid = leaving_q && logit_valid;
  assign m_axis_tlast  = out_q == LAST;

  always @(posedge clk) begin
    if (!rst_n) begin
      found_q   <= 1'b0;
      leaving_q <= 1'b0;
      in_q      <= FIRST;
      out_q     <= FIRST;
    end else begin
      if (logit_valid_i) in_q <= in_q == LAST ? FIRST : in_q + ONE;
      if (leaves) out_q <= out_q == LAST ? FIRST : out_q + ONE;
      found_q <= logit_valid_i && in_q == LAST;
      if (found_q) leaving_q <= 1'b1;
      else if (leaves && out_q == LAST) leaving_q <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (logit_valid_i && better) begin
      best_q   <= logit_i;
      winner_q <= in_q;
    end
    if (found_q) class_q <= winner_q;
  end

`ifndef SYNTHESIS
  always @(posedge clk) begin
    if (rst_n && logit_valid_i && in_q == LAST && (found_q || leaving_q)) begin
      $display("ASSERT %m: a sample is complete before the last one has left");
      $finish;
    end
  end
`endif

endmodule

`resetall
