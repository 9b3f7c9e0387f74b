// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Counts the cycles in which a sample is in the core, from its first beat to its last logit.
module trispike_activity #(
  parameter FLIGHT_BITS = 16,  // bits of the number of complete samples in the core
  parameter COUNT_BITS  = 48   // bits of the count
) (
  input  wire                  clk,
  input  wire                  rst_n,
  input  wire                  begin_i,  // a beat of a sample enters
  input  wire                  last_i,   // that beat is the last of its sample
  input  wire                  end_i,    // the last beat of a sample leaves
  output wire                  busy_o,   // a sample is in the core
  output wire [COUNT_BITS-1:0] count_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (FLIGHT_BITS < 1) begin : check_flight_bits
      trispike_activity_FLIGHT_BITS_is_less_than_1 error ();
    end
  endgenerate

  localparam [FLIGHT_BITS-1:0] NONE = 0;
  localparam [FLIGHT_BITS-1:0] ONE  = 1;

  reg                   partial_q;  // a sample has entered in part
  reg [FLIGHT_BITS-1:0] flight_q;   // samples that have entered completely and not left yet

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
