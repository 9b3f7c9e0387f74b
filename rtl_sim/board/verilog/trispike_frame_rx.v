// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Takes frames of RFC 1662 from bytes: flags around them, escaped bytes within, and a check of 32
// bits at the end. The words of a frame are written to a buffer as they come. It counts only if its
// length is that of whole words, no byte was broken and the check is right; otherwise it is
// dropped.
module trispike_frame_rx #(
  parameter WORDS = 256  // of 32 bits, in the longest frame, with its check; a power of two
) (
  input  wire                     clk,
  input  wire                     rst_n,
  input  wire [7:0]               byte_i,
  input  wire                     valid_i,
  input  wire                     error_i,   // what came was no byte
  input  wire                     busy_i,    // the buffer is in use: what comes now is dropped
  output wire [31:0]              word_o,    // for the buffer
  output wire [$clog2(WORDS)-1:0] addr_o,
  output wire                     write_o,
  output reg                      frame_o,   // for a cycle: a frame is in the buffer
  output reg  [$clog2(WORDS)-1:0] words_o,   // its words, without the check; at least one
  output reg  [15:0]              dropped_o  // frames that were dropped since reset
);

  generate
    if (WORDS < 4 || (WORDS & (WORDS - 1)) != 0) begin : check_words
      trispike_frame_rx_WORDS_is_no_power_of_two_from_4_on error ();
    end
  endgenerate

  localparam WORD_BITS = $clog2(WORDS);
  localparam [7:0] FLAG = 8'h7e, ESCAPE = 8'h7d;
  localparam [31:0] RIGHT = 32'hdebb20e3;  // of a frame followed by its own check

  reg [WORD_BITS+2:0] length_q;  // bytes of the frame
  reg                 bad_q;
  reg                 escaped_q;
  reg                 begin_q;
  reg [23:0]          early_q;   // the bytes of a word before its last

  wire        flag = valid_i && byte_i == FLAG;
  wire        data = valid_i && !flag && (byte_i != ESCAPE || escaped_q);
  wire [7:0]  plain = escaped_q ? byte_i ^ 8'h20 : byte_i;
  wire        full = length_q[WORD_BITS+2];
  wire [31:0] crc;

  trispike_crc32 check (
    .clk    (clk),
    .begin_i(begin_q),
    .byte_i (plain),
    .valid_i(data),
    .busy_o (),
    .crc_o  (crc)
  );

  assign word_o  = {plain, early_q};
  assign addr_o  = length_q[WORD_BITS+1:2];
  assign write_o = data && !full && !busy_i && length_q[1:0] == 2'd3;

  wire whole = length_q[1:0] == 2'd0 && length_q[WORD_BITS+2:3] != {WORD_BITS{1'b0}};
  wire right = whole && !bad_q && !escaped_q && !busy_i && crc == RIGHT;

  always @(posedge clk) begin
    frame_o <= 1'b0;
    begin_q <= 1'b0;
    if (!rst_n) begin
      length_q  <= {WORD_BITS + 3{1'b0}};
      bad_q     <= 1'b0;
      escaped_q <= 1'b0;
      begin_q   <= 1'b1;
      dropped_o <= 16'd0;
    end else if (flag) begin
      frame_o   <= right;
      words_o   <= length_q[WORD_BITS+1:2] - 1'b1;
      length_q  <= {WORD_BITS + 3{1'b0}};
      bad_q     <= 1'b0;
      escaped_q <= 1'b0;
      begin_q   <= 1'b1;
      // Between two frames may be several flags.
      if (!right && (length_q != {WORD_BITS + 3{1'b0}} || bad_q)) dropped_o <= dropped_o + 1'b1;
    end else if (error_i) begin
      bad_q <= 1'b1;
    end else if (valid_i) begin
      escaped_q <= byte_i == ESCAPE && !escaped_q;
      if (data) begin
        early_q <= {plain, early_q[23:8]};
        if (full) bad_q <= 1'b1;
        else length_q <= length_q + 1'b1;
      end
      if (busy_i) bad_q <= 1'b1;
    end
  end

endmodule

`resetall
