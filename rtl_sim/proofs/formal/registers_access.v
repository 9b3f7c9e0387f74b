// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_registers, by the map of docs/core.md: reads give what was counted and flagged, and
// only reads and writes that the map allows do anything. Flags stay until a 1 is written. The high
// word of a counter is of the same moment as the low word that was read last.
module registers_access #(
  parameter        COUNTERS   = 4,
  parameter        COUNT_BITS = 48,
  parameter        ERRORS     = 5,
  parameter        ADDR_BITS  = 12,
  parameter [31:0] VERSION    = 32'h0,
  parameter [31:0] BUILD      = 32'h0,
  parameter [31:0] SHAPE      = 32'h0
) (
  input wire                           clk,
  input wire                           rst_n,
  input wire                           write_i,
  input wire [ADDR_BITS-3:0]           write_index_i,
  input wire [31:0]                    write_data_i,
  input wire                           read_i,
  input wire [ADDR_BITS-3:0]           read_index_i,
  input wire                           busy_i,
  input wire                           sample_in_i,
  input wire                           sample_out_i,
  input wire [ERRORS-1:0]              errors_i,
  input wire [COUNTERS*COUNT_BITS-1:0] counts_i
);

  wire        write_error;
  wire [31:0] read_data;
  wire        read_error;
  wire        core_rst_n;
  wire        load_select;
  wire        load_piece;
  wire [31:0] load_data;

  trispike_registers #(
    .COUNTERS  (COUNTERS),
    .COUNT_BITS(COUNT_BITS),
    .ERRORS    (ERRORS),
    .ADDR_BITS (ADDR_BITS),
    .VERSION   (VERSION),
    .BUILD     (BUILD),
    .SHAPE     (SHAPE)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .write_i      (write_i),
    .write_index_i(write_index_i),
    .write_data_i (write_data_i),
    .write_error_o(write_error),
    .read_i       (read_i),
    .read_index_i (read_index_i),
    .read_data_o  (read_data),
    .read_error_o (read_error),
    .core_rst_n_o (core_rst_n),
    .busy_i       (busy_i),
    .sample_in_i  (sample_in_i),
    .sample_out_i (sample_out_i),
    .errors_i     (errors_i),
    .counts_i     (counts_i),
    .load_select_o(load_select),
    .load_piece_o (load_piece),
    .load_data_o  (load_data)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  wire [31:0] write_at = {write_index_i, 2'b00};  // byte addresses
  wire [31:0] read_at  = {read_index_i, 2'b00};
  wire        loadable = SHAPE[0];

  // --- the reference ---------------------------------------------------------------------------

  reg              reset_q;         // CONTROL asks for a reset
  reg [ERRORS-1:0] flags_q;
  reg [31:0]       first_sample_q;  // that set the first flag since there was none
  reg [31:0]       in_q, out_q;

  wire              reset = !rst_n || reset_q;
  wire [ERRORS-1:0] left  = write_i && write_at == 32'h18 ? flags_q & ~write_data_i : flags_q;

  always @(posedge clk) begin
    reset_q <= rst_n && write_i && write_at == 32'h10 && write_data_i[0];
    if (!rst_n) {flags_q, first_sample_q} <= 0;
    else begin
      flags_q <= left | errors_i;
      if (left == 0 && errors_i != 0) first_sample_q <= in_q;
    end
    if (reset) {in_q, out_q} <= 0;
    else begin
      in_q  <= in_q + sample_in_i;
      out_q <= out_q + sample_out_i;
    end
  end

  // Any one counter is followed. Its low word was read last, at a moment when it was `moment_q`.
  (* anyconst *) wire [31:0] number;
  always @* assume (number < COUNTERS);

  wire [COUNT_BITS-1:0] count   = counts_i >> (number * COUNT_BITS);
  wire                  counter = read_at >= 32'h100 && read_at < 32'h100 + 8 * COUNTERS;
  wire                  low     = read_at == 32'h100 + 8 * number;
  wire                  high    = read_at == 32'h104 + 8 * number;
  reg                   kept_q;
  reg                   none_q;    // no low word has been read since the reset
  reg [COUNT_BITS-1:0]  moment_q;

  always @(posedge clk) begin
    if (reset) {kept_q, none_q} <= 2'b01;
    else if (read_i && counter && !read_at[2]) {kept_q, none_q} <= {low, 1'b0};
    if (read_i && low) moment_q <= count;
  end

  wire [31:0] plain = read_at == 32'h00 ? 32'h54525350
                    : read_at == 32'h04 ? VERSION
                    : read_at == 32'h08 ? BUILD
                    : read_at == 32'h0c ? SHAPE
                    : read_at == 32'h14 ? busy_i
                    : read_at == 32'h18 ? flags_q
                    : read_at == 32'h1c ? first_sample_q
                    : read_at == 32'h20 ? in_q
                    : read_at == 32'h24 ? out_q
                    : 32'h0;
  wire readable = counter || (read_at <= 32'h24 && read_at != 32'h10);
  wire writable = write_at == 32'h10 || write_at == 32'h18
                || (loadable && (write_at == 32'h28 || write_at == 32'h2c));

  always @* begin
    if (begun) begin
      resets:   assert (core_rst_n == !reset);
      refuses:  assert (write_error == !writable && read_error == !readable);
      gives:    assert (counter || read_data == plain);
      gives_low:  assert (!low || read_data == count[31:0]);
      gives_high: assert (!(high && kept_q) || read_data == moment_q >> 32);
      gives_none: assert (!(high && none_q) || read_data == 0);
      loads:    assert (load_select == (loadable && write_i && write_at == 32'h28)
                        && load_piece == (loadable && write_i && write_at == 32'h2c)
                        && (!(load_select || load_piece) || load_data == write_data_i));
      moment:   cover (!reset && read_i && high && kept_q && moment_q >> 32 != count >> 32
                       && first_sample_q == 1 && flags_q == 5'b10010);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.reset_q" *)        wire              dut_reset;
  (* keep, peek = "dut.errors_q" *)       wire [ERRORS-1:0] dut_errors;
  (* keep, peek = "dut.error_sample_q" *) wire [31:0]       dut_error_sample;
  (* keep, peek = "dut.samples_in_q" *)   wire [31:0]       dut_in;
  (* keep, peek = "dut.samples_out_q" *)  wire [31:0]       dut_out;
  (* keep, peek = "dut.high_q" *)         wire [31:0]       dut_high;

  always @* begin
    if (begun) begin
      alike: assert (dut_reset == reset_q && dut_errors == flags_q
                     && dut_error_sample == first_sample_q && dut_in == in_q && dut_out == out_q);
      kept:  assert (!kept_q || dut_high == moment_q >> 32);
      none:  assert (!none_q || dut_high == 0);
    end
  end

endmodule

`resetall
