// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_stream_buffer, with its trispike_fifo and trispike_credits: no beat is lost, doubled,
// changed or overtaken.
//
// The proof follows any one beat that enters: `ahead_q` counts the beats that must leave before
// it, and it must be the one that leaves after them. The buffer has the one place of it
// (one_word.v), so the number of places does not matter. The counts are asserted as well; from them
// it follows that a beat inside is offered in the end, and that the buffer takes DEPTH beats.
module stream_buffer_order #(
  parameter DEPTH = 3,
  parameter BITS  = 2  // bits of tdata
) (
  input wire            clk,
  input wire            rst_n,
  input wire [BITS-1:0] s_axis_tdata,
  input wire            s_axis_tvalid,
  input wire            s_axis_tlast,
  input wire            m_axis_tready,
  input wire            follow_i
);

  localparam COUNT_BITS = $clog2(DEPTH + 1) + 1;
  localparam INDEX_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam FILL_BITS  = $clog2(DEPTH + 1);

  wire            s_axis_tready;
  wire [BITS-1:0] m_axis_tdata;
  wire            m_axis_tvalid;
  wire            m_axis_tlast;

  trispike_stream_buffer #(
    .BITS (BITS),
    .DEPTH(DEPTH)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tlast (s_axis_tlast),
    .s_axis_tready(s_axis_tready),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(BITS + 1)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  wire enters = s_axis_tvalid && s_axis_tready;
  wire leaves = m_axis_tvalid && m_axis_tready;

  reg [COUNT_BITS-1:0] count_q;   // beats inside
  reg                  inside_q;  // the beat that is followed is inside
  reg                  late_q;    // a beat was inside in the cycle before
  reg [COUNT_BITS-1:0] ahead_q;
  reg [BITS:0]         beat_q;

  always @(posedge clk) begin
    if (!rst_n) begin
      count_q  <= 0;
      inside_q <= 1'b0;
      late_q   <= 1'b0;
    end else begin
      count_q <= count_q + enters - leaves;
      late_q  <= count_q > leaves;
      if (inside_q && leaves) begin
        if (ahead_q == 0) inside_q <= 1'b0;
        else ahead_q <= ahead_q - 1;
      end
      if (!inside_q && enters && follow_i) begin
        inside_q <= 1'b1;
        ahead_q  <= count_q - leaves;
        beat_q   <= {s_axis_tlast, s_axis_tdata};
      end
    end
  end

  always @* begin
    if (rst_n) begin
      takes:   assert (s_axis_tready == (count_q < DEPTH));
      fits:    assert (count_q <= DEPTH && (!inside_q || ahead_q < count_q));
      is_next: assert (!(inside_q && leaves && ahead_q == 0)
                       || {m_axis_tlast, m_axis_tdata} == beat_q);
      exists:  assert (!m_axis_tvalid || count_q != 0);
      offered: assert (!late_q || m_axis_tvalid);
      through: cover (inside_q && leaves && ahead_q == 0 && count_q == DEPTH);
    end
  end

  // --- invariants -----------------------------------------------------------------------------

  (* keep, peek = "dut.beats.fill_q" *)   wire [FILL_BITS-1:0] fill;
  (* keep, peek = "dut.beats.read_q" *)   wire [INDEX_BITS-1:0] read;
  (* keep, peek = "dut.beats.write_q" *)  wire [INDEX_BITS-1:0] write;
  (* keep, peek = "dut.places.credit_q" *) wire [FILL_BITS-1:0] credit;
  (* keep, peek = "dut.beats.mem.place" *) wire [INDEX_BITS-1:0] place;
  (* keep, peek = "dut.beats.mem.word" *)  wire [BITS:0] stored;

  wire [COUNT_BITS+1:0] place_wide = read + ahead_q - m_axis_tvalid;
  wire [COUNT_BITS+1:0] at = place_wide >= DEPTH ? place_wide - DEPTH : place_wide;
  wire [COUNT_BITS+1:0] end_wide = read + fill;
  wire [COUNT_BITS+1:0] end_at = end_wide >= DEPTH ? end_wide - DEPTH : end_wide;
  wire                  in_memory = inside_q && !(m_axis_tvalid && ahead_q == 0);

  always @* assume (!follow_i || place == write);

  always @* begin
    if (rst_n) begin
      counts:  assert (fill + m_axis_tvalid == count_q && credit + count_q == DEPTH);
      indices: assert (read < DEPTH && write == end_at);
      first:   assert (!(inside_q && !in_memory) || {m_axis_tlast, m_axis_tdata} == beat_q);
      kept:    assert (!in_memory || (at == place && stored == beat_q));
    end
  end

endmodule

`resetall
