// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Two outlets behind one sweep, as in a top level: both readers get every event and marker of
// every step, once and in order, however long either waits. A word sets out only if both have room
// for it. A step is one word of one neuron.
module fork_outlets #(
  parameter DELAY    = 9,  // cycles from a word's setting out to its arrival
  parameter BUFFER_0 = 1,  // words
  parameter BUFFER_1 = 2,
  parameter HISTORY  = 8   // words, at most
) (
  input wire       clk,
  input wire       rst_n,
  input wire       spend_i,
  input wire       fire_i,
  input wire       neg_i,
  input wire       last_i,
  input wire [1:0] m_axis_tready
);

  wire [1:0] room;
  wire [5:0] m_axis_tdata;
  wire [1:0] m_axis_tvalid;
  wire [1:0] m_axis_tlast;

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* assume (rst_n == begun);
  always @* assume (!spend_i || &room);

  // --- the words that set out, and that arrive -------------------------------------------------

  reg [DELAY-1:0] valid_q;
  reg [DELAY-1:0] fire_q, neg_q, last_q;

  always @(posedge clk) begin
    valid_q <= rst_n ? {valid_q, spend_i} : 0;
    fire_q  <= {fire_q, fire_i};
    neg_q   <= {neg_q, neg_i};
    last_q  <= {last_q, last_i};
  end

  reg [2:0] words_q [0:HISTORY-1];  // {fire, neg, last}
  reg [7:0] count_q;

  always @(posedge clk) begin
    if (!rst_n) count_q <= 0;
    else if (spend_i) begin
      words_q[count_q] <= {fire_i, neg_i, last_i};
      count_q          <= count_q + 1;
    end
  end

  always @* assume (count_q <= HISTORY && (count_q != HISTORY || !spend_i));

  reg [7:0] done_q [0:1];

  genvar r;
  generate
    for (r = 0; r < 2; r = r + 1) begin : reader
      trispike_outlet #(
        .N        (1),
        .GROUPS   (1),
        .WIDTH    (1),
        .SLICE    (1),
        .BUFFER   (r == 0 ? BUFFER_0 : BUFFER_1),
        .ADDR_BITS(1)
      ) outlet (
        .clk          (clk),
        .rst_n        (rst_n),
        .spend_i      (spend_i),
        .room_o       (room[r]),
        .word_valid_i (valid_q[DELAY-1]),
        .fire_i       (fire_q[DELAY-1]),
        .neg_i        (neg_q[DELAY-1]),
        .step_end_i   (1'b1),
        .last_i       (last_q[DELAY-1]),
        .m_axis_tdata (m_axis_tdata[r*3+:3]),
        .m_axis_tvalid(m_axis_tvalid[r]),
        .m_axis_tlast (m_axis_tlast[r]),
        .m_axis_tready(m_axis_tready[r]),
        .events_o     ()
      );

      axis_rule #(
        .BITS(4)
      ) out (
        .clk    (clk),
        .rst_n  (rst_n),
        .beat_i ({m_axis_tlast[r], m_axis_tdata[r*3+:3]}),
        .valid_i(m_axis_tvalid[r]),
        .ready_i(m_axis_tready[r])
      );

      // A word is due as its event, if it fires, and then its marker.
      reg        spike_q;  // the event of the due word has left
      wire [2:0] word   = words_q[done_q[r]];
      wire       spikes = word[2] && !spike_q;
      wire       leaves = m_axis_tvalid[r] && m_axis_tready[r];

      always @(posedge clk) begin
        if (!rst_n) begin
          done_q[r] <= 0;
          spike_q   <= 1'b0;
        end else if (leaves) begin
          spike_q <= spikes;
          if (!spikes) done_q[r] <= done_q[r] + 1;
        end
      end

      always @* begin
        if (rst_n && m_axis_tvalid[r]) begin
          assert (done_q[r] < count_q);
          assert (m_axis_tdata[r*3+:3] == (spikes ? {1'b0, word[1], 1'b0} : 3'b100));
          assert (m_axis_tlast[r] == (!spikes && word[0]));
        end
      end
    end
  endgenerate

  // Nothing is lost: a word that set out long ago has left if its reader does not wait.
  reg [7:0] idle_q;
  always @(posedge clk) idle_q <= rst_n && !spend_i && &m_axis_tready ? idle_q + 1 : 0;

  always @* begin
    if (rst_n) begin
      arrived: assert (idle_q < DELAY + 10 || (done_q[0] == count_q && done_q[1] == count_q));
      apart:   cover (done_q[0] == 1 && done_q[1] == 3 && words_q[2] == 3'b111);
      behind:  cover (idle_q == DELAY + 10 && count_q == 3);
    end
  end

endmodule

`resetall
