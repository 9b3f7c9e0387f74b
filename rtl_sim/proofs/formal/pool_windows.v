// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_pool: an event leaves once for each window that contains it, with all else unchanged,
// before the next beat is taken; a marker leaves once, unchanged.
//
// The proof follows any one window, (window_y, window_x). It is due if it contains the event, by
// the definition of a window, and then its address must leave exactly once.
module pool_windows #(
  parameter C             = 2,
  parameter IN_H          = 3,
  parameter IN_W          = 4,
  parameter OUT_H         = 2,
  parameter OUT_W         = 3,
  parameter KERNEL_H      = 2,
  parameter KERNEL_W      = 3,
  parameter STRIDE_H      = 1,
  parameter STRIDE_W      = 1,
  parameter PADDING_H     = 0,
  parameter PADDING_W     = 1,
  parameter DIGIT_BITS    = 0,
  parameter IN_ADDR_BITS  = 5,
  parameter OUT_ADDR_BITS = 4
) (
  input wire                               clk,
  input wire                               rst_n,
  input wire [IN_ADDR_BITS+DIGIT_BITS+1:0] s_axis_tdata,
  input wire                               s_axis_tvalid,
  input wire                               s_axis_tlast,
  input wire                               m_axis_tready
);

  localparam TAG_BITS = DIGIT_BITS + 2;
  localparam C_BITS   = $clog2(C);
  localparam IN_X     = $clog2(IN_W);
  localparam OUT_X    = $clog2(OUT_W);

  wire                                s_axis_tready;
  wire [OUT_ADDR_BITS+DIGIT_BITS+1:0] m_axis_tdata;
  wire                                m_axis_tvalid;
  wire                                m_axis_tlast;

  trispike_pool #(
    .C            (C),
    .IN_H         (IN_H),
    .IN_W         (IN_W),
    .OUT_H        (OUT_H),
    .OUT_W        (OUT_W),
    .KERNEL_H     (KERNEL_H),
    .KERNEL_W     (KERNEL_W),
    .STRIDE_H     (STRIDE_H),
    .STRIDE_W     (STRIDE_W),
    .PADDING_H    (PADDING_H),
    .PADDING_W    (PADDING_W),
    .DIGIT_BITS   (DIGIT_BITS),
    .IN_ADDR_BITS (IN_ADDR_BITS),
    .OUT_ADDR_BITS(OUT_ADDR_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tlast (s_axis_tlast),
    .s_axis_tready(s_axis_tready),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(OUT_ADDR_BITS + DIGIT_BITS + 3)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  // --- the event at the input: a legal address; the event at work ------------------------------

  wire [31:0] address = s_axis_tdata[IN_ADDR_BITS-1:0];
  wire [31:0] c = address & ((1 << C_BITS) - 1);
  wire [31:0] x = (address >> C_BITS) & ((1 << IN_X) - 1);
  wire [31:0] y = address >> (C_BITS + IN_X);
  wire        kind = s_axis_tdata[IN_ADDR_BITS+DIGIT_BITS+1];

  always @* assume (!s_axis_tvalid || kind || (c < C && x < IN_W && y < IN_H));

  wire enters = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;

  reg                busy_q;
  reg                kind_q;
  reg [TAG_BITS-1:0] tag_q;
  reg                last_q;
  reg [31:0]         c_q, x_q, y_q;

  always @(posedge clk) begin
    if (!rst_n) busy_q <= 1'b0;
    else if (enters) busy_q <= 1'b1;
    if (enters) begin
      kind_q <= kind;
      tag_q  <= s_axis_tdata[IN_ADDR_BITS+:TAG_BITS];
      last_q <= s_axis_tlast;
      {c_q, x_q, y_q} <= {c, x, y};
    end
  end

  // --- the window that is followed -------------------------------------------------------------

  (* anyconst *) wire [7:0] window_y;
  (* anyconst *) wire [7:0] window_x;

  always @* assume (window_y < OUT_H && window_x < OUT_W);

  wire [31:0] top  = window_y * STRIDE_H;  // both are shifted by the padding
  wire [31:0] left = window_x * STRIDE_W;
  wire        contains = top <= y_q + PADDING_H && y_q + PADDING_H < top + KERNEL_H
                      && left <= x_q + PADDING_W && x_q + PADDING_W < left + KERNEL_W;
  wire        due = busy_q && (kind_q || contains);
  wire [31:0] place = kind_q ? 0
                    : (((window_y << OUT_X) | window_x) << C_BITS) | c_q;
  wire        hit = m_axis_tdata[OUT_ADDR_BITS-1:0] == place;

  reg seen_q;

  always @(posedge clk) begin
    if (enters) seen_q <= 1'b0;
    else if (leaves && hit) seen_q <= 1'b1;
  end

  always @* begin
    if (rst_n) begin
      tagged:   assert (!m_axis_tvalid || (busy_q && m_axis_tlast == last_q
                        && m_axis_tdata[OUT_ADDR_BITS+:TAG_BITS] == tag_q));
      once:     assert (!(leaves && hit) || (due && !seen_q));
      complete: assert (!(enters && due) || seen_q || (leaves && hit));
      goes_on:  assert (m_axis_tvalid || s_axis_tready);
      replaced: cover (enters && due && !kind_q && seen_q && leaves && !hit);
    end
  end

  // --- invariants -----------------------------------------------------------------------------

  // Windows leave row by row: those that have left come before those that are due, and so do their
  // addresses.
  localparam MOST_Y = (KERNEL_H + STRIDE_H - 1) / STRIDE_H;
  localparam MOST_X = (KERNEL_W + STRIDE_W - 1) / STRIDE_W;
  localparam Y_BITS = $clog2((MOST_Y < OUT_H ? MOST_Y : OUT_H) + 1);
  localparam X_BITS = $clog2((MOST_X < OUT_W ? MOST_X : OUT_W) + 1);

  (* keep, peek = "dut.walk.left_y_q" *) wire [Y_BITS-1:0] left_y;
  (* keep, peek = "dut.walk.left_x_q" *) wire [X_BITS-1:0] left_x;
  (* keep, peek = "dut.walk.more_x_q" *) wire [X_BITS-1:0] more_x;
  (* keep, peek = "dut.line_q" *)   wire [OUT_ADDR_BITS-1:0] line;

  wire [31:0] now_x  = (m_axis_tdata[OUT_ADDR_BITS-1:0] >> C_BITS) & ((1 << OUT_X) - 1);
  wire [31:0] now_y  = m_axis_tdata[OUT_ADDR_BITS-1:0] >> (C_BITS + OUT_X);
  wire [31:0] now_c  = m_axis_tdata[OUT_ADDR_BITS-1:0] & ((1 << C_BITS) - 1);
  wire [31:0] line_x = (line >> C_BITS) & ((1 << OUT_X) - 1);
  wire [31:0] line_y = line >> (C_BITS + OUT_X);
  wire [31:0] line_c = line & ((1 << C_BITS) - 1);
  wire [31:0] last_x = line_x + more_x;
  wire [31:0] last_y = now_y + left_y;

  // The first rows and columns of windows that contain the event, and the first after them that
  // do not.
  wire y_in = line_y * STRIDE_H <= y_q + PADDING_H
           && y_q + PADDING_H < last_y * STRIDE_H + KERNEL_H;
  wire before = window_y < now_y || (window_y == now_y && window_x < now_x);

  always @* begin
    if (rst_n && m_axis_tvalid && kind_q) begin
      marker: assert (left_y == 0 && left_x == 0 && m_axis_tdata[OUT_ADDR_BITS-1:0] == 0
                      && !seen_q);
    end
    if (rst_n && m_axis_tvalid && !kind_q) begin
      single:  assert ((X_BITS > 1 || (left_x == 0 && more_x == 0)) && (Y_BITS > 1 || left_y == 0));
      columns: assert (line_y == now_y && now_x + left_x == last_x && now_x >= line_x
                       && now_c == c_q && line_c == c_q && last_x < OUT_W && last_y < OUT_H);
      x_span:  assert ((left <= x_q + PADDING_W && x_q + PADDING_W < left + KERNEL_W)
                       == (line_x <= window_x && window_x <= last_x));
      y_span:  assert (!(window_y >= now_y)
                       || (top <= y_q + PADDING_H && y_q + PADDING_H < top + KERNEL_H)
                       == (window_y <= last_y));
      passed:  assert (seen_q == (contains && before));
    end
    if (rst_n && !m_axis_tvalid && busy_q) empty: assert (due == seen_q);
    event_at_work: assert (!rst_n || kind_q || !busy_q || (c_q < C && x_q < IN_W && y_q < IN_H));
  end

endmodule

`resetall
