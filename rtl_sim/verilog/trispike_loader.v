// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Writes the core's memories from pieces of 32 bits.
//
// select_i chooses a memory and begins at its first word. A word comes as its pieces, the highest
// first, right-aligned. When it is complete it is written, and the next one begins. A piece is an
// error and changes nothing if a sample is in the core, if the selected memory does not exist, or
// if it comes after the memory's last word.
module trispike_loader #(
  parameter MEMORIES  = 3,   // memories
  parameter WORD_BITS = 64,  // bits of the widest word, a multiple of 32
  parameter ADDR_BITS = 10,  // bits of a word's address
  parameter [MEMORIES*32-1:0] PIECES = {MEMORIES{32'd2}},    // pieces per word, 32 bits each
  parameter [MEMORIES*32-1:0] WORDS  = {MEMORIES{32'd1024}}  // words per memory, 32 bits each
) (
  input  wire                 clk,
  input  wire                 rst_n,
  input  wire                 busy_i,    // a sample is in the core
  input  wire                 select_i,  // data_i is a memory's number
  input  wire                 piece_i,   // data_i is a piece
  input  wire [31:0]          data_i,
  output wire [MEMORIES-1:0]  write_o,   // to each memory
  output wire [ADDR_BITS-1:0] addr_o,
  output wire [WORD_BITS-1:0] word_o,
  output wire                 error_o    // this piece has no place
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (WORD_BITS < 32 || WORD_BITS % 32 != 0) begin : check_word_bits
      trispike_loader_WORD_BITS_is_no_multiple_of_32 error ();
    end
  endgenerate

  localparam PIECE_BITS = $clog2(WORD_BITS / 32 + 1);
  localparam COUNT_BITS = ADDR_BITS + 1;

  localparam [PIECE_BITS-1:0] PIECE_FIRST = 0;
  localparam [PIECE_BITS-1:0] PIECE_ONE   = 1;
  localparam [COUNT_BITS-1:0] FIRST       = 0;
  localparam [COUNT_BITS-1:0] ONE         = 1;
  localparam [MEMORIES-1:0]   NONE        = 0;

  reg [MEMORIES-1:0]   memory_q;  // the selected memory
  reg [PIECE_BITS-1:0] piece_q;   // pieces of the word that have come
  reg [COUNT_BITS-1:0] place_q;   // word's place in the memory
  reg [WORD_BITS-1:0]  word_q;
  reg                  write_q;
  reg [ADDR_BITS-1:0]  addr_q;    // address of the word that is written

  integer              n;
  reg [PIECE_BITS-1:0] piece_last;
  reg [COUNT_BITS-1:0] words;

  always @* begin
    piece_last = PIECE_FIRST;
    words      = FIRST;
    for (n = 0; n < MEMORIES; n = n + 1) begin
      if (memory_q[n]) begin
        piece_last = PIECES[n*32+:32] - 1;
        words      = WORDS[n*32+:32];
      end
    end
  end

  wire fits  = !busy_i && place_q < words;
  wire whole = piece_i && fits && piece_q == piece_last;

  assign error_o = piece_i && !fits;
  assign write_o = memory_q & {MEMORIES{write_q}};
  assign addr_o  = addr_q;
  assign word_o  = word_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      memory_q <= NONE;
      write_q  <= 1'b0;
      piece_q  <= PIECE_FIRST;
      place_q  <= FIRST;
    end else begin
      write_q <= whole;
      if (select_i) begin
        for (n = 0; n < MEMORIES; n = n + 1) memory_q[n] <= data_i == n;
        piece_q <= PIECE_FIRST;
        place_q <= FIRST;
      end else if (piece_i && fits) begin
        piece_q <= whole ? PIECE_FIRST : piece_q + PIECE_ONE;
        if (whole) place_q <= place_q + ONE;
      end
    end
  end

  always @(posedge clk) begin
    addr_q <= place_q[ADDR_BITS-1:0];
    if (piece_i && fits) word_q <= {word_q, data_i};
  end

endmodule

`resetall
