// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_argmax, with its trispike_fifo: the logits of a sample leave in order, each once, with
// the lowest index of the largest one beside them, and tlast is set with the last.
//
// The proof follows one sample at a time, which may be any. Logits come as credits allow: there
// are never more inside and on their way than the buffer has places.
module argmax_words #(
  parameter CLASSES    = 3,
  parameter LOGIT_BITS = 3,
  parameter CLASS_BITS = 2
) (
  input wire                         clk,
  input wire                         rst_n,
  input wire                         logit_valid_i,
  input wire signed [LOGIT_BITS-1:0] logit_i,
  input wire                         m_axis_tready
);

  wire                             credit;
  wire [CLASS_BITS+LOGIT_BITS-1:0] m_axis_tdata;
  wire                             m_axis_tvalid;
  wire                             m_axis_tlast;

  trispike_argmax #(
    .CLASSES   (CLASSES),
    .LOGIT_BITS(LOGIT_BITS),
    .CLASS_BITS(CLASS_BITS)
  ) dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .logit_valid_i(logit_valid_i),
    .logit_i      (logit_i),
    .credit_o     (credit),
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

  wire leaves = m_axis_tvalid && m_axis_tready;

  reg [7:0] credit_q;

  always @(posedge clk) begin
    if (!rst_n) credit_q <= CLASSES;
    else credit_q <= credit_q - logit_valid_i + credit;
  end

  always @* assume (!logit_valid_i || credit_q != 0);

  // --- the reference: logits as they came; those of a sample are sorted out by its number ------

  reg [LOGIT_BITS-1:0] here_q [0:2*CLASSES-1];  // logits of two samples, in turn
  reg [7:0]            in_q;                    // place of the next logit to come
  reg [7:0]            out_q;                   // place of the next logit to leave
  reg [7:0]            inside_q;
  reg                  wait_q;                  // a sample was complete one cycle ago

  wire [7:0] first = out_q >= CLASSES ? CLASSES : 0;  // first place of the sample that leaves
  wire       whole = out_q - first + inside_q >= CLASSES;

  integer                     n;
  reg [7:0]                   winner;
  reg signed [LOGIT_BITS-1:0] largest;
  reg signed [LOGIT_BITS-1:0] one;

  always @* begin
    winner  = 0;
    largest = here_q[first];
    for (n = 1; n < CLASSES; n = n + 1) begin
      one = here_q[first+n];
      if (one > largest) begin
        winner  = n;
        largest = one;
      end
    end
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      in_q     <= 0;
      out_q    <= 0;
      inside_q <= 0;
      wait_q   <= 1'b0;
    end else begin
      if (logit_valid_i) here_q[in_q] <= logit_i;
      if (logit_valid_i) in_q <= in_q == 2 * CLASSES - 1 ? 0 : in_q + 1;
      if (leaves) out_q <= out_q == 2 * CLASSES - 1 ? 0 : out_q + 1;
      inside_q <= inside_q + logit_valid_i - leaves;
      wait_q   <= whole && !leaves;
    end
  end

  always @* begin
    if (rst_n) begin
      complete: assert (!m_axis_tvalid || whole);
      order:    assert (!m_axis_tvalid || m_axis_tdata[LOGIT_BITS-1:0] == here_q[out_q]);
      class:    assert (!m_axis_tvalid || m_axis_tdata[LOGIT_BITS+:CLASS_BITS] == winner);
      mark:     assert (!m_axis_tvalid || m_axis_tlast == (out_q - first == CLASSES - 1));
      offered:  assert (!wait_q || m_axis_tvalid);
      credits:  assert (credit == leaves);
      tie:      cover (leaves && m_axis_tlast && winner == 1 && here_q[first+2] == largest
                       && out_q >= CLASSES && inside_q == CLASSES);
    end
  end

  // --- invariants -----------------------------------------------------------------------------

  localparam INDEX_BITS = $clog2(CLASSES);
  localparam FILL_BITS  = $clog2(CLASSES + 1);

  (* keep, peek = "dut.leaving_q" *)      wire leaving;
  (* keep, peek = "dut.found_q" *)        wire found;
  (* keep, peek = "dut.in_q" *)           wire [CLASS_BITS-1:0] in;
  (* keep, peek = "dut.out_q" *)          wire [CLASS_BITS-1:0] out_at;
  (* keep, peek = "dut.class_q" *)        wire [CLASS_BITS-1:0] class_left;
  (* keep, peek = "dut.winner_q" *)       wire [CLASS_BITS-1:0] winner_so_far;
  (* keep, peek = "dut.best_q" *)         wire signed [LOGIT_BITS-1:0] best;
  (* keep, peek = "dut.logits.valid_o" *) wire valid;
  (* keep, peek = "dut.logits.data_o" *)  wire [LOGIT_BITS-1:0] data;
  (* keep, peek = "dut.logits.fill_q" *)  wire [FILL_BITS-1:0] fill;
  (* keep, peek = "dut.logits.read_q" *)  wire [INDEX_BITS-1:0] read;
  (* keep, peek = "dut.logits.write_q" *) wire [INDEX_BITS-1:0] write;
  (* keep, peek = "dut.logits.mem[0]" *)  wire [LOGIT_BITS-1:0] memory_0;
  (* keep, peek = "dut.logits.mem[1]" *)  wire [LOGIT_BITS-1:0] memory_1;
  (* keep, peek = "dut.logits.mem[2]" *)  wire [LOGIT_BITS-1:0] memory_2;

  wire [7:0] begins = in_q >= CLASSES ? CLASSES : 0;  // first place of the sample that comes
  wire [7:0] fresh  = out_q + inside_q;

  reg [7:0]                   leads;  // index of its largest logit so far
  reg signed [LOGIT_BITS-1:0] most;
  reg                         kept;   // the buffer holds what is inside, in order
  reg [7:0]                   slot;
  reg [7:0]                   source;
  reg signed [LOGIT_BITS-1:0] other;

  always @* begin
    leads = 0;
    most  = here_q[begins];
    for (n = 1; n < CLASSES; n = n + 1) begin
      other = here_q[begins+n];
      if (begins + n < in_q && other > most) begin
        leads = n;
        most  = other;
      end
    end
    kept = 1'b1;
    for (n = 0; n < CLASSES; n = n + 1) begin
      slot   = read + n >= CLASSES ? read + n - CLASSES : read + n;
      source = out_q + n + valid;
      if (source >= 2 * CLASSES) source = source - 2 * CLASSES;
      if (n < fill
          && here_q[source] != (slot == 0 ? memory_0 : slot == 1 ? memory_1 : memory_2)) begin
        kept = 1'b0;
      end
    end
  end

  always @* begin
    if (rst_n) begin
      counts:  assert (inside_q + credit_q == CLASSES && fill + valid == inside_q);
      places:  assert (in_q < 2 * CLASSES && out_q < 2 * CLASSES
                       && in_q == (fresh >= 2 * CLASSES ? fresh - 2 * CLASSES : fresh)
                       && in == in_q - begins && out_at == out_q - first);
      indices: assert (read < CLASSES && write < CLASSES
                       && write == (read + fill >= CLASSES ? read + fill - CLASSES : read + fill));
      stored:  assert (kept && (!valid || data == here_q[out_q]));
      leaves_: assert ((leaving || found) == whole && !(leaving && found));
      winners: assert (!leaving || class_left == winner);
      at_end:  assert (!found || winner_so_far == winner);
      so_far:  assert (in_q == begins || (winner_so_far == leads && best == most));
    end
  end

endmodule

`resetall
