// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The 32-bit frame check sequence of RFC 1662, which is the CRC-32 of Ethernet, a bit in a cycle.
//
// A byte takes 8 cycles, in which none may follow.
module trispike_crc32 (
  input  wire        clk,
  input  wire        begin_i,  // nothing has come yet
  input  wire [7:0]  byte_i,
  input  wire        valid_i,
  output wire        busy_o,
  output wire [31:0] crc_o     // of all bytes, before it is inverted to be sent
);

  localparam [31:0] POLYNOMIAL = 32'hedb88320;

  reg [31:0] crc_q;
  reg [7:0]  bits_q;
  reg [3:0]  left_q;
  assign crc_o  = crc_q;
  assign busy_o = left_q != 4'd0;

  always @(posedge clk) begin
    if (begin_i) begin
      crc_q  <= 32'hffffffff;
      left_q <= 4'd0;
    end else if (valid_i) begin
      bits_q <= byte_i;
      left_q <= 4'd8;
    end else if (busy_o) begin
      crc_q  <= {1'b0, crc_q[31:1]} ^ (crc_q[0] ^ bits_q[0] ? POLYNOMIAL : 32'd0);
      bits_q <= {1'b0, bits_q[7:1]};
      left_q <= left_q - 1'b1;
    end
  end

`ifndef SYNTHESIS
  always @(posedge clk) begin
    if (valid_i && (begin_i || busy_o)) begin
      $display("ASSERT %m: a byte before the last one is done");
      $finish;
    end
  end
`endif

endmodule

`resetall
