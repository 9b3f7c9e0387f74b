// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_loader: a word of the selected memory is made of its pieces, the highest first, and is
// written at its place a cycle after its last piece, once after each selection. Nothing else is
// written. A piece that comes while a sample is in the core, beyond the memory's end, or where no
// memory is selected, is an error and changes nothing.
module loader_words #(
  parameter MEMORIES  = 3,
  parameter WORD_BITS = 64,
  parameter ADDR_BITS = 2,
  parameter [MEMORIES*32-1:0] PIECES = {32'd1, 32'd2, 32'd1},
  parameter [MEMORIES*32-1:0] WORDS  = {32'd2, 32'd3, 32'd1}
) (
  input wire        clk,
  input wire        rst_n,
  input wire        busy_i,
  input wire        select_i,
  input wire        piece_i,
  input wire [31:0] data_i
);

  wire [MEMORIES-1:0]  write;
  wire [ADDR_BITS-1:0] addr;
  wire [WORD_BITS-1:0] word;
  wire                 error;

  trispike_loader #(
    .MEMORIES (MEMORIES),
    .WORD_BITS(WORD_BITS),
    .ADDR_BITS(ADDR_BITS),
    .PIECES   (PIECES),
    .WORDS    (WORDS)
  ) dut (
    .clk     (clk),
    .rst_n   (rst_n),
    .busy_i  (busy_i),
    .select_i(select_i),
    .piece_i (piece_i),
    .data_i  (data_i),
    .write_o (write),
    .addr_o  (addr),
    .word_o  (word),
    .error_o (error)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);
  always @* assume (!(select_i && piece_i));  // writes of two registers

  // --- the memory that is followed, and the word of it -----------------------------------------

  (* anyconst *) wire [31:0] memory;
  (* anyconst *) wire [31:0] place;

  wire [31:0] words  = WORDS >> (32 * memory);
  wire [31:0] pieces = PIECES >> (32 * memory);

  always @* assume (memory < MEMORIES && place < words);

  reg                 selected_q;  // it is the selected memory
  reg                 any_q;       // some memory is
  reg [31:0]          at_q;        // the word that comes
  reg [31:0]          come_q;      // its pieces so far
  reg [WORD_BITS-1:0] word_q;      // the pieces of the word that is followed
  reg                 due_q;       // a word was completed in the cycle before
  reg [31:0]          due_at_q;
  reg                 written_q;   // the word was written since the selection

  wire takes = selected_q && piece_i && !busy_i && at_q < words;
  wire whole = takes && come_q == pieces - 1;
  wire mine  = write[memory] && addr == place;

  always @(posedge clk) begin
    if (!rst_n) begin
      {selected_q, any_q, due_q, written_q} <= 4'b0;
      {at_q, come_q} <= 0;
    end else begin
      due_q <= whole;
      if (select_i) begin
        selected_q <= data_i == memory;
        any_q      <= data_i < MEMORIES;
        written_q  <= 1'b0;
        {at_q, come_q} <= 0;
      end else begin
        if (takes) come_q <= whole ? 0 : come_q + 1;
        if (whole) at_q <= at_q + 1;
        if (mine) written_q <= 1'b1;
      end
    end
    due_at_q <= at_q;
    if (takes && at_q == place) word_q <= come_q == 0 ? data_i : {word_q, data_i};
  end

  wire [WORD_BITS-1:0] in_word = ~({WORD_BITS{1'b1}} << (32 * pieces));

  always @* begin
    if (begun) begin
      none:    assert (any_q || error == piece_i);
      faults:  assert (!selected_q || error == (piece_i && (busy_i || at_q >= words)));
      in_time: assert (write[memory] == due_q && (!due_q || addr == due_at_q));
      one:     assert ((write & (write - 1)) == 0);
      content: assert (!mine || (word & in_word) == word_q);
      once:    assert (!mine || !written_q);
      last:    cover (mine && memory == 1 && place == words - 1 && written_q == 0 && word_q != 0);
      beyond:  cover (error && !busy_i && selected_q);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  localparam PIECE_BITS = $clog2(WORD_BITS / 32 + 1);

  (* keep, peek = "dut.memory_q" *) wire [MEMORIES-1:0]   dut_memory;
  (* keep, peek = "dut.piece_q" *)  wire [PIECE_BITS-1:0] dut_piece;
  (* keep, peek = "dut.place_q" *)  wire [ADDR_BITS:0]    dut_place;
  (* keep, peek = "dut.word_q" *)   wire [WORD_BITS-1:0]  dut_word;

  wire [WORD_BITS-1:0] so_far = ~({WORD_BITS{1'b1}} << (32 * come_q));

  always @* begin
    if (begun) begin
      selection: assert (selected_q == dut_memory[memory] && any_q == (dut_memory != 0)
                         && (dut_memory & (dut_memory - 1)) == 0);
      alike:     assert (!selected_q || (dut_piece == come_q && dut_place == at_q));
      bounds:    assert (at_q <= words && come_q < pieces && (selected_q || {at_q, come_q} == 0));
      parts:     assert (!selected_q || at_q != place || come_q == 0
                         || (dut_word & so_far) == word_q);
      due:       assert (!due_q || (selected_q && due_at_q < words && at_q == due_at_q + 1
                                    && come_q == 0
                                    && (due_at_q != place || (dut_word & in_word) == word_q)));
      passed:    assert (!written_q || at_q > place);
      not_yet:   assert (!written_q || !(due_q && due_at_q == place));
    end
  end

endmodule

`resetall
