// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_readout: the logits of a sample leave in order, each once, with the lowest class of the
// largest one beside them, and tlast with the last. A word that may set out finds a place, however
// long it is on its way; words of other steps than the last are not kept.
//
// The proof follows any two classes of each sample. The buffer has the one place of the first of
// them (one_word.v), so the number of classes does not matter.
module readout_words #(
  parameter CLASSES    = 3,
  parameter LOGIT_BITS = 3,
  parameter CLASS_BITS = 2
) (
  input wire                         clk,
  input wire                         rst_n,
  input wire                         spend_i,
  input wire                         word_valid_i,
  input wire signed [LOGIT_BITS-1:0] logit_i,
  input wire                         last_i,
  input wire                         m_axis_tready
);

  localparam BITS       = CLASS_BITS + 2;
  localparam INDEX_BITS = CLASSES > 1 ? $clog2(CLASSES) : 1;
  localparam FILL_BITS  = $clog2(CLASSES + 1);

  wire                             room;
  wire [CLASS_BITS+LOGIT_BITS-1:0] m_axis_tdata;
  wire                             m_axis_tvalid;
  wire                             m_axis_tlast;

  trispike_readout #(
    .CLASSES   (CLASSES),
    .LOGIT_BITS(LOGIT_BITS),
    .CLASS_BITS(CLASS_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .spend_i      (spend_i),
    .room_o       (room),
    .word_valid_i (word_valid_i),
    .logit_i      (logit_i),
    .last_i       (last_i),
    .m_axis_tdata (m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tlast (m_axis_tlast),
    .m_axis_tready(m_axis_tready)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  axis_rule #(
    .BITS(CLASS_BITS + LOGIT_BITS + 1)
  ) out (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({m_axis_tlast, m_axis_tdata}),
    .valid_i(m_axis_tvalid),
    .ready_i(m_axis_tready)
  );

  wire enters = word_valid_i && last_i;
  wire leaves = m_axis_tvalid && m_axis_tready;

  // --- the two classes that are followed -------------------------------------------------------

  (* anyconst *) wire [BITS-1:0] one;
  (* anyconst *) wire [BITS-1:0] other;

  always @* assume (one < CLASSES && other < CLASSES && (one != other || CLASSES == 1));

  reg [BITS-1:0] flight_q;  // words that have set out and not arrived
  reg [BITS-1:0] in_q;      // class of the next logit to come
  reg [BITS-1:0] out_q;     // class of the next logit to leave
  reg            whole_q;   // all logits of the sample that leaves have come
  reg            late_q;    // this was so in the cycle before, and the next logit was not due then
  reg signed [LOGIT_BITS-1:0] new_one_q, new_other_q;  // logits of the sample that comes
  reg signed [LOGIT_BITS-1:0] one_q, other_q;          // logits of the sample that leaves

  wire in_end  = in_q == CLASSES - 1;
  wire out_end = out_q == CLASSES - 1;
  wire [BITS-1:0] inside = whole_q ? CLASSES - out_q + in_q : in_q;

  always @* assume (!spend_i || room);
  always @* assume (!enters || flight_q != 0);

  always @(posedge clk) begin
    if (!rst_n) begin
      {flight_q, in_q, out_q} <= 0;
      {whole_q, late_q} <= 2'b0;
    end else begin
      flight_q <= flight_q + spend_i - enters;
      if (enters) in_q <= in_end ? 0 : in_q + 1;
      if (leaves) out_q <= out_end ? 0 : out_q + 1;
      if (enters && in_end) whole_q <= 1'b1;
      else if (leaves && out_end) whole_q <= 1'b0;
      late_q <= whole_q && !leaves;
    end
    if (enters && in_q == one) new_one_q <= logit_i;
    if (enters && in_q == other) new_other_q <= logit_i;
    if (enters && in_end) begin
      one_q   <= in_q == one ? logit_i : new_one_q;
      other_q <= in_q == other ? logit_i : new_other_q;
    end
  end

  wire [CLASS_BITS-1:0] class = m_axis_tdata[LOGIT_BITS+:CLASS_BITS];

  always @* begin
    if (rst_n && begun) begin
      places:   assert (flight_q + inside <= CLASSES && room == (flight_q + inside < CLASSES));
      complete: assert (!m_axis_tvalid || whole_q);
      alone:    assert (!(enters && in_end) || !whole_q || (leaves && out_end));
      order:    assert (!(m_axis_tvalid && out_q == one) || m_axis_tdata[LOGIT_BITS-1:0] == one_q);
      exists:   assert (!m_axis_tvalid || class < CLASSES);
      largest:  assert (!(m_axis_tvalid && class == one) || one_q >= other_q);
      lowest:   assert (!(m_axis_tvalid && class == one && other < one) || one_q > other_q);
      mark:     assert (!m_axis_tvalid || m_axis_tlast == out_end);
      offered:  assert (!late_q || m_axis_tvalid);
      tie:      cover (leaves && m_axis_tlast && class == one && one == 1 && one_q == other_q
                       && in_q == 2);
    end
  end

  // --- invariants ------------------------------------------------------------------------------

  (* keep, peek = "dut.argmax.leaving_q" *)        wire leaving;
  (* keep, peek = "dut.argmax.found_q" *)          wire found;
  (* keep, peek = "dut.argmax.in_q" *)             wire [CLASS_BITS-1:0] in;
  (* keep, peek = "dut.argmax.out_q" *)            wire [CLASS_BITS-1:0] out_at;
  (* keep, peek = "dut.argmax.class_q" *)          wire [CLASS_BITS-1:0] class_left;
  (* keep, peek = "dut.argmax.winner_q" *)         wire [CLASS_BITS-1:0] winner;
  (* keep, peek = "dut.argmax.best_q" *)           wire signed [LOGIT_BITS-1:0] best;
  (* keep, peek = "dut.argmax.logits.valid_o" *)   wire valid;
  (* keep, peek = "dut.argmax.logits.data_o" *)    wire [LOGIT_BITS-1:0] data;
  (* keep, peek = "dut.argmax.logits.fill_q" *)    wire [FILL_BITS-1:0] fill;
  (* keep, peek = "dut.argmax.logits.read_q" *)    wire [INDEX_BITS-1:0] read;
  (* keep, peek = "dut.argmax.logits.write_q" *)   wire [INDEX_BITS-1:0] write;
  (* keep, peek = "dut.argmax.logits.mem.place" *) wire [INDEX_BITS-1:0] place;
  (* keep, peek = "dut.argmax.logits.mem.word" *)  wire [LOGIT_BITS-1:0] stored;
  (* keep, peek = "dut.places.credit_q" *)         wire [FILL_BITS-1:0] credit;

  always @* assume (place == one);

  wire [BITS-1:0] ahead    = one >= out_q ? one - out_q : one + CLASSES - out_q;
  wire            here     = ahead < inside;  // the followed logit is inside
  wire [LOGIT_BITS-1:0] is = whole_q && one >= out_q ? one_q : new_one_q;
  wire [BITS-1:0] read_at  = out_q + valid;

  // Whether a winner, with its logit, beats both followed logits, as far as they have come.
  function beats(
    input [BITS-1:0] first, input signed [LOGIT_BITS-1:0] logit, input [BITS-1:0] come,
    input signed [LOGIT_BITS-1:0] of_one, input signed [LOGIT_BITS-1:0] of_other
  );
    beats = (one >= come || (first == one ? logit == of_one
                             : first > one ? logit > of_one : logit >= of_one))
         && (other >= come || (first == other ? logit == of_other
                               : first > other ? logit > of_other : logit >= of_other));
  endfunction

  wire [BITS-1:0] all = CLASSES;

  always @* begin
    if (rst_n && begun) begin
      counts:  assert (credit + flight_q + inside == CLASSES && fill + valid == inside);
      at:      assert (in == in_q && out_at == out_q && in_q < CLASSES && out_q < CLASSES
                       && (whole_q || out_q == 0) && write == in_q
                       && read == (read_at == CLASSES ? 0 : read_at));
      state:   assert ((leaving || found) == whole_q && !(leaving && found));
      kept:    assert (!here || (ahead == 0 && valid ? data == is : stored == is));
      so_far:  assert (in_q == 0 || (winner < in_q && beats(winner, best, in_q, new_one_q,
                                                            new_other_q)));
      at_end:  assert (!found || (in_q == 0 && winner < CLASSES
                                  && beats(winner, best, all, one_q, other_q)));
      won:     assert (!leaving || class_left < CLASSES);
      won_by:  assert (!(leaving && class_left == one)
                       || (other < one ? one_q > other_q : one_q >= other_q));
    end
  end

endmodule

`resetall
