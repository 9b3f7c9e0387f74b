// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The ports of a core with a bus; the bench is what is behind them.
module top (
  input  wire        clk,
  input  wire        rst_n,
  input  wire [11:0] s_axil_awaddr,
  input  wire [2:0]  s_axil_awprot,
  input  wire        s_axil_awvalid,
  output reg         s_axil_awready,
  input  wire [31:0] s_axil_wdata,
  input  wire [3:0]  s_axil_wstrb,
  input  wire        s_axil_wvalid,
  output reg         s_axil_wready,
  output reg  [1:0]  s_axil_bresp,
  output reg         s_axil_bvalid,
  input  wire        s_axil_bready,
  input  wire [11:0] s_axil_araddr,
  input  wire [2:0]  s_axil_arprot,
  input  wire        s_axil_arvalid,
  output reg         s_axil_arready,
  output reg  [31:0] s_axil_rdata,
  output reg  [1:0]  s_axil_rresp,
  output reg         s_axil_rvalid,
  input  wire        s_axil_rready,
  input  wire [31:0] s_axis_tdata,
  input  wire        s_axis_tvalid,
  input  wire        s_axis_tlast,
  output reg         s_axis_tready,
  output reg  [63:0] m_axis_tdata,
  output reg         m_axis_tvalid,
  output reg         m_axis_tlast,
  input  wire        m_axis_tready
);
endmodule

`resetall
