// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: counts for each net the cycles in which it has another value than before and, with HIGH,
// those in which it is 1, and writes both at the end: {high, toggles} of 32 bits each.
module bench_toggles #(
  parameter BITS = 64,             // nets
  parameter HIGH = 0,              // whether the cycles at 1 are counted
  parameter FILE = "toggles.bin"   // 8 bytes for each net
) (
  input wire            clk,
  input wire            rst_n,
  input wire            count_i,  // this cycle counts
  input wire [BITS-1:0] nets_i,
  input wire            end_i
);

  integer         file;
  integer         i;
  reg  [BITS-1:0] before_q;
  reg  [31:0]     toggles [0:BITS-1];
  reg  [31:0]     high    [0:BITS-1];
  wire [BITS-1:0] changed = nets_i ^ before_q;

  always @(posedge clk) begin
    before_q <= nets_i;
    if (!rst_n) begin
      for (i = 0; i < BITS; i = i + 1) begin
        toggles[i] = 32'd0;
        high[i]    = 32'd0;
      end
    end else if (count_i) begin
      if (changed != {BITS{1'b0}}) begin
        for (i = 0; i < BITS; i = i + 1) if (changed[i]) toggles[i] = toggles[i] + 32'd1;
      end
      if (HIGH != 0) begin
        for (i = 0; i < BITS; i = i + 1) if (nets_i[i]) high[i] = high[i] + 32'd1;
      end
    end
    if (end_i) begin
      file = $fopen(FILE, "wb");
      for (i = 0; i < BITS; i = i + 1) $fwrite(file, "%u", {high[i], toggles[i]});
      $fclose(file);
    end
  end

endmodule

`resetall
