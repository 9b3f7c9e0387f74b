`resetall
`timescale 1ns / 1ps
`default_nettype none

// A pool: an event leaves once for each window that contains it, with the window's address.
//
// That is all of average and sum pooling: the sum over a window is the events it lets through, and
// a divisor belongs to the LSB of the layer behind. Channels, signs and digits stay; markers pass
// in order. An address is {y, x, c}, each field as wide as its size asks for.
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
  parameter DIGIT_BITS    = 0,  // of an event's digit, bits
  parameter IN_ADDR_BITS  = 8,  // of an event's address, bits
  parameter OUT_ADDR_BITS = 6   // of a window's address, bits
) (
  input  wire                                clk,
  input  wire                                rst_n,
  // events {kind, neg, digit, addr}, kind 1 is a marker
  input  wire [IN_ADDR_BITS+DIGIT_BITS+1:0]  s_axis_tdata,
  input  wire                                s_axis_tvalid,
  input  wire                                s_axis_tlast,
  output wire                                s_axis_tready,
  // the same with a window's address
  output wire [OUT_ADDR_BITS+DIGIT_BITS+1:0] m_axis_tdata,
  output wire                                m_axis_tvalid,
  output wire                                m_axis_tlast,
  input  wire                                m_axis_tready
);

  localparam C_BITS   = $clog2(C);
  localparam SPAN_Y   = (KERNEL_H + STRIDE_H - 1) / STRIDE_H;  // windows above each other, at most,
  localparam SPAN_X   = (KERNEL_W + STRIDE_W - 1) / STRIDE_W;  // and in a row, that an event is in
  localparam Y_BITS   = $clog2(SPAN_Y + 1);
  localparam X_BITS   = $clog2(SPAN_X + 1);
  localparam TAG_BITS = DIGIT_BITS + 2;

  localparam [Y_BITS-1:0]        Y_NONE = 0;
  localparam [Y_BITS-1:0]        Y_ONE  = 1;
  localparam [X_BITS-1:0]        X_NONE = 0;
  localparam [X_BITS-1:0]        X_ONE  = 1;
  localparam [OUT_ADDR_BITS-1:0] X_STEP = 1 << C_BITS;
  localparam [OUT_ADDR_BITS-1:0] Y_STEP = 1 << (C_BITS + $clog2(OUT_W));
  localparam [IN_ADDR_BITS-1:0]  C_MASK = (1 << C_BITS) - 1;

  wire [IN_ADDR_BITS-1:0]  addr = s_axis_tdata[IN_ADDR_BITS-1:0];
  wire [TAG_BITS-1:0]      tag  = s_axis_tdata[IN_ADDR_BITS+:TAG_BITS];
  wire                     kind = tag[TAG_BITS-1];
  wire [OUT_ADDR_BITS-1:0] c    = addr & C_MASK;
  wire [Y_BITS-1:0]        span_y;
  wire [X_BITS-1:0]        span_x;
  wire [OUT_ADDR_BITS-1:0] first_y;
  wire [OUT_ADDR_BITS-1:0] first_x;

  trispike_axis_taps #(
    .SIZE     (IN_H),
    .OUT      (OUT_H),
    .KERNEL   (KERNEL_H),
    .STRIDE   (STRIDE_H),
    .PADDING  (PADDING_H),
    .LSB      (C_BITS + $clog2(IN_W)),
    .ADDR_BITS(IN_ADDR_BITS),
    .OUT_STEP (Y_STEP),
    .OUT_BITS (OUT_ADDR_BITS),
    .SPAN_BITS(Y_BITS)
  ) rows (
    .addr_i(addr),
    .span_o(span_y),
    .out_o (first_y),
    .tap_o ()
  );

  trispike_axis_taps #(
    .SIZE     (IN_W),
    .OUT      (OUT_W),
    .KERNEL   (KERNEL_W),
    .STRIDE   (STRIDE_W),
    .PADDING  (PADDING_W),
    .LSB      (C_BITS),
    .ADDR_BITS(IN_ADDR_BITS),
    .OUT_STEP (X_STEP),
    .OUT_BITS (OUT_ADDR_BITS),
    .SPAN_BITS(X_BITS)
  ) columns (
    .addr_i(addr),
    .span_o(span_x),
    .out_o (first_x),
    .tap_o ()
  );

  reg                     head_q;    // an event with windows left, or a marker, is here
  reg                     last_q;
  reg [TAG_BITS-1:0]      tag_q;
  reg [OUT_ADDR_BITS-1:0] addr_q;    // of the window that is due
  reg [OUT_ADDR_BITS-1:0] line_q;    // of the first window in its row
  reg [Y_BITS-1:0]        left_y_q;  // rows of windows still to come
  reg [X_BITS-1:0]        left_x_q;  // windows still to come in the row
  reg [X_BITS-1:0]        more_x_q;  // windows of a row after the first

  wire accept = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;
  wire x_end  = left_x_q == X_NONE;
  wire done   = x_end && left_y_q == Y_NONE;

  assign s_axis_tready = !head_q || (leaves && done);
  assign m_axis_tdata  = {tag_q, addr_q};
  assign m_axis_tvalid = head_q;
  assign m_axis_tlast  = last_q;

  always @(posedge clk) begin
    if (!rst_n) head_q <= 1'b0;
    else if (accept) head_q <= kind || (span_y != Y_NONE && span_x != X_NONE);
    else if (leaves && done) head_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (accept) begin
      last_q   <= s_axis_tlast;
      tag_q    <= tag;
      addr_q   <= kind ? {OUT_ADDR_BITS{1'b0}} : first_y | first_x | c;
      line_q   <= first_y | first_x | c;
      left_y_q <= kind ? Y_NONE : span_y - Y_ONE;
      left_x_q <= kind ? X_NONE : span_x - X_ONE;
      more_x_q <= span_x - X_ONE;
    end else if (leaves) begin
      addr_q   <= x_end ? line_q + Y_STEP : addr_q + X_STEP;
      left_x_q <= x_end ? more_x_q : left_x_q - X_ONE;
      if (x_end) begin
        line_q   <= line_q + Y_STEP;
        left_y_q <= left_y_q - Y_ONE;
      end
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
