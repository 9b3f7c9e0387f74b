// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// leak(v) = sign(v) * ((|v| * m) >> K), by shifts and adds; combinational.
//
// It rounds toward zero without taking |v|: for v < 0, -((-v * m) >> K) == (v * m + 2**K - 1) >>>
// K.
module trispike_leak #(
  parameter       V_BITS    = 8,        // bits of a membrane
  parameter       LEAK_BITS = 10,       // bits of the shift-and-add: V_BITS + K
  parameter       K         = 2,        // tau = m / 2**K, K <= 10
  parameter [10:0] PLUS     = 11'b1,     // m's signed digits: bit e set adds 2**e
  parameter [10:0] MINUS    = 11'b0      // bit e set subtracts 2**e
) (
  input  wire signed [V_BITS-1:0] v_i,
  output wire signed [V_BITS-1:0] leak_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (K < 0 || K > 10) begin : check_k
      trispike_leak_K_is_not_within_0_and_10 error ();
    end
    if (LEAK_BITS < V_BITS) begin : check_leak_bits
      trispike_leak_LEAK_BITS_is_less_than_V_BITS error ();
    end
  endgenerate

  localparam signed [LEAK_BITS-1:0] TOWARD_ZERO = (1 << K) - 1;
  localparam signed [LEAK_BITS-1:0] ZERO        = 0;

  wire signed [LEAK_BITS-1:0] v = v_i;
  reg signed  [LEAK_BITS-1:0] product;
  wire signed [LEAK_BITS-1:0] quotient;
  integer                     e;

  always @* begin
    product = v_i[V_BITS-1] ? TOWARD_ZERO : ZERO;
    for (e = 0; e <= K; e = e + 1) begin
      if (PLUS[e]) product = product + (v <<< e);
      if (MINUS[e]) product = product - (v <<< e);
    end
  end

  assign quotient = product >>> K;
  assign leak_o   = quotient[V_BITS-1:0];

endmodule

`resetall
