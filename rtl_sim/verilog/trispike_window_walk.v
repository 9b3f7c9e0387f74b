// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Walks an event through the windows that contain it, on a map of rows and columns.
//
// Windows slide over the map (trispike_axis_taps). Those that contain a coordinate (y, x) are
// neighbours, a few in each of a few rows. When an event comes (start_i), the outputs say whether
// there are any, where the first one lies and which of its taps the event is. Each step_i then
// goes on to the next window: row_end_o says that the current window is the last of its row, end_o
// that it is the last of all. Places and taps advance by constants, which the reader adds.
module trispike_window_walk #(
  parameter IN_H         = 8,  // rows of the map
  parameter IN_W         = 8,  // columns of the map
  parameter OUT_H        = 8,  // rows of windows
  parameter OUT_W        = 8,  // columns of windows
  parameter KERNEL_H     = 3,  // rows of a window
  parameter KERNEL_W     = 3,  // columns of a window
  parameter STRIDE_H     = 1,  // rows from one window to the next
  parameter STRIDE_W     = 1,  // columns from one window to the next
  parameter PADDING_H    = 1,  // rows of the first window above the map
  parameter PADDING_W    = 1,  // columns of the first window left of the map
  parameter X_LSB        = 0,  // lowest bit of x in addr_i; y lies above it
  parameter ADDR_BITS    = 6,  // bits of addr_i
  parameter PLACE_STEP_Y = 8,  // step of a place from one row of windows to the next
  parameter PLACE_STEP_X = 1,  // step of a place from one window of a row to the next
  parameter PLACE_BITS   = 6,  // bits of a place
  parameter TAP_STEP_Y   = 1,  // step of a tap from one row of a window to the next
  parameter TAP_STEP_X   = 1,  // step of a tap from one column to the next
  parameter TAP_BITS     = 2   // bits of a tap
) (
  input  wire                  clk,
  // an event comes
  input  wire                  start_i,
  input  wire                  single_i,   // it is a marker, which has a single step
  input  wire [ADDR_BITS-1:0]  addr_i,
  output wire                  seen_o,     // some window contains the event
  output wire [PLACE_BITS-1:0] place_y_o,  // place of the first window
  output wire [PLACE_BITS-1:0] place_x_o,
  output wire [TAP_BITS-1:0]   tap_y_o,    // tap of the first window
  output wire [TAP_BITS-1:0]   tap_x_o,
  // the event is at the head
  input  wire                  step_i,
  output wire                  row_end_o,
  output wire                  end_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (ADDR_BITS < X_LSB + $clog2(IN_H) + $clog2(IN_W)) begin : check_addr_bits
      trispike_window_walk_ADDR_BITS_is_too_small_for_the_map error ();
    end
  endgenerate

  localparam MOST_Y = (KERNEL_H + STRIDE_H - 1) / STRIDE_H;  // the most windows that contain a
  localparam MOST_X = (KERNEL_W + STRIDE_W - 1) / STRIDE_W;  // coordinate on an axis
  localparam SPAN_Y = MOST_Y < OUT_H ? MOST_Y : OUT_H;
  localparam SPAN_X = MOST_X < OUT_W ? MOST_X : OUT_W;
  localparam Y_BITS = $clog2(SPAN_Y + 1);
  localparam X_BITS = $clog2(SPAN_X + 1);

  localparam [Y_BITS-1:0] Y_NONE = 0;
  localparam [Y_BITS-1:0] Y_ONE  = 1;
  localparam [X_BITS-1:0] X_NONE = 0;
  localparam [X_BITS-1:0] X_ONE  = 1;

  wire [Y_BITS-1:0] span_y;
  wire [X_BITS-1:0] span_x;

  trispike_axis_taps #(
    .SIZE     (IN_H),
    .OUT      (OUT_H),
    .KERNEL   (KERNEL_H),
    .STRIDE   (STRIDE_H),
    .PADDING  (PADDING_H),
    .LSB      (X_LSB + $clog2(IN_W)),
    .ADDR_BITS(ADDR_BITS),
    .OUT_STEP (PLACE_STEP_Y),
    .OUT_BITS (PLACE_BITS),
    .TAP_STEP (TAP_STEP_Y),
    .TAP_BITS (TAP_BITS),
    .SPAN_BITS(Y_BITS)
  ) y_axis (
    .addr_i(addr_i),
    .span_o(span_y),
    .out_o (place_y_o),
    .tap_o (tap_y_o)
  );

  trispike_axis_taps #(
    .SIZE     (IN_W),
    .OUT      (OUT_W),
    .KERNEL   (KERNEL_W),
    .STRIDE   (STRIDE_W),
    .PADDING  (PADDING_W),
    .LSB      (X_LSB),
    .ADDR_BITS(ADDR_BITS),
    .OUT_STEP (PLACE_STEP_X),
    .OUT_BITS (PLACE_BITS),
    .TAP_STEP (TAP_STEP_X),
    .TAP_BITS (TAP_BITS),
    .SPAN_BITS(X_BITS)
  ) x_axis (
    .addr_i(addr_i),
    .span_o(span_x),
    .out_o (place_x_o),
    .tap_o (tap_x_o)
  );

  reg [Y_BITS-1:0] left_y_q;  // rows of windows left
  reg [X_BITS-1:0] left_x_q;  // windows left in the row
  reg [X_BITS-1:0] more_x_q;  // windows in a row after the first

  assign seen_o    = span_y != Y_NONE && span_x != X_NONE;
  // On an axis of which any coordinate is in one window at most, the first is the last.
  assign row_end_o = SPAN_X == 1 || left_x_q == X_NONE;
  assign end_o     = row_end_o && (SPAN_Y == 1 || left_y_q == Y_NONE);

  always @(posedge clk) begin
    if (start_i) begin
      left_y_q <= single_i ? Y_NONE : span_y - Y_ONE;
      left_x_q <= single_i ? X_NONE : span_x - X_ONE;
      more_x_q <= span_x - X_ONE;
    end else if (step_i) begin
      left_x_q <= row_end_o ? more_x_q : left_x_q - X_ONE;
      if (row_end_o) left_y_q <= left_y_q - Y_ONE;
    end
  end

endmodule

`resetall
