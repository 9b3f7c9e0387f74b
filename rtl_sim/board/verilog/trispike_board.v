// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// What a board has behind its clock and its pins: a core, whose module is `top`, behind a UART, and
// lights that show the class of the last sample in binary. The highest light changes with each
// sample.
module trispike_board #(
  parameter DIVIDER       = 50,  // of a bit on the line, cycles
  parameter PATIENCE_BITS = 26,  // after 2 ** PATIENCE_BITS cycles of silence the core is reset
  parameter WORDS         = 256, // of 32 bits, of the longest frame; a power of two
  parameter LEDS          = 8    // at least 2
) (
  input  wire            clk,
  input  wire            ready_i,  // the clock is stable and nobody presses reset; not in step
  input  wire            rx_i,
  output wire            tx_o,
  output reg  [LEDS-1:0] led_o
);

  // It is 0 where the board has just been configured. Its lowest bit alone sees ready_i, and may be
  // neither 0 nor 1 for a while.
  reg [3:0] ready_q;
  wire      rst_n = &ready_q[3:1];
  initial ready_q = 4'd0;
  always @(posedge clk) ready_q <= {ready_q[2:0], ready_i};

  wire        core_rst_n;
  wire [11:0] awaddr;
  wire        awvalid;
  wire        awready;
  wire [31:0] wdata;
  wire        wvalid;
  wire        wready;
  wire [1:0]  bresp;
  wire        bvalid;
  wire        bready;
  wire [11:0] araddr;
  wire        arvalid;
  wire        arready;
  wire [31:0] rdata;
  wire [1:0]  rresp;
  wire        rvalid;
  wire        rready;
  wire [31:0] in_tdata;
  wire        in_tvalid;
  wire        in_tlast;
  wire        in_tready;
  wire [63:0] out_tdata;
  wire        out_tvalid;
  wire        out_tlast;
  wire        out_tready;

  trispike_uart_bridge #(
    .DIVIDER      (DIVIDER),
    .WORDS        (WORDS),
    .PATIENCE_BITS(PATIENCE_BITS)
  ) bridge (
    .clk           (clk),
    .rst_n         (rst_n),
    .rx_i          (rx_i),
    .tx_o          (tx_o),
    .core_rst_n    (core_rst_n),
    .m_axil_awaddr (awaddr),
    .m_axil_awvalid(awvalid),
    .m_axil_awready(awready),
    .m_axil_wdata  (wdata),
    .m_axil_wvalid (wvalid),
    .m_axil_wready (wready),
    .m_axil_bresp  (bresp),
    .m_axil_bvalid (bvalid),
    .m_axil_bready (bready),
    .m_axil_araddr (araddr),
    .m_axil_arvalid(arvalid),
    .m_axil_arready(arready),
    .m_axil_rdata  (rdata),
    .m_axil_rresp  (rresp),
    .m_axil_rvalid (rvalid),
    .m_axil_rready (rready),
    .m_axis_tdata  (in_tdata),
    .m_axis_tlast  (in_tlast),
    .m_axis_tvalid (in_tvalid),
    .m_axis_tready (in_tready),
    .s_axis_tdata  (out_tdata),
    .s_axis_tlast  (out_tlast),
    .s_axis_tvalid (out_tvalid),
    .s_axis_tready (out_tready)
  );

  top core (
    .clk           (clk),
    .rst_n         (core_rst_n),
    .s_axil_awaddr (awaddr),
    .s_axil_awprot (3'd0),
    .s_axil_awvalid(awvalid),
    .s_axil_awready(awready),
    .s_axil_wdata  (wdata),
    .s_axil_wstrb  (4'hf),
    .s_axil_wvalid (wvalid),
    .s_axil_wready (wready),
    .s_axil_bresp  (bresp),
    .s_axil_bvalid (bvalid),
    .s_axil_bready (bready),
    .s_axil_araddr (araddr),
    .s_axil_arprot (3'd0),
    .s_axil_arvalid(arvalid),
    .s_axil_arready(arready),
    .s_axil_rdata  (rdata),
    .s_axil_rresp  (rresp),
    .s_axil_rvalid (rvalid),
    .s_axil_rready (rready),
    .s_axis_tdata  (in_tdata),
    .s_axis_tvalid (in_tvalid),
    .s_axis_tlast  (in_tlast),
    .s_axis_tready (in_tready),
    .m_axis_tdata  (out_tdata),
    .m_axis_tvalid (out_tvalid),
    .m_axis_tlast  (out_tlast),
    .m_axis_tready (out_tready)
  );

  always @(posedge clk) begin
    if (!rst_n) led_o <= {LEDS{1'b0}};
    else if (out_tvalid && out_tready && out_tlast) begin
      led_o[LEDS-2:0] <= out_tdata[48+:LEDS-1];
      led_o[LEDS-1]   <= !led_o[LEDS-1];
    end
  end

endmodule

`resetall
