// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Carries a layer's spikes to one reader: spike words wait here and leave as events, from
// registers, so that the reader's ready does not reach the buffer in the same cycle.
//
// Each reader has its own outlet and takes the events when it likes. The sweep goes on only if all
// outlets have room (trispike_credits).
module trispike_outlet #(
  parameter N          = 16,  // channels of a convolution group
  parameter GROUPS     = 1,   // convolution groups
  parameter WIDTH      = 1,   // columns of the map
  parameter SLICE      = 4,   // neurons per word
  parameter BUFFER     = 16,  // spike words buffered
  parameter ADDR_BITS  = 4,   // bits of an event's address
  parameter COUNT_BITS = 48   // bits of the event counter
) (
  input  wire                  clk,
  input  wire                  rst_n,
  // spike words, in rising order
  input  wire                  spend_i,       // a word sets out
  output wire                  room_o,        // one more word may set out
  input  wire                  word_valid_i,
  input  wire [SLICE-1:0]      fire_i,        // s != 0
  input  wire [SLICE-1:0]      neg_i,         // s == -1
  input  wire                  step_end_i,    // the last word of a time step
  input  wire                  last_i,        // word of a sample's last time step
  // events {kind, neg, addr}, addr = {y, x, c}
  output wire [ADDR_BITS+1:0]  m_axis_tdata,
  output wire                  m_axis_tvalid,
  output wire                  m_axis_tlast,
  input  wire                  m_axis_tready,
  // counter
  output wire [COUNT_BITS-1:0] events_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (BUFFER < 1) begin : check_buffer
      trispike_outlet_BUFFER_is_less_than_1 error ();
    end
  endgenerate

  wire             valid;
  wire             ready;
  wire [SLICE-1:0] fire;
  wire [SLICE-1:0] neg;
  wire             step_end;
  wire             last;
  wire             pop = valid && ready;

  wire [ADDR_BITS+1:0] event_tdata;
  wire                 event_tvalid;
  wire                 event_tlast;
  wire                 event_tready;

  trispike_credits #(
    .PLACES(BUFFER)
  ) places (
    .clk    (clk),
    .rst_n  (rst_n),
    .spend_i(spend_i),
    .give_i (pop),
    .room_o (room_o)
  );

  trispike_fifo #(
    .BITS (2 * SLICE + 2),
    .DEPTH(BUFFER)
  ) words (
    .clk    (clk),
    .rst_n  (rst_n),
    .push_i (word_valid_i),
    .data_i ({last_i, step_end_i, neg_i, fire_i}),
    .valid_o(valid),
    .data_o ({last, step_end, neg, fire}),
    .pop_i  (pop)
  );

  trispike_serializer #(
    .N         (N),
    .GROUPS    (GROUPS),
    .WIDTH     (WIDTH),
    .SLICE     (SLICE),
    .ADDR_BITS (ADDR_BITS),
    .COUNT_BITS(COUNT_BITS)
  ) serializer (
    .clk          (clk),
    .rst_n        (rst_n),
    .word_valid_i (valid),
    .word_ready_o (ready),
    .fire_i       (fire),
    .neg_i        (neg),
    .step_end_i   (step_end),
    .last_i       (last),
    .m_axis_tdata (event_tdata),
    .m_axis_tvalid(event_tvalid),
    .m_axis_tlast (event_tlast),
    .m_axis_tready(event_tready),
    .events_o     (events_o)
  );

  trispike_register_slice #(
    .BITS(ADDR_BITS + 2)
  ) out (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (event_tdata),
    .s_axis_tvalid(event_tvalid),
    .s_axis_tlast (event_tlast),
    .s_axis_tready(event_tready),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

endmodule

`resetall
