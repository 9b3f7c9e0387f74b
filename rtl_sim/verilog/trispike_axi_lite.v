// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Converts AXI4-Lite to reads and writes of 32-bit registers, one read and one write at a time.
//
// Every outgoing ready and valid is a flip-flop that is 0 in reset, so none depends on an input of
// the same cycle.
//
// A read returns the read_data_i of the cycle in which read_o is set. Reads and writes answer
// SLVERR if error_i was set in their cycle. A write of less than a whole word also answers SLVERR
// and is not passed on.
module trispike_axi_lite #(
  parameter ADDR_BITS = 12  // bits of a byte address
) (
  input  wire                 clk,
  input  wire                 rst_n,
  input  wire [ADDR_BITS-1:0] s_axil_awaddr,
  input  wire [2:0]           s_axil_awprot,
  input  wire                 s_axil_awvalid,
  output reg                  s_axil_awready,
  input  wire [31:0]          s_axil_wdata,
  input  wire [3:0]           s_axil_wstrb,
  input  wire                 s_axil_wvalid,
  output wire                 s_axil_wready,
  output wire [1:0]           s_axil_bresp,
  output reg                  s_axil_bvalid,
  input  wire                 s_axil_bready,
  input  wire [ADDR_BITS-1:0] s_axil_araddr,
  input  wire [2:0]           s_axil_arprot,
  input  wire                 s_axil_arvalid,
  output reg                  s_axil_arready,
  output reg  [31:0]          s_axil_rdata,
  output wire [1:0]           s_axil_rresp,
  output reg                  s_axil_rvalid,
  input  wire                 s_axil_rready,
  // registers, by word
  output wire                 write_o,
  output wire [ADDR_BITS-3:0] write_index_o,
  output wire [31:0]          write_data_o,
  input  wire                 write_error_i,
  output wire                 read_o,
  output wire [ADDR_BITS-3:0] read_index_o,
  input  wire [31:0]          read_data_i,
  input  wire                 read_error_i
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (ADDR_BITS < 3) begin : check_addr_bits
      trispike_axi_lite_ADDR_BITS_is_less_than_3 error ();
    end
  endgenerate

  reg write_error_q;
  reg read_error_q;

  wire write   = s_axil_awvalid && s_axil_wvalid && s_axil_awready;
  wire whole   = &s_axil_wstrb;
  wire b_waits = s_axil_bvalid && !s_axil_bready;
  wire r_waits = s_axil_rvalid && !s_axil_rready;

  // Address and data of a write are taken together, when both have come and the answer to the
  // previous write has left.
  assign s_axil_wready = s_axil_awready;
  assign s_axil_bresp  = {write_error_q, 1'b0};
  assign write_o       = write && whole;
  assign write_index_o = s_axil_awaddr[ADDR_BITS-1:2];
  assign write_data_o  = s_axil_wdata;

  assign s_axil_rresp  = {read_error_q, 1'b0};
  assign read_o        = s_axil_arvalid && s_axil_arready;
  assign read_index_o  = s_axil_araddr[ADDR_BITS-1:2];

  always @(posedge clk) begin
    if (!rst_n) begin
      s_axil_awready <= 1'b0;
      s_axil_bvalid  <= 1'b0;
      s_axil_arready <= 1'b0;
      s_axil_rvalid  <= 1'b0;
    end else begin
      s_axil_awready <= s_axil_awvalid && s_axil_wvalid && !s_axil_awready && !b_waits;
      s_axil_bvalid  <= write || b_waits;
      s_axil_arready <= !read_o && !r_waits;
      s_axil_rvalid  <= read_o || r_waits;
    end
  end

  always @(posedge clk) begin
    if (write) write_error_q <= write_error_i || !whole;
    if (read_o) begin
      s_axil_rdata <= read_data_i;
      read_error_q <= read_error_i;
    end
  end

endmodule

`resetall
