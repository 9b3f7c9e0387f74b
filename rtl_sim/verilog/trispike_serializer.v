// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Turns spike masks into address events: one event per cycle, addresses rising, then the step's
// marker.
//
// A word is the spikes of SLICE neighbouring channels at one position. Words come in rising order
// of position, convolution group and channel. The N channels of a group take ceil(N / SLICE)
// words, of which the last is padded. An address is {y, x, c}, and each field is just wide enough
// for its size.
module trispike_serializer #(
  parameter N          = 8,   // channels of a convolution group
  parameter GROUPS     = 1,   // convolution groups
  parameter WIDTH      = 1,   // columns of the map
  parameter SLICE      = 4,   // neurons per word
  parameter ADDR_BITS  = 5,   // bits of an address
  parameter COUNT_BITS = 48   // bits of the event counter
) (
  input  wire                  clk,
  input  wire                  rst_n,
  // spike masks
  input  wire                  word_valid_i,
  output wire                  word_ready_o,
  input  wire [SLICE-1:0]      fire_i,      // s != 0
  input  wire [SLICE-1:0]      neg_i,       // s == -1
  input  wire                  step_end_i,  // the last word of a time step
  input  wire                  last_i,      // word of a sample's last time step
  // events {kind, neg, addr}; kind 1 is a marker
  output wire [ADDR_BITS+1:0]  m_axis_tdata,
  output wire                  m_axis_tvalid,
  output wire                  m_axis_tlast,
  input  wire                  m_axis_tready,
  // counter
  output wire [COUNT_BITS-1:0] events_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (ADDR_BITS < $clog2(GROUPS * N) + $clog2(WIDTH)) begin : check_addr_bits
      trispike_serializer_ADDR_BITS_is_too_small_for_the_map error ();
    end
  endgenerate

  localparam WORDS     = (N + SLICE - 1) / SLICE;   // words of a group at a position
  localparam PLACES    = N - (WORDS - 1) * SLICE;   // channels in the last of these words
  localparam C         = GROUPS * N;
  localparam C_BITS    = $clog2(C);
  localparam CX_BITS   = C_BITS + $clog2(WIDTH);
  localparam WORD_BITS = WORDS > 1 ? $clog2(WORDS) : 1;

  localparam [WORD_BITS-1:0] WORD_LAST   = WORDS - 1;
  localparam [WORD_BITS-1:0] WORD_FIRST  = 0;
  localparam [WORD_BITS-1:0] WORD_ONE    = 1;
  localparam [ADDR_BITS-1:0] ADDR_FIRST  = 0;
  localparam [ADDR_BITS-1:0] ADDR_ONE    = 1;
  localparam [ADDR_BITS-1:0] STRIDE      = SLICE;
  localparam [ADDR_BITS-1:0] STRIDE_LAST = PLACES;
  localparam [ADDR_BITS-1:0] C_MASK      = (1 << C_BITS) - 1;
  localparam [ADDR_BITS-1:0] CX_MASK     = (1 << CX_BITS) - 1;
  localparam [ADDR_BITS-1:0] C_LAST      = C - PLACES;  // start of a position's last word
  localparam [ADDR_BITS-1:0] CX_LAST     = ((WIDTH - 1) << C_BITS) + C - PLACES;  // a row's
  localparam [SLICE-1:0]     NONE        = 0;
  localparam [SLICE-1:0]     LOWEST      = 1;

  reg                  full_q;      // a word is being sent
  reg [SLICE-1:0]      fire_q;      // its spikes that have not left yet
  reg [SLICE-1:0]      neg_q;
  reg                  step_end_q;  // its marker has not left yet
  reg                  last_q;
  reg [ADDR_BITS-1:0]  base_q;      // address of its first neuron
  reg [WORD_BITS-1:0]  word_q;      // its place in the group

  wire [SLICE-1:0] rest   = fire_q & (fire_q - LOWEST);
  wire             marker = fire_q == NONE;
  wire             leaves = m_axis_tvalid && m_axis_tready;
  wire             done   = marker ? !step_end_q || leaves : leaves && rest == NONE && !step_end_q;

  wire group_end    = word_q == WORD_LAST;
  wire position_end = group_end && (base_q & C_MASK) == C_LAST;
  wire row_end      = (base_q & CX_MASK) == CX_LAST;

  // The step from {y, x, c} to {y, x + 1, 0} or {y + 1, 0, 0} is a carry through the full fields.
  wire [ADDR_BITS-1:0] fields = !position_end ? ADDR_FIRST : row_end ? CX_MASK : C_MASK;
  wire [ADDR_BITS-1:0] step   = position_end ? ADDR_ONE : group_end ? STRIDE_LAST : STRIDE;

  assign word_ready_o  = !full_q || done;
  assign m_axis_tvalid = full_q && (!marker || step_end_q);
  assign m_axis_tlast  = marker && last_q;

  reg [ADDR_BITS-1:0] offset;
  reg                 neg;
  integer             n;

  always @* begin
    offset = ADDR_FIRST;
    neg    = 1'b0;
    for (n = SLICE - 1; n >= 0; n = n - 1) begin
      if (fire_q[n]) begin
        offset = n;
        neg    = neg_q[n];
      end
    end
  end

  assign m_axis_tdata = marker ? {1'b1, 1'b0, ADDR_FIRST} : {1'b0, neg, base_q + offset};

  always @(posedge clk) begin
    if (!rst_n) begin
      full_q <= 1'b0;
      base_q <= ADDR_FIRST;
      word_q <= WORD_FIRST;
    end else begin
      if (word_ready_o) full_q <= word_valid_i;
      if (full_q && done) begin
        base_q <= step_end_q ? ADDR_FIRST : (base_q | fields) + step;
        word_q <= group_end ? WORD_FIRST : word_q + WORD_ONE;
      end
    end
  end

  always @(posedge clk) begin
    if (word_ready_o) begin
      fire_q     <= fire_i;
      neg_q      <= neg_i;
      step_end_q <= step_end_i;
      last_q     <= last_i;
    end else if (leaves) begin
      fire_q <= rest;
    end
  end

  trispike_counter #(
    .ADD_BITS  (1),
    .COUNT_BITS(COUNT_BITS)
  ) events (
    .clk    (clk),
    .rst_n  (rst_n),
    .add_i  (leaves && !marker),
    .count_o(events_o)
  );

endmodule

`resetall
