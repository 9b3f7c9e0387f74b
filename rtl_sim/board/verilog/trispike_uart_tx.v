// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The sender of a UART with 8 data bits, no parity and 1 stop bit, the lowest bit first.
module trispike_uart_tx #(
  parameter DIVIDER = 50  // of a bit, cycles
) (
  input  wire       clk,
  input  wire       rst_n,
  input  wire [7:0] byte_i,
  input  wire       valid_i,
  output wire       ready_o,
  output wire       tx_o
);

  localparam COUNT_BITS = $clog2(DIVIDER);
  localparam [COUNT_BITS-1:0] BIT = DIVIDER - 1;

  reg [9:0]            bits_q;   // on the line and after it
  reg [3:0]            left_q;   // bits that have not ended
  reg [COUNT_BITS-1:0] count_q;  // cycles until the bit on the line ends
  assign tx_o    = bits_q[0];
  assign ready_o = left_q == 4'd0;

  always @(posedge clk) begin
    if (!rst_n) begin
      bits_q <= 10'h3ff;
      left_q <= 4'd0;
    end else if (ready_o) begin
      count_q <= BIT;
      if (valid_i) begin
        bits_q <= {1'b1, byte_i, 1'b0};
        left_q <= 4'd10;
      end
    end else if (count_q == {COUNT_BITS{1'b0}}) begin
      bits_q  <= {1'b1, bits_q[9:1]};
      left_q  <= left_q - 1'b1;
      count_q <= BIT;
    end else begin
      count_q <= count_q - 1'b1;
    end
  end

endmodule

`resetall
