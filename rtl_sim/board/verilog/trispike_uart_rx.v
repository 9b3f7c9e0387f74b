// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The receiver of a UART with 8 data bits, no parity and 1 stop bit, the lowest bit first.
//
// A bit is read in its middle, counted from the edge of the start bit, which is seen up to a cycle
// late. So the sender's clock may be 4 % off where a bit takes 7 cycles or more, and 2.7 % where it
// takes 4. A byte whose stop bit is low is an error: noise, or a sender at another rate.
module trispike_uart_rx #(
  parameter DIVIDER = 50  // of a bit, cycles
) (
  input  wire       clk,
  input  wire       rst_n,
  input  wire       rx_i,
  output wire [7:0] byte_o,
  output reg        valid_o,  // for a cycle: a byte came
  output reg        error_o   // for a cycle: what came is no byte
);

  generate
    if (DIVIDER < 4) begin : check_divider
      trispike_uart_rx_DIVIDER_is_less_than_4 error ();
    end
  endgenerate

  localparam COUNT_BITS = $clog2(DIVIDER);
  localparam [COUNT_BITS-1:0] BIT = DIVIDER - 1;
  localparam [COUNT_BITS-1:0] HALF = (DIVIDER - 1) / 2 - 1;

  reg [2:0] line_q;  // the line is not in step with the clock
  wire      line = line_q[2];
  always @(posedge clk) line_q <= rst_n ? {line_q[1:0], rx_i} : 3'b000;

  localparam [1:0] IDLE = 2'd0, START = 2'd1, BITS = 2'd2, STOP = 2'd3;
  reg [1:0]            state_q;
  reg [COUNT_BITS-1:0] count_q;  // cycles until the line is read
  reg [7:0]            bits_q;
  reg [2:0]            left_q;   // bits after this one
  assign byte_o = bits_q;

  always @(posedge clk) begin
    valid_o <= 1'b0;
    error_o <= 1'b0;
    if (!rst_n) begin
      state_q <= STOP;  // begins when the line has been seen high
      count_q <= {COUNT_BITS{1'b0}};
      left_q  <= 3'd0;
    end else if (state_q == IDLE) begin
      count_q <= HALF;
      if (!line) state_q <= START;
    end else if (count_q != {COUNT_BITS{1'b0}}) begin
      count_q <= count_q - 1'b1;
    end else begin
      count_q <= BIT;
      case (state_q)
        START: begin
          left_q  <= 3'd7;
          state_q <= line ? IDLE : BITS;  // a shorter pulse is noise
        end
        BITS: begin
          bits_q <= {line, bits_q[7:1]};
          left_q <= left_q - 1'b1;
          if (left_q == 3'd0) state_q <= STOP;
        end
        default: begin
          // What is low here is no byte, and nor is what follows before the line is high.
          if (line) state_q <= IDLE;
          else count_q <= {COUNT_BITS{1'b0}};
          valid_o <= line && left_q == 3'd7;
          error_o <= !line && left_q == 3'd7;
          left_q  <= 3'd0;
        end
      endcase
    end
  end

endmodule

`resetall
