// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A pool: an event leaves once for each window that contains it, with the window's address.
//
// This is all that average and sum pooling need: the events that leave for a window represent its
// sum, and a divisor is part of the LSB of the next layer. Channels, signs and digits stay the
// same; markers pass in order. An address is {y, x, c}, and each field is just wide enough for its
// size.
module trispike_pool #(
  parameter C             = 4,  // channels
  parameter IN_H          = 8,  // rows of the map
  parameter IN_W          = 8,  // columns of the map
  parameter OUT_H         = 4,  // rows of windows
  parameter OUT_W         = 4,  // columns of windows
  parameter KERNEL_H      = 2,  // rows of a window
  parameter KERNEL_W      = 2,  // columns of a window
  parameter STRIDE_H      = 2,  // rows from one window to the next
  parameter STRIDE_W      = 2,  // columns from one window to the next
  parameter PADDING_H     = 0,  // rows of the first window above the map
  parameter PADDING_W     = 0,  // columns of the first window left of the map
  parameter DIGIT_BITS    = 0,  // bits of an event's digit
  parameter IN_ADDR_BITS  = 8,  // bits of an event's address
  parameter OUT_ADDR_BITS = 6   // bits of a window's address
) (
  input  wire                                clk,
  input  wire                                rst_n,
  // events {kind, neg, digit, addr}, kind 1 is a marker
  input  wire [IN_ADDR_BITS+DIGIT_BITS+1:0]  s_axis_tdata,
  input  wire                                s_axis_tvalid,
  input  wire                                s_axis_tlast,
  output wire                                s_axis_tready,
  // the same beats with a window's address
  output wire [OUT_ADDR_BITS+DIGIT_BITS+1:0] m_axis_tdata,
  output wire                                m_axis_tvalid,
  output wire                                m_axis_tlast,
  input  wire                                m_axis_tready
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (IN_ADDR_BITS < $clog2(C) + $clog2(IN_H) + $clog2(IN_W)) begin : check_in_addr_bits
      trispike_pool_IN_ADDR_BITS_is_too_small_for_the_map error ();
    end
    if (OUT_ADDR_BITS < $clog2(C) + $clog2(OUT_H) + $clog2(OUT_W)) begin : check_out_addr_bits
      trispike_pool_OUT_ADDR_BITS_is_too_small_for_the_windows error ();
    end
  endgenerate

  localparam C_BITS   = $clog2(C);
  localparam TAG_BITS = DIGIT_BITS + 2;

  localparam [OUT_ADDR_BITS-1:0] X_STEP = 1 << C_BITS;
  localparam [OUT_ADDR_BITS-1:0] Y_STEP = 1 << (C_BITS + $clog2(OUT_W));
  localparam [IN_ADDR_BITS-1:0]  C_MASK = (1 << C_BITS) - 1;

  wire [IN_ADDR_BITS-1:0]  addr = s_axis_tdata[IN_ADDR_BITS-1:0];
  wire [TAG_BITS-1:0]      tag  = s_axis_tdata[IN_ADDR_BITS+:TAG_BITS];
  wire                     kind = tag[TAG_BITS-1];
  wire [OUT_ADDR_BITS-1:0] c    = addr & C_MASK;
  wire [OUT_ADDR_BITS-1:0] first_y;
  wire [OUT_ADDR_BITS-1:0] first_x;

  reg                     head_q;  // an event with windows left, or a marker, is at the head
  reg                     last_q;
  reg [TAG_BITS-1:0]      tag_q;
  reg [OUT_ADDR_BITS-1:0] addr_q;  // address of the next window
  reg [OUT_ADDR_BITS-1:0] line_q;  // address of the first window in its row

  wire accept = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;
  wire seen;   // some window contains the event
  wire x_end;  // the next window is the last of its row
  wire done;   // it is the last of all

  trispike_window_walk #(
    .IN_H        (IN_H),
    .IN_W        (IN_W),
    .OUT_H       (OUT_H),
    .OUT_W       (OUT_W),
    .KERNEL_H    (KERNEL_H),
    .KERNEL_W    (KERNEL_W),
    .STRIDE_H    (STRIDE_H),
    .STRIDE_W    (STRIDE_W),
    .PADDING_H   (PADDING_H),
    .PADDING_W   (PADDING_W),
    .X_LSB       (C_BITS),
    .ADDR_BITS   (IN_ADDR_BITS),
    .PLACE_STEP_Y(Y_STEP),
    .PLACE_STEP_X(X_STEP),
    .PLACE_BITS  (OUT_ADDR_BITS),
    .TAP_BITS    (1)
  ) walk (
    .clk      (clk),
    .start_i  (accept),
    .single_i (kind),
    .addr_i   (addr),
    .seen_o   (seen),
    .place_y_o(first_y),
    .place_x_o(first_x),
    .tap_y_o  (),
    .tap_x_o  (),
    .step_i   (leaves),
    .row_end_o(x_end),
    .end_o    (done)
  );

  assign s_axis_tready = !head_q || (leaves && done);
  assign m_axis_tdata  = {tag_q, addr_q};
  assign m_axis_tvalid = head_q;
  assign m_axis_tlast  = last_q;

  always @(posedge clk) begin
    if (!rst_n) head_q <= 1'b0;
    else if (accept) head_q <= kind || seen;
    else if (leaves && done) head_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (accept) begin
      last_q <= s_axis_tlast;
      tag_q  <= tag;
      addr_q <= kind ? {OUT_ADDR_BITS{1'b0}} : first_y | first_x | c;
      line_q <= first_y | first_x | c;
    end else if (leaves) begin
      addr_q <= x_end ? line_q + Y_STEP : addr_q + X_STEP;
      if (x_end) line_q <= line_q + Y_STEP;
    end
  end

`ifndef SYNTHESIS
  wire [IN_ADDR_BITS-1:0] x = (addr >> C_BITS) & ((1 << $clog2(IN_W)) - 1);
  wire [IN_ADDR_BITS-1:0] y = addr >> (C_BITS + $clog2(IN_W));

  always @(posedge clk) begin
    if (rst_n && accept && !kind && (c >= C || x >= IN_W || y >= IN_H || s_axis_tlast)) begin
      $display("ASSERT %m: event at (%0d, %0d, %0d) of (%0d, %0d, %0d), tlast %b",
               c, y, x, C, IN_H, IN_W, s_axis_tlast);
      $finish;
    end
  end
`endif

endmodule

`resetall
