// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces each memory by any one of its words: writes to others are forgotten, and reads of
// others give anything. So what is proven holds for every word, however deep the memory is.
//
// Yosys puts it in place of its own memory cell. A harness ties `place` to the word that it
// follows, and sees its contents in `word`.
(* techmap_celltype = "$mem $mem_v2" *)
module one_word #(
  parameter MEMID     = "",
  parameter SIZE      = 1,
  parameter OFFSET    = 0,
  parameter ABITS     = 1,
  parameter WIDTH     = 1,
  parameter INIT      = 0,
  parameter RD_PORTS  = 1,
  parameter WR_PORTS  = 1,
  parameter RD_CLK_ENABLE       = 0,
  parameter RD_CLK_POLARITY     = 0,
  parameter RD_TRANSPARENCY_MASK = 0,
  parameter RD_COLLISION_X_MASK = 0,
  parameter RD_WIDE_CONTINUATION = 0,
  parameter RD_CE_OVER_SRST     = 0,
  parameter RD_ARST_VALUE       = 0,
  parameter RD_SRST_VALUE       = 0,
  parameter RD_INIT_VALUE       = 0,
  parameter WR_CLK_ENABLE       = 0,
  parameter WR_CLK_POLARITY     = 0,
  parameter WR_PRIORITY_MASK    = 0,
  parameter WR_WIDE_CONTINUATION = 0
) (
  input  [RD_PORTS-1:0]       RD_CLK,
  input  [RD_PORTS-1:0]       RD_EN,
  input  [RD_PORTS-1:0]       RD_ARST,
  input  [RD_PORTS-1:0]       RD_SRST,
  input  [RD_PORTS*ABITS-1:0] RD_ADDR,
  output [RD_PORTS*WIDTH-1:0] RD_DATA,
  input  [WR_PORTS-1:0]       WR_CLK,
  input  [WR_PORTS*WIDTH-1:0] WR_EN,
  input  [WR_PORTS*ABITS-1:0] WR_ADDR,
  input  [WR_PORTS*WIDTH-1:0] WR_DATA
);

  // Only reads of the same cycle, which registers may follow, and writes at a rising clock.
  wire _TECHMAP_FAIL_ = RD_CLK_ENABLE != 0 || OFFSET != 0 || &WR_CLK_ENABLE == 0
                        || &WR_CLK_POLARITY == 0;

  (* keep *) wire [ABITS-1:0] place = $anyconst;
  (* keep *) reg  [WIDTH-1:0] word;
  wire [RD_PORTS*WIDTH-1:0]   other = $anyseq;

  genvar r;
  generate
    for (r = 0; r < RD_PORTS; r = r + 1) begin : read
      assign RD_DATA[r*WIDTH+:WIDTH] = RD_ADDR[r*ABITS+:ABITS] == place ? word
                                                                      : other[r*WIDTH+:WIDTH];
    end
  endgenerate

  // Of two writes of one cycle the later port's holds, as in Verilog.
  integer w;
  reg [WIDTH-1:0] next;
  always @* begin
    next = word;
    for (w = 0; w < WR_PORTS; w = w + 1) begin
      if (WR_ADDR[w*ABITS+:ABITS] == place) begin
        next = (next & ~WR_EN[w*WIDTH+:WIDTH]) | (WR_DATA[w*WIDTH+:WIDTH] & WR_EN[w*WIDTH+:WIDTH]);
      end
    end
  end
  always @(posedge WR_CLK[0]) word <= next;

endmodule

`resetall
