// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A block RAM of an ECP5, for the simulation of netlists: the cell of Lattice's Memory User Guide
// for ECP5 (FPGA-TN-02204), as far as Yosys uses it.
//
// It holds 512 pairs of words of 18 bits. A port of 36, 18, 9, 4, 2 or 1 bits reads and writes a
// part of a pair; those of less than 9 bits do not reach the parity bits. Where one port reads what
// the other one writes in that cycle, the word read is x. With a register (REGMODE_A, REGMODE_B),
// the word appears a cycle later, if OCEA or OCEB is set. If the ports are 36 bits wide, A writes
// and B reads, and B's register is that of both halves.
module DP16KD #(
  parameter [319:0] INITVAL_00 = 320'b0,
  parameter [319:0] INITVAL_01 = 320'b0,
  parameter [319:0] INITVAL_02 = 320'b0,
  parameter [319:0] INITVAL_03 = 320'b0,
  parameter [319:0] INITVAL_04 = 320'b0,
  parameter [319:0] INITVAL_05 = 320'b0,
  parameter [319:0] INITVAL_06 = 320'b0,
  parameter [319:0] INITVAL_07 = 320'b0,
  parameter [319:0] INITVAL_08 = 320'b0,
  parameter [319:0] INITVAL_09 = 320'b0,
  parameter [319:0] INITVAL_0A = 320'b0,
  parameter [319:0] INITVAL_0B = 320'b0,
  parameter [319:0] INITVAL_0C = 320'b0,
  parameter [319:0] INITVAL_0D = 320'b0,
  parameter [319:0] INITVAL_0E = 320'b0,
  parameter [319:0] INITVAL_0F = 320'b0,
  parameter [319:0] INITVAL_10 = 320'b0,
  parameter [319:0] INITVAL_11 = 320'b0,
  parameter [319:0] INITVAL_12 = 320'b0,
  parameter [319:0] INITVAL_13 = 320'b0,
  parameter [319:0] INITVAL_14 = 320'b0,
  parameter [319:0] INITVAL_15 = 320'b0,
  parameter [319:0] INITVAL_16 = 320'b0,
  parameter [319:0] INITVAL_17 = 320'b0,
  parameter [319:0] INITVAL_18 = 320'b0,
  parameter [319:0] INITVAL_19 = 320'b0,
  parameter [319:0] INITVAL_1A = 320'b0,
  parameter [319:0] INITVAL_1B = 320'b0,
  parameter [319:0] INITVAL_1C = 320'b0,
  parameter [319:0] INITVAL_1D = 320'b0,
  parameter [319:0] INITVAL_1E = 320'b0,
  parameter [319:0] INITVAL_1F = 320'b0,
  parameter [319:0] INITVAL_20 = 320'b0,
  parameter [319:0] INITVAL_21 = 320'b0,
  parameter [319:0] INITVAL_22 = 320'b0,
  parameter [319:0] INITVAL_23 = 320'b0,
  parameter [319:0] INITVAL_24 = 320'b0,
  parameter [319:0] INITVAL_25 = 320'b0,
  parameter [319:0] INITVAL_26 = 320'b0,
  parameter [319:0] INITVAL_27 = 320'b0,
  parameter [319:0] INITVAL_28 = 320'b0,
  parameter [319:0] INITVAL_29 = 320'b0,
  parameter [319:0] INITVAL_2A = 320'b0,
  parameter [319:0] INITVAL_2B = 320'b0,
  parameter [319:0] INITVAL_2C = 320'b0,
  parameter [319:0] INITVAL_2D = 320'b0,
  parameter [319:0] INITVAL_2E = 320'b0,
  parameter [319:0] INITVAL_2F = 320'b0,
  parameter [319:0] INITVAL_30 = 320'b0,
  parameter [319:0] INITVAL_31 = 320'b0,
  parameter [319:0] INITVAL_32 = 320'b0,
  parameter [319:0] INITVAL_33 = 320'b0,
  parameter [319:0] INITVAL_34 = 320'b0,
  parameter [319:0] INITVAL_35 = 320'b0,
  parameter [319:0] INITVAL_36 = 320'b0,
  parameter [319:0] INITVAL_37 = 320'b0,
  parameter [319:0] INITVAL_38 = 320'b0,
  parameter [319:0] INITVAL_39 = 320'b0,
  parameter [319:0] INITVAL_3A = 320'b0,
  parameter [319:0] INITVAL_3B = 320'b0,
  parameter [319:0] INITVAL_3C = 320'b0,
  parameter [319:0] INITVAL_3D = 320'b0,
  parameter [319:0] INITVAL_3E = 320'b0,
  parameter [319:0] INITVAL_3F = 320'b0,
  parameter DATA_WIDTH_A = 18,
  parameter DATA_WIDTH_B = 18,
  parameter REGMODE_A    = "NOREG",   // or "OUTREG"
  parameter REGMODE_B    = "NOREG",
  parameter WRITEMODE_A  = "NORMAL",  // or "WRITETHROUGH", "READBEFOREWRITE"
  parameter WRITEMODE_B  = "NORMAL",
  parameter RESETMODE    = "SYNC",
  parameter CLKAMUX      = "CLKA",
  parameter CLKBMUX      = "CLKB",
  // not looked at
  parameter ASYNC_RESET_RELEASE = "SYNC",
  parameter CSDECODE_A          = "0b000",
  parameter CSDECODE_B          = "0b000",
  parameter GSR                 = "AUTO"
) (
  input CLKA, CEA, OCEA, WEA, RSTA, CSA0, CSA1, CSA2,
  input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
  input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5,
    DIA4, DIA3, DIA2, DIA1, DIA0,
  output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
    DOA4, DOA3, DOA2, DOA1, DOA0,
  input CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
  input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
  input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
    DIB4, DIB3, DIB2, DIB1, DIB0,
  output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
    DOB4, DOB3, DOB2, DOB1, DOB0
);

  localparam [64*320-1:0] INIT = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39,
    INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32,
    INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B,
    INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
    INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D,
    INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16,
    INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F,
    INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
    INITVAL_00
  };

  reg [35:0] mem [0:511];
  integer    i;

  // A word of 18 bits takes 20 in the parameters.
  initial begin
    for (i = 0; i < 512; i = i + 1) mem[i] = {INIT[40*i+20+:18], INIT[40*i+:18]};
  end

`ifndef YOSYS  // rtl_sim/proofs/netlist checks it in the netlist
  // the clock of a port that is used is not inverted, and its reset is synchronous
  always @(posedge CLKA or posedge CLKB) begin
    if (CEA === 1'b1 && CLKAMUX != "CLKA" || CEB === 1'b1 && CLKBMUX != "CLKB"
        || RESETMODE != "SYNC" && (RSTA !== 1'b0 || RSTB !== 1'b0)) begin
      $display("ASSERT %m: a mode that is not simulated");
      $finish;
    end
  end
`endif

  // Where the word of a port lies in its pair.
  function [5:0] offset(input integer width, input [13:0] address);
    case (width)
      36:      offset = 0;
      18:      offset = 18 * address[4];
      9:       offset = 18 * address[4] + 9 * address[3];
      4:       offset = 18 * address[4] + 9 * address[3] + 4 * address[2];
      2:       offset = 18 * address[4] + 9 * address[3] + 2 * address[2:1];
      default: offset = 18 * address[4] + 9 * address[3] + address[2:0];
    endcase
  endfunction

  // The bits of a pair that a port writes; ports of 18 bits and more have an enable for each byte.
  function [35:0] written(input integer width, input [13:0] address);
    case (width)
      36:      written = {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}};
      18:      written = {18'b0, {9{address[1]}}, {9{address[0]}}} << offset(18, address);
      default: written = ((36'b1 << width) - 1) << offset(width, address);
    endcase
  endfunction

  wire [13:0] ada = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [13:0] adb = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
  };
  wire [17:0] dia = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4,
    DIA3, DIA2, DIA1, DIA0
  };
  wire [17:0] dib = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4,
    DIB3, DIB2, DIB1, DIB0
  };
  wire [35:0] data_a = DATA_WIDTH_A == 36 ? {dib, dia} : dia;

  wire [35:0] mask_a = CEA && WEA ? written(DATA_WIDTH_A, ada) : 36'b0;
  wire [35:0] mask_b = CEB && WEB ? written(DATA_WIDTH_B, adb) : 36'b0;
  wire        meet   = ada[13:5] == adb[13:5];

  wire [35:0] old_a = mem[ada[13:5]] ^ (meet ? mask_b & {36{1'bx}} : 36'b0);
  wire [35:0] old_b = mem[adb[13:5]] ^ (meet ? mask_a & {36{1'bx}} : 36'b0);
  wire [35:0] new_a = data_a << offset(DATA_WIDTH_A, ada);
  wire [35:0] new_b = dib    << offset(DATA_WIDTH_B, adb);

  always @(posedge CLKA) begin
    if (|mask_a) mem[ada[13:5]] <= mem[ada[13:5]] & ~mask_a | new_a & mask_a;
  end

  always @(posedge CLKB) begin
    if (|mask_b) mem[adb[13:5]] <= mem[adb[13:5]] & ~mask_b | new_b & mask_b;
  end

  reg [35:0] word_a;  // read from the memory
  reg [35:0] word_b;
  reg [35:0] out_a;   // in the output register
  reg [35:0] out_b;

  initial {word_a, word_b, out_a, out_b} = 144'b0;

  always @(posedge CLKA) begin
    if (RSTA) word_a <= 36'b0;
    else if (CEA && mask_a == 36'b0) word_a <= old_a >> offset(DATA_WIDTH_A, ada);
    else if (CEA && WRITEMODE_A == "READBEFOREWRITE") word_a <= old_a >> offset(DATA_WIDTH_A, ada);
    else if (CEA && WRITEMODE_A == "WRITETHROUGH") word_a <= data_a;
    if (OCEA) out_a <= RSTA ? 36'bx : word_a;
  end

  always @(posedge CLKB) begin
    if (RSTB) word_b <= 36'b0;
    else if (CEB && mask_b == 36'b0) word_b <= old_b >> offset(DATA_WIDTH_B, adb);
    else if (CEB && WRITEMODE_B == "READBEFOREWRITE") word_b <= old_b >> offset(DATA_WIDTH_B, adb);
    else if (CEB && WRITEMODE_B == "WRITETHROUGH") word_b <= dib;
    if (OCEB) out_b <= RSTB ? 36'bx : word_b;
  end

  wire [35:0] read_a = REGMODE_A == "OUTREG" ? out_a : word_a;
  wire [35:0] read_b = REGMODE_B == "OUTREG" ? out_b : word_b;

  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4,
    DOB3, DOB2, DOB1, DOB0
  } = DATA_WIDTH_B == 36 ? read_b[35:18] : read_b[17:0];
  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4,
    DOA3, DOA2, DOA1, DOA0
  } = DATA_WIDTH_B == 36 ? read_b[17:0] : read_a[17:0];

endmodule

`resetall
