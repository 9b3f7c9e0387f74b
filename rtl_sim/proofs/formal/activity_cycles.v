// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_activity, with its trispike_counter: it is busy if a sample is in the core, from the
// cycle after its first beat until its last word has left, and counts these cycles and that of the
// first beat.
module activity_cycles #(
  parameter FLIGHT_BITS = 16,
  parameter COUNT_BITS  = 48
) (
  input wire clk,
  input wire rst_n,
  input wire begin_i,
  input wire last_i,
  input wire end_i
);

  wire                  busy;
  wire [COUNT_BITS-1:0] count;

  trispike_activity #(
    .FLIGHT_BITS(FLIGHT_BITS),
    .COUNT_BITS (COUNT_BITS)
  ) dut (
    .clk    (clk),
    .rst_n  (rst_n),
    .begin_i(begin_i),
    .last_i (last_i),
    .end_i  (end_i),
    .busy_o (busy),
    .count_o(count)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  // --- the reference: numbers of samples since the reset ---------------------------------------

  reg [FLIGHT_BITS+1:0] first_q;  // samples of which a beat has come
  reg [FLIGHT_BITS+1:0] whole_q;  // samples that have come as a whole
  reg [FLIGHT_BITS+1:0] gone_q;   // samples that have left
  reg [COUNT_BITS-1:0]  cycles_q;

  wire [FLIGHT_BITS+1:0] inside = first_q - gone_q;
  wire [FLIGHT_BITS+1:0] ready  = whole_q - gone_q;
  wire                   fresh  = begin_i && first_q == whole_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      {first_q, whole_q, gone_q} <= 0;
      cycles_q <= 0;
    end else begin
      first_q <= first_q + fresh;
      whole_q <= whole_q + last_i;
      gone_q  <= gone_q + end_i;
      cycles_q <= cycles_q + (fresh || inside != 0);
    end
  end

  // A last beat is a beat; only a sample that has come as a whole leaves; and so many at a time
  // are in the core.
  always @* begin
    assume (!last_i || begin_i);
    assume (!end_i || ready != 0);
    assume (!last_i || ready < (1 << FLIGHT_BITS) - 1);
  end

  always @* begin
    if (begun) begin
      is_busy: assert (busy == (inside != 0));
      counts:  assert (count == cycles_q);
      two:     cover (rst_n && inside == 2 && ready == 1 && end_i && gone_q == 1);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.partial_q" *) wire                   partial;
  (* keep, peek = "dut.flight_q" *)  wire [FLIGHT_BITS-1:0] flight;

  always @* begin
    if (begun) alike: assert (flight == ready && ready < (1 << FLIGHT_BITS)
                              && first_q == whole_q + partial);
  end

endmodule

`resetall
