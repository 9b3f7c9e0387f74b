// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A memory in banks whose depths are powers of two, so that they fill block RAMs of fixed sizes.
//
// The banks are the powers of two that add up to the depth, largest first, as long as more than
// LEAST words are left. The last bank holds the rest: 3136 = 2048 + 1024 + 64. Each bank reads a
// file of its own, FILE.0, FILE.1, ...; a single bank reads FILE. The compiler divides the words
// by the same rule.
//
// If read_i is set, data_o is the word at addr_i 3 cycles later; otherwise data_o stays. The
// output of a block RAM goes straight into a register, which can be the block RAM's own, and the
// banks are joined after it.
module trispike_banked_rom #(
  parameter WIDTH     = 8,   // bits of a word
  parameter DEPTH     = 16,  // words
  parameter ADDR_BITS = 4,   // bits of addr_i; 2**ADDR_BITS >= DEPTH
  parameter WRITABLE  = 0,   // 1: can be written, 0: write_i is never set
  parameter FILE      = ""   // for $readmemh
) (
  input  wire                 clk,
  input  wire                 read_i,  // fetch addr_i
  input  wire [ADDR_BITS-1:0] addr_i,
  output reg  [WIDTH-1:0]     data_o,
  input  wire                 write_i,
  input  wire [ADDR_BITS-1:0] write_addr_i,
  input  wire [WIDTH-1:0]     write_data_i
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (DEPTH < 1) begin : check_depth
      trispike_banked_rom_DEPTH_is_less_than_1 error ();
    end
    if (ADDR_BITS < $clog2(DEPTH)) begin : check_addr_bits
      trispike_banked_rom_ADDR_BITS_is_too_small_for_DEPTH error ();
    end
  endgenerate

  localparam LEAST = 512;  // words in a block RAM at its widest

  // The first word of a bank; DEPTH for the bank after the last.
  function integer bank_start(input integer bank);
    integer b;
    integer size;
    begin
      bank_start = 0;
      for (b = 0; b < bank; b = b + 1) begin
        size = DEPTH - bank_start;
        if (size > LEAST) size = LEAST;
        while (size >= LEAST && 2 * size <= DEPTH - bank_start) size = 2 * size;
        bank_start = bank_start + size;
      end
    end
  endfunction

  function integer bank_count(input integer depth);
    integer left;
    integer size;
    begin
      bank_count = 0;
      left       = depth;
      while (left > 0) begin
        size = left;
        if (size > LEAST) size = LEAST;
        while (size >= LEAST && 2 * size <= left) size = 2 * size;
        left       = left - size;
        bank_count = bank_count + 1;
      end
    end
  endfunction

  localparam BANKS = bank_count(DEPTH);

  reg read1_q;
  reg read2_q;

  always @(posedge clk) {read1_q, read2_q} <= {read_i, read1_q};

  wire [BANKS*WIDTH-1:0] banks;  // 0 if a bank is not selected

  genvar n;
  generate
    for (n = 0; n < BANKS; n = n + 1) begin : bank
      localparam START = bank_start(n);
      localparam SIZE  = bank_start(n + 1) - START;
      localparam BITS  = SIZE > 1 ? $clog2(SIZE) : 1;

      // FPGAs have 200 to 400 LUTs for each block RAM, which is 36 bits wide, and a LUT holds 16
      // bits or more. To choose among the LUTs of a bank takes up to as many again. So a bank of
      // at least 128 LUTs for each block RAM goes there.
      localparam           LEAST_BITS = 128 * 16 * ((WIDTH + 35) / 36);
      localparam [5*8-1:0] STYLE      = SIZE * WIDTH >= LEAST_BITS ? "block" : "auto";

      wire [WIDTH-1:0] word;
      wire             mine_write = write_addr_i >= START
                                 && (n == BANKS - 1 || write_addr_i < START + SIZE);
      reg              mine1_q;
      reg              mine2_q;
      reg  [WIDTH-1:0] word2_q;

      // START is a multiple of the smallest power of two that holds SIZE.
      trispike_rom #(
        .WIDTH    (WIDTH),
        .DEPTH    (SIZE),
        .ADDR_BITS(BITS),
        .WRITABLE (WRITABLE),
        .STYLE    (STYLE),
        .BANK     (BANKS == 1 ? -1 : n),
        .FILE     (FILE)
      ) words (
        .clk         (clk),
        .read_i      (read_i),
        .addr_i      (addr_i[BITS-1:0]),
        .data_o      (word),
        .write_i     (write_i && mine_write),
        .write_addr_i(write_addr_i[BITS-1:0]),
        .write_data_i(write_data_i)
      );

      // The register has neither a reset nor logic before it, as that of a block RAM.
      always @(posedge clk) begin
        if (read_i) mine1_q <= addr_i >> BITS == START >> BITS;
        if (read1_q) begin
          mine2_q <= mine1_q;
          word2_q <= word;
        end
      end

      assign banks[n*WIDTH+:WIDTH] = word2_q & {WIDTH{mine2_q}};
    end
  endgenerate

  reg [WIDTH-1:0] word;
  integer         s;

  always @* begin
    word = {WIDTH{1'b0}};
    for (s = 0; s < BANKS; s = s + 1) word = word | banks[s*WIDTH+:WIDTH];
  end

  always @(posedge clk) begin
    if (read2_q) data_o <= word;
  end

endmodule

`resetall
