// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Counts the cycles in which a sample is in the core: from its first beat to its last logit.
module trispike_activity #(
  parameter FLIGHT_BITS = 16,  // of the number of complete samples in the core, bits
  parameter COUNT_BITS  = 48   // of the count, bits
) (
  input  wire                  clk,
  input  wire                  rst_n,
  input  wire                  begin_i,  // a beat of a sample goes in
  input  wire                  last_i,   // and it is the last of its sample
  input  wire                  end_i,    // the last beat of a sample comes out
  output wire                  busy_o,   // a sample is in the core
  output wire [COUNT_BITS-1:0] count_o
);

  // No module has such a name: an instance with these parameters is refused as it is elaborated.
  generate
    if (FLIGHT_BITS < 1) begin : check_flight_bits
      trispike_activity_FLIGHT_BITS_is_less_than_1 error ();
    end
  endgenerate

  localparam [FLIGHT_BITS-1:0] NONE = 0;
  localparam [FLIGHT_BITS-1:0] ONE  = 1;

  reg                   partial_q;  // a sample is going in
  reg [FLIGHT_BITS-1:0] flight_q;   // samples that are in and not yet out

  assign busy_o = partial_q || flight_q != NONE;

  always @(posedge clk) begin
    if (!rst_n) begin
      partial_q <= 1'b0;
      flight_q  <= NONE;
    end else begin
      if (begin_i) partial_q <= !last_i;
      if (last_i && !end_i) flight_q <= flight_q + ONE;
      if (end_i && !last_i) flight_q <= flight_q - ONE;
    end
  end

  trispike_counter #(
    .ADD_BITS  (1),
    .COUNT_BITS(COUNT_BITS)
  ) cycles (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (begin_i || busy_o),
    .count_o(count_o)
  );

endmodule

`resetall
