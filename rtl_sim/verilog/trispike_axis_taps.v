// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// One axis of a window that slides over a map: finds the outputs that see a coordinate, and their
// taps.
//
//   output o sees coordinate i with tap k   <=>   k == i + PADDING - o * STRIDE, 0 <= k < KERNEL
//
// So the outputs that see i are neighbours, and from each one to the next the tap falls by STRIDE.
// A table gives their number, and the output and the tap of the first one, each multiplied by a
// step of the reader's addresses. The table is made at elaboration, so that nothing is left to
// compute. This module is combinational.
module trispike_axis_taps #(
  parameter SIZE      = 8,  // coordinates
  parameter OUT       = 8,  // outputs
  parameter KERNEL    = 3,  // coordinates in a window
  parameter STRIDE    = 1,  // coordinates from one output's window to the next
  parameter PADDING   = 1,  // coordinates of the first window that lie before the map
  parameter LSB       = 0,  // lowest bit of the coordinate in addr_i
  parameter ADDR_BITS = 3,  // bits of addr_i
  parameter OUT_STEP  = 1,  // step of out_o from one output to the next
  parameter OUT_BITS  = 3,  // bits of out_o
  parameter TAP_STEP  = 1,  // step of tap_o from one tap to the next
  parameter TAP_BITS  = 2,  // bits of tap_o
  parameter SPAN_BITS = 2   // bits of span_o; 2**SPAN_BITS > the largest number of outputs
) (
  input  wire [ADDR_BITS-1:0] addr_i,
  output wire [SPAN_BITS-1:0] span_o,  // number of outputs that see the coordinate
  output wire [OUT_BITS-1:0]  out_o,   // the first of these outputs, times OUT_STEP
  output wire [TAP_BITS-1:0]  tap_o    // its tap, times TAP_STEP
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (STRIDE < 1) begin : check_stride
      trispike_axis_taps_STRIDE_is_less_than_1 error ();
    end
    if (LSB + $clog2(SIZE) > ADDR_BITS) begin : check_addr_bits
      trispike_axis_taps_ADDR_BITS_is_too_small_for_SIZE error ();
    end
    if ((1 << SPAN_BITS) <= OUT
        && (1 << SPAN_BITS) <= (KERNEL + STRIDE - 1) / STRIDE) begin : check_span_bits
      trispike_axis_taps_SPAN_BITS_is_too_small_for_KERNEL error ();
    end
  endgenerate

  localparam INDEX_BITS = SIZE > 1 ? $clog2(SIZE) : 1;
  localparam ENTRY_BITS = SPAN_BITS + OUT_BITS + TAP_BITS;

  localparam [ADDR_BITS-1:0] MASK = (1 << $clog2(SIZE)) - 1;

  // Entry i is {tap, out, span} of coordinate i. The loop visits every tap of every output, outputs
  // rising.
  function [SIZE*ENTRY_BITS-1:0] walk(input integer start);
    integer o;
    integer k;
    integer i;
    integer corner;
    integer out;
    integer tap;
    begin
      walk   = {(SIZE*ENTRY_BITS){1'b0}};
      corner = start;
      out    = 0;
      for (o = 0; o < OUT; o = o + 1) begin
        tap = 0;
        for (k = 0; k < KERNEL; k = k + 1) begin
          i = corner + k;
          if (i >= 0 && i < SIZE) begin
            if (walk[i*ENTRY_BITS+:SPAN_BITS] == 0) begin
              walk[i*ENTRY_BITS+SPAN_BITS+:OUT_BITS]          = out[OUT_BITS-1:0];
              walk[i*ENTRY_BITS+SPAN_BITS+OUT_BITS+:TAP_BITS] = tap[TAP_BITS-1:0];
            end
            walk[i*ENTRY_BITS+:SPAN_BITS] = walk[i*ENTRY_BITS+:SPAN_BITS] + 1;
          end
          tap = tap + TAP_STEP;
        end
        corner = corner + STRIDE;
        out    = out + OUT_STEP;
      end
    end
  endfunction

  localparam [SIZE*ENTRY_BITS-1:0] WALK = walk(-PADDING);

  reg [ENTRY_BITS-1:0] mem [0:SIZE-1];
  integer              n;

  initial begin
    for (n = 0; n < SIZE; n = n + 1) mem[n] = WALK[n*ENTRY_BITS+:ENTRY_BITS];
  end

  wire [INDEX_BITS-1:0] index = (addr_i >> LSB) & MASK;

  assign {tap_o, out_o, span_o} = mem[index];

endmodule

`resetall
