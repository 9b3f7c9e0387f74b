// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_broadcast: each reader takes each beat exactly once, before any reader takes the next.
module broadcast_once #(
  parameter READERS = 3,
  parameter BITS    = 2
) (
  input wire               clk,
  input wire               rst_n,
  input wire [BITS-1:0]    s_axis_tdata,
  input wire               s_axis_tvalid,
  input wire               s_axis_tlast,
  input wire [READERS-1:0] m_axis_tready
);

  wire                    s_axis_tready;
  wire [READERS*BITS-1:0] m_axis_tdata;
  wire [READERS-1:0]      m_axis_tvalid;
  wire [READERS-1:0]      m_axis_tlast;

  trispike_broadcast #(
    .READERS(READERS),
    .BITS   (BITS)
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
    .BITS  (BITS + 1),
    .ASSUME(1)
  ) in (
    .clk    (clk),
    .rst_n  (rst_n),
    .beat_i ({s_axis_tlast, s_axis_tdata}),
    .valid_i(s_axis_tvalid),
    .ready_i(s_axis_tready)
  );

  wire [READERS-1:0] takes = m_axis_tvalid & m_axis_tready;
  reg  [READERS-1:0] taken_q;  // readers that have taken the offered beat

  always @(posedge clk) begin
    if (!rst_n || (s_axis_tvalid && s_axis_tready)) taken_q <= 0;
    else taken_q <= taken_q | takes;
  end

  genvar r;
  generate
    for (r = 0; r < READERS; r = r + 1) begin : reader
      axis_rule #(
        .BITS(BITS + 1)
      ) out (
        .clk    (clk),
        .rst_n  (rst_n),
        .beat_i ({m_axis_tlast[r], m_axis_tdata[r*BITS+:BITS]}),
        .valid_i(m_axis_tvalid[r]),
        .ready_i(m_axis_tready[r])
      );

      always @* begin
        if (rst_n) begin
          assert (!m_axis_tvalid[r] || (m_axis_tlast[r] == s_axis_tlast
                         && m_axis_tdata[r*BITS+:BITS] == s_axis_tdata));
          assert (m_axis_tvalid[r] == (s_axis_tvalid && !taken_q[r]));
        end
      end
    end
  endgenerate

  always @* begin
    if (rst_n) begin
      all_have_it: assert (!s_axis_tvalid || s_axis_tready == &(taken_q | takes));
      apart: cover (s_axis_tvalid && taken_q == 3'b101 && s_axis_tready);
    end
  end

  (* keep, peek = "dut.taken_q" *) wire [READERS-1:0] taken;

  reg offered_q;  // a beat was offered and not taken by all
  always @(posedge clk) offered_q <= rst_n && s_axis_tvalid && !s_axis_tready;
  always @* if (rst_n) ghost: assert (taken == taken_q && (offered_q || taken_q == 0));

endmodule

`resetall
