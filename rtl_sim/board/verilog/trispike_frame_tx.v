// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Makes a frame of RFC 1662 of words: flags around it, escaped bytes within, and a check of 32 bits
// at the end. A word's lowest byte goes first.
module trispike_frame_tx (
  input  wire        clk,
  input  wire        rst_n,
  input  wire [31:0] word_i,
  input  wire        last_i,   // with the frame's last word
  input  wire        valid_i,
  output wire        ready_o,
  output reg  [7:0]  byte_o,
  output reg         valid_o,
  input  wire        ready_i
);

  localparam [7:0] FLAG = 8'h7e, ESCAPE = 8'h7d;
  localparam [1:0] BETWEEN = 2'd0, WORDS = 2'd1, CHECK = 2'd2;

  reg [1:0]  state_q;
  reg [31:0] bytes_q;
  reg [2:0]  left_q;     // bytes of bytes_q that have not gone
  reg        last_q;     // nothing follows them but the check
  reg        escaped_q;  // the escape of the next byte has gone

  wire        busy;
  wire [31:0] crc;
  wire [7:0]  next = bytes_q[7:0];
  wire        escape = (next == FLAG || next == ESCAPE) && !escaped_q;
  wire        free = !valid_o || ready_i;
  wire        send = free && !busy && left_q != 3'd0;
  wire        opens = state_q == BETWEEN && valid_i && free;

  assign ready_o = state_q == WORDS && left_q == 3'd0 && !last_q;

  trispike_crc32 check (
    .clk    (clk),
    .begin_i(opens),
    .byte_i (next),
    .valid_i(send && !escape && state_q == WORDS),
    .busy_o (busy),
    .crc_o  (crc)
  );

  always @(posedge clk) begin
    if (!rst_n) begin
      state_q   <= BETWEEN;
      left_q    <= 3'd0;
      last_q    <= 1'b0;
      escaped_q <= 1'b0;
      valid_o   <= 1'b0;
    end else begin
      if (ready_i) valid_o <= 1'b0;
      if (opens) begin
        byte_o  <= FLAG;
        valid_o <= 1'b1;
        last_q  <= 1'b0;
        state_q <= WORDS;
      end else if (send) begin
        byte_o    <= escape ? ESCAPE : escaped_q ? next ^ 8'h20 : next;
        valid_o   <= 1'b1;
        escaped_q <= escape;
        if (!escape) begin
          bytes_q <= {8'd0, bytes_q[31:8]};
          left_q  <= left_q - 1'b1;
        end
      end else if (ready_o && valid_i) begin
        bytes_q <= word_i;
        left_q  <= 3'd4;
        last_q  <= last_i;
      end else if (left_q == 3'd0 && last_q && free && !busy) begin
        if (state_q == WORDS) begin
          bytes_q <= ~crc;
          left_q  <= 3'd4;
          state_q <= CHECK;
        end else if (state_q == CHECK) begin
          byte_o  <= FLAG;
          valid_o <= 1'b1;
          state_q <= BETWEEN;
        end
      end
    end
  end

endmodule

`resetall
