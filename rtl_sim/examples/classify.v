// SPDX-License-Identifier: Apache-2.0
`timescale 1ns / 1ps
`default_nettype none

// Drives a build's core without Python: reads events from a text file, prints a line per sample.
//
//   +events=FILE   one beat per line, `kind neg digit addr last` in decimal (docs/core.md, Streams)
//   +cycles=N      gives up after N cycles in which nothing moves; the default is 10,000,000
//
// Prints `class C cycles N logits L0 L1 ...`. N counts from the end of the sample before, for the
// first sample from its own start.
module classify;

  reg         clk   = 1'b0;
  reg         rst_n = 1'b0;
  reg  [31:0] s_tdata;
  reg         s_tvalid = 1'b0;
  reg         s_tlast;
  wire        s_tready;
  wire [63:0] m_tdata;
  wire        m_tvalid;
  wire        m_tlast;

  top dut (
    .clk          (clk),
    .rst_n        (rst_n),
    .s_axis_tdata (s_tdata),
    .s_axis_tvalid(s_tvalid),
    .s_axis_tlast (s_tlast),
    .s_axis_tready(s_tready),
    .m_axis_tdata (m_tdata),
    .m_axis_tvalid(m_tvalid),
    .m_axis_tlast (m_tlast),
    .m_axis_tready(1'b1)
  );

  always #5 clk = !clk;

  // --- events in ---------------------------------------------------------------------------------

  reg [8*1024-1:0] path;
  integer          file;
  integer          kind, neg, digit, addr, last;
  integer          got;  // numbers read from a line
  integer          sent = 0;  // samples that were sent
  reg              ended = 1'b0;  // the file has ended
  integer          most;
  integer          idle = 0;

  task next_beat;
    begin
      got = $fscanf(file, "%d %d %d %d %d", kind, neg, digit, addr, last);
      if (got == 5) begin
        s_tdata  <= {kind[0], neg[0], 3'b0, digit[2:0], addr[23:0]};
        s_tlast  <= last[0];
        s_tvalid <= 1'b1;
      end else begin
        s_tvalid <= 1'b0;
        ended    = 1'b1;
        if (!$feof(file)) $display("error: a line without five numbers; what follows is left out");
      end
    end
  endtask

  initial begin
    if (!$value$plusargs("events=%s", path)) begin
      $display("error: no events; give +events=FILE");
      $finish;
    end
    if (!$value$plusargs("cycles=%d", most)) most = 10000000;
    file = $fopen(path, "r");
    if (file == 0) begin
      $display("error: %0s: cannot be read", path);
      $finish;
    end
    repeat (2) @(posedge clk);
    rst_n <= 1'b1;
    @(posedge clk);
    next_beat;
  end

  always @(posedge clk) begin
    if (s_tvalid && s_tready) begin
      if (s_tlast) sent = sent + 1;
      next_beat;
    end
  end

  // --- words out ---------------------------------------------------------------------------------

  reg [63:0] logits [0:65535];
  integer    words    = 0;
  integer    received = 0;  // samples that were received
  integer    cycles   = 0;
  integer    n;

  wire signed [47:0] logit = m_tdata[47:0];

  always @(posedge clk) begin
    if (rst_n && (cycles != 0 || s_tvalid)) cycles = cycles + 1;
    if (rst_n) idle = (s_tvalid && s_tready) || m_tvalid ? 0 : idle + 1;
    if (rst_n && m_tvalid) begin
      logits[words] = {{16{logit[47]}}, logit};
      words         = words + 1;
      if (m_tlast) begin
        $write("class %0d cycles %0d logits", m_tdata[63:48], cycles);
        for (n = 0; n < words; n = n + 1) $write(" %0d", $signed(logits[n]));
        $write("\n");
        words    = 0;
        cycles   = 0;
        received = received + 1;
      end
    end
    if (ended && received == sent) $finish;
    if (idle == most) begin
      $display("error: nothing moved for %0d cycles", most);
      $finish;
    end
  end

endmodule

`default_nettype wire
