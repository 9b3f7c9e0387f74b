// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_outlet up to its serializer, which is cut out (serializer_free.v): each word that has
// set out reaches the serializer once, unchanged and in order, however long that waits. A word that
// may set out finds a place, however long it is on its way. Beyond the serializer, its events go
// into the register slice.
//
// The proof follows any one word from its arrival. The buffer has the one place of it
// (one_word.v), so the number of places does not matter. Nor does it what other outlets do: words
// set out whenever this one has room, or later.
module outlet_words #(
  parameter SLICE     = 2,
  parameter BUFFER    = 3,
  parameter ADDR_BITS = 1
) (
  input wire             clk,
  input wire             rst_n,
  input wire             spend_i,
  input wire             word_valid_i,
  input wire [SLICE-1:0] fire_i,
  input wire [SLICE-1:0] neg_i,
  input wire             step_end_i,
  input wire             last_i,
  input wire             m_axis_tready,
  input wire             follow_i
);

  localparam COUNT_BITS = $clog2(BUFFER + 1) + 2;
  localparam INDEX_BITS = BUFFER > 1 ? $clog2(BUFFER) : 1;
  localparam FILL_BITS  = $clog2(BUFFER + 1);
  localparam BITS       = 2 * SLICE + 2;

  wire                 room;
  wire [ADDR_BITS+1:0] m_axis_tdata;
  wire                 m_axis_tvalid;
  wire                 m_axis_tlast;

  trispike_outlet #(
    .SLICE    (SLICE),
    .BUFFER   (BUFFER),
    .ADDR_BITS(ADDR_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .spend_i      (spend_i),
    .room_o       (room),
    .word_valid_i (word_valid_i),
    .fire_i       (fire_i),
    .neg_i        (neg_i),
    .step_end_i   (step_end_i),
    .last_i       (last_i),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready),
    .events_o     ()
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  // what the serializer is offered and takes
  (* keep, peek = "dut.serializer.word_valid_i" *) wire             valid;
  (* keep, peek = "dut.serializer.word_ready_o" *) wire             ready;
  (* keep, peek = "dut.serializer.fire_i" *)       wire [SLICE-1:0] fire;
  (* keep, peek = "dut.serializer.neg_i" *)        wire [SLICE-1:0] neg;
  (* keep, peek = "dut.serializer.step_end_i" *)   wire             step_end;
  (* keep, peek = "dut.serializer.last_i" *)       wire             last;

  wire leaves = valid && ready;

  // --- words on their way, and words that wait -------------------------------------------------

  reg [COUNT_BITS-1:0] flight_q;  // have set out and not arrived
  reg [COUNT_BITS-1:0] count_q;   // have arrived and not left
  reg                  inside_q;  // the word that is followed has arrived and not left
  reg [COUNT_BITS-1:0] ahead_q;   // words that leave before it
  reg [BITS-1:0]       word_q;
  reg                  late_q;    // a word was inside in the cycle before

  wire is_next = inside_q && leaves && ahead_q == 0;

  always @* assume (!spend_i || room);
  always @* assume (!word_valid_i || flight_q != 0);

  always @(posedge clk) begin
    if (!rst_n) begin
      {flight_q, count_q} <= 0;
      {inside_q, late_q}  <= 2'b0;
    end else begin
      flight_q <= flight_q + spend_i - word_valid_i;
      count_q  <= count_q + word_valid_i - leaves;
      late_q   <= count_q > leaves;
      if (is_next) inside_q <= 1'b0;
      if (inside_q && leaves) ahead_q <= ahead_q - 1;
      if (!inside_q && word_valid_i && follow_i) begin
        inside_q <= 1'b1;
        ahead_q  <= count_q - leaves;
        word_q   <= {last_i, step_end_i, neg_i, fire_i};
      end
    end
  end

  always @* begin
    if (rst_n && begun) begin
      places:  assert (flight_q + count_q <= BUFFER && room == (flight_q + count_q < BUFFER));
      fits:    assert (!inside_q || ahead_q < count_q);
      same:    assert (!is_next || {last, step_end, neg, fire} == word_q);
      exists:  assert (!valid || count_q != 0);
      offered: assert (!late_q || valid);
      through: cover (is_next && flight_q + count_q == BUFFER);
    end
  end

  // --- the serializer's events go into the register slice --------------------------------------

  (* keep, peek = "dut.serializer.m_axis_tdata" *)  wire [ADDR_BITS+1:0] event_tdata;
  (* keep, peek = "dut.serializer.m_axis_tvalid" *) wire                 event_tvalid;
  (* keep, peek = "dut.serializer.m_axis_tlast" *)  wire                 event_tlast;
  (* keep, peek = "dut.serializer.m_axis_tready" *) wire                 event_tready;
  (* keep, peek = "dut.out.s_axis_tdata" *)         wire [ADDR_BITS+1:0] out_tdata;
  (* keep, peek = "dut.out.s_axis_tvalid" *)        wire                 out_tvalid;
  (* keep, peek = "dut.out.s_axis_tlast" *)         wire                 out_tlast;
  (* keep, peek = "dut.out.s_axis_tready" *)        wire                 out_tready;

  always @* begin
    goes_out: assert ({event_tdata, event_tvalid, event_tlast, event_tready}
                      == {out_tdata, out_tvalid, out_tlast, out_tready});
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.words.fill_q" *)    wire [FILL_BITS-1:0]  fill;
  (* keep, peek = "dut.words.read_q" *)    wire [INDEX_BITS-1:0] read;
  (* keep, peek = "dut.words.write_q" *)   wire [INDEX_BITS-1:0] write;
  (* keep, peek = "dut.places.credit_q" *) wire [FILL_BITS-1:0]  credit;
  (* keep, peek = "dut.words.mem.place" *) wire [INDEX_BITS-1:0] place;
  (* keep, peek = "dut.words.mem.word" *)  wire [BITS-1:0]       stored;

  wire [COUNT_BITS:0] at_wide   = read + ahead_q;
  wire [COUNT_BITS:0] read_wide = read + fill;
  wire                in_memory = inside_q && !(valid && ahead_q == 0);

  always @* assume (place < BUFFER && (!follow_i || place == write));

  always @* begin
    if (rst_n && begun) begin
      counts:  assert (fill + valid == count_q && credit + flight_q + count_q == BUFFER);
      indices: assert (read < BUFFER && write < BUFFER
                       && (read_wide == write || read_wide == write + BUFFER));
      first:   assert (!inside_q || in_memory || {last, step_end, neg, fire} == word_q);
      kept:    assert (!in_memory
                       || ((at_wide == place + valid || at_wide == place + valid + BUFFER)
                           && stored == word_q));
    end
  end

endmodule

`resetall
