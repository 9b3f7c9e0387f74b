// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Counts the free places of a buffer that is filled through a pipeline. A word uses up a place
// when it sets out, not when it arrives, so that every word that sets out finds a place.
module trispike_credits #(
  parameter PLACES = 16  // words that the buffer holds
) (
  input  wire clk,
  input  wire rst_n,
  input  wire spend_i,  // a word sets out; only allowed if there is room
  input  wire give_i,   // a word has left the buffer
  output reg  room_o    // one more word may set out
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (PLACES < 1) begin : check_places
      trispike_credits_PLACES_is_less_than_1 error ();
    end
  endgenerate

  localparam CREDIT_BITS = $clog2(PLACES + 1);

  localparam [CREDIT_BITS-1:0] ONE = 1;
  localparam [CREDIT_BITS-1:0] ALL = PLACES;

  reg [CREDIT_BITS-1:0] credit_q;

  // room_o is credit_q != 0, from a register of its own, as a path to all engines begins here.
  always @(posedge clk) begin
    if (!rst_n) begin
      credit_q <= ALL;
      room_o   <= 1'b1;
    end else if (spend_i && !give_i) begin
      credit_q <= credit_q - ONE;
      room_o   <= credit_q != ONE;
    end else if (give_i && !spend_i) begin
      credit_q <= credit_q + ONE;
      room_o   <= 1'b1;
    end
  end

`ifndef SYNTHESIS
  always @(posedge clk) begin
    if (rst_n && give_i && !spend_i && credit_q == ALL) begin
      $display("ASSERT %m: a credit too many");
      $finish;
    end
    if (rst_n && spend_i && !room_o) begin
      $display("ASSERT %m: spent what is not there");
      $finish;
    end
  end
`endif

endmodule

`resetall
