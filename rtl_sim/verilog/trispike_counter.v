// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Counts since reset, modulo 2**COUNT_BITS.
module trispike_counter #(
  parameter ADD_BITS   = 1,   // bits of an increment
  parameter COUNT_BITS = 48   // bits of the count
) (
  input  wire                  clk,
  input  wire                  rst_n,
  input  wire [ADD_BITS-1:0]   add_i,
  output reg  [COUNT_BITS-1:0] count_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (COUNT_BITS <= ADD_BITS) begin : check_count_bits
      trispike_counter_COUNT_BITS_is_not_more_than_ADD_BITS error ();
    end
  endgenerate

  always @(posedge clk) begin
    if (!rst_n) count_o <= {COUNT_BITS{1'b0}};
    else if (add_i != {ADD_BITS{1'b0}}) count_o <= count_o + {{(COUNT_BITS-ADD_BITS){1'b0}}, add_i};
  end

endmodule

`resetall
