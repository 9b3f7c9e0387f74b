// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// The core's registers: its identity, state, counters and errors.
//
// docs/core.md has the map. A read of a counter's low word keeps the upper bits of the same moment
// for the next read of its high word. The counters start at byte 0x100 and take 8 bytes each.
module trispike_registers #(
  parameter        COUNTERS   = 4,      // counters to be read
  parameter        COUNT_BITS = 48,     // bits of each counter, 33...64
  parameter        ERRORS     = 5,      // error flags
  parameter        ADDR_BITS  = 12,     // bits of a byte address
  parameter [31:0] VERSION    = 32'h0,  // version of the register map
  parameter [31:0] BUILD      = 32'h0,  // identifies the hardware
  parameter [31:0] SHAPE      = 32'h0   // {time steps[15:0], layers[14:0], loadable}
) (
  input  wire                           clk,
  input  wire                           rst_n,
  // the bus, by word; a faulty access changes nothing
  input  wire                           write_i,
  input  wire [ADDR_BITS-3:0]           write_index_i,
  input  wire [31:0]                    write_data_i,
  output wire                           write_error_o,
  input  wire                           read_i,
  input  wire [ADDR_BITS-3:0]           read_index_i,
  output reg  [31:0]                    read_data_o,
  output reg                            read_error_o,
  // core
  output wire                           core_rst_n_o,   // rst_n or a requested reset
  input  wire                           busy_i,         // a sample is in the core
  input  wire                           sample_in_i,    // one more sample has entered completely
  input  wire                           sample_out_i,   // one more sample has left
  input  wire [ERRORS-1:0]              errors_i,       // each sets its flag
  input  wire [COUNTERS*COUNT_BITS-1:0] counts_i,
  // memories to load; if SHAPE says that there are none, these two are never set
  output wire                           load_select_o,  // load_data_o is a memory's number
  output wire                           load_piece_o,   // load_data_o is the memory's next piece
  output wire [31:0]                    load_data_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (COUNT_BITS < 33 || COUNT_BITS > 64) begin : check_count_bits
      trispike_registers_COUNT_BITS_is_not_within_33_and_64 error ();
    end
    if (ERRORS < 1 || ERRORS > 31) begin : check_errors
      trispike_registers_ERRORS_is_not_within_1_and_31 error ();
    end
    if ((1 << (ADDR_BITS - 3)) < 32 + COUNTERS) begin : check_addr_bits
      trispike_registers_ADDR_BITS_is_too_small_for_COUNTERS error ();
    end
  endgenerate

  localparam INDEX_BITS = ADDR_BITS - 2;

  localparam [31:0] ID = 32'h54525350;  // "TRSP"

  localparam [INDEX_BITS-1:0] AT_ID           = 0;
  localparam [INDEX_BITS-1:0] AT_VERSION      = 1;
  localparam [INDEX_BITS-1:0] AT_BUILD        = 2;
  localparam [INDEX_BITS-1:0] AT_SHAPE        = 3;
  localparam [INDEX_BITS-1:0] AT_CONTROL      = 4;
  localparam [INDEX_BITS-1:0] AT_STATUS       = 5;
  localparam [INDEX_BITS-1:0] AT_ERRORS       = 6;
  localparam [INDEX_BITS-1:0] AT_ERROR_SAMPLE = 7;
  localparam [INDEX_BITS-1:0] AT_SAMPLES_IN   = 8;
  localparam [INDEX_BITS-1:0] AT_SAMPLES_OUT  = 9;
  localparam [INDEX_BITS-1:0] AT_LOAD_SELECT  = 10;
  localparam [INDEX_BITS-1:0] AT_LOAD_DATA    = 11;
  localparam [INDEX_BITS-1:0] AT_COUNTERS     = 64;

  // --- writes --------------------------------------------------------------------------------

  reg reset_q;

  wire control = write_index_i == AT_CONTROL;
  wire errors  = write_index_i == AT_ERRORS;
  wire select  = SHAPE[0] && write_index_i == AT_LOAD_SELECT;
  wire piece   = SHAPE[0] && write_index_i == AT_LOAD_DATA;

  assign write_error_o = !(control || errors || select || piece);
  assign core_rst_n_o  = rst_n && !reset_q;
  assign load_select_o = write_i && select;
  assign load_piece_o  = write_i && piece;
  assign load_data_o   = write_data_i;

  always @(posedge clk) reset_q <= rst_n && write_i && control && write_data_i[0];

  // --- samples and errors --------------------------------------------------------------------

  reg [31:0]       samples_in_q;
  reg [31:0]       samples_out_q;
  reg [31:0]       error_sample_q;
  reg [ERRORS-1:0] errors_q;

  wire [ERRORS-1:0] kept = errors_q & ~(write_data_i[ERRORS-1:0] & {ERRORS{write_i && errors}});

  always @(posedge clk) begin
    if (!core_rst_n_o) begin
      samples_in_q  <= 32'd0;
      samples_out_q <= 32'd0;
    end else begin
      if (sample_in_i) samples_in_q <= samples_in_q + 32'd1;
      if (sample_out_i) samples_out_q <= samples_out_q + 32'd1;
    end
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      errors_q       <= {ERRORS{1'b0}};
      error_sample_q <= 32'd0;
    end else begin
      errors_q <= kept | errors_i;
      if (kept == {ERRORS{1'b0}} && errors_i != {ERRORS{1'b0}}) error_sample_q <= samples_in_q;
    end
  end

  // --- reads ---------------------------------------------------------------------------------

  integer                n;
  reg [COUNT_BITS-1:0]   count;
  reg                    counter;   // the index is that of a counter
  reg [31:0]             high_q;    // upper bits of the counter whose low word was read last
  wire [INDEX_BITS-1:0]  place = (read_index_i - AT_COUNTERS) >> 1;

  always @* begin
    count   = {COUNT_BITS{1'b0}};
    counter = 1'b0;
    for (n = 0; n < COUNTERS; n = n + 1) begin
      if (read_index_i >= AT_COUNTERS && place == n) begin
        count   = counts_i[n*COUNT_BITS+:COUNT_BITS];
        counter = 1'b1;
      end
    end
  end

  always @* begin
    read_error_o = 1'b0;
    case (read_index_i)
      AT_ID:           read_data_o = ID;
      AT_VERSION:      read_data_o = VERSION;
      AT_BUILD:        read_data_o = BUILD;
      AT_SHAPE:        read_data_o = SHAPE;
      AT_STATUS:       read_data_o = {31'b0, busy_i};
      AT_ERRORS:       read_data_o = {{(32-ERRORS){1'b0}}, errors_q};
      AT_ERROR_SAMPLE: read_data_o = error_sample_q;
      AT_SAMPLES_IN:   read_data_o = samples_in_q;
      AT_SAMPLES_OUT:  read_data_o = samples_out_q;
      default: begin
        read_data_o  = !counter ? 32'd0 : read_index_i[0] ? high_q : count[31:0];
        read_error_o = !counter;
      end
    endcase
  end

  always @(posedge clk) begin
    if (!core_rst_n_o) high_q <= 32'd0;
    else if (read_i && counter && !read_index_i[0]) high_q <= count >> 32;
  end

endmodule

`resetall
