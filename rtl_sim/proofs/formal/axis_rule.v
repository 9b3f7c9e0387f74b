// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// AXI4-Stream: a beat that is offered and not taken is offered again, unchanged, in the next
// cycle.
module axis_rule #(
  parameter BITS   = 8,  // bits of a beat: tlast and tdata
  parameter ASSUME = 0   // 1: a rule for the harness's inputs, 0: a property to prove
) (
  input wire            clk,
  input wire            rst_n,
  input wire [BITS-1:0] beat_i,
  input wire            valid_i,
  input wire            ready_i
);

  reg            waits_q = 1'b0;
  reg [BITS-1:0] beat_q;

  always @(posedge clk) begin
    waits_q <= rst_n && valid_i && !ready_i;
    beat_q  <= beat_i;
  end

  generate
    if (ASSUME != 0) begin : source
      always @* assume (!waits_q || (valid_i && beat_i == beat_q));
    end else begin : kept
      always @* if (rst_n && waits_q) stays: assert (valid_i && beat_i == beat_q);
      always @* waited: cover (rst_n && waits_q);
    end
  endgenerate

endmodule

`resetall
