// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: reads and writes registers on AXI4-Lite according to a file.
//
// Accesses of one kind go out one after the other, without waiting for answers. An access of the
// other kind, or one that must come after the samples, waits until all before it are answered.
// Answers are left waiting at random. A reset starts the file again.
module bench_bus #(
  parameter        ADDR_BITS = 12,           // bits of a register's address
  parameter        FILE      = "accesses.bin",  // words {after, write, strobes, address, data}
  parameter [31:0] SEED      = 32'h3            // seed of the random waits, not 0
) (
  input  wire                 clk,
  input  wire                 rst_n,
  input  wire                 settled_i,  // all samples are out
  output wire                 busy_o,     // some accesses have no answer yet
  output wire [ADDR_BITS-1:0] axil_awaddr,
  output reg                  axil_awvalid,
  input  wire                 axil_awready,
  output wire [31:0]          axil_wdata,
  output wire [3:0]           axil_wstrb,
  output reg                  axil_wvalid,
  input  wire                 axil_wready,
  input  wire                 axil_bvalid,
  output wire                 axil_bready,
  output wire [ADDR_BITS-1:0] axil_araddr,
  output reg                  axil_arvalid,
  input  wire                 axil_arready,
  input  wire                 axil_rvalid,
  output wire                 axil_rready
);

  localparam WIDTH = 38 + ADDR_BITS;

  integer          waiting;  // accesses that went out and have no answer yet
  wire             more;
  wire [WIDTH-1:0] next;     // the next access to go out
  reg  [WIDTH-1:0] word_q;   // the access that goes out
  reg  [31:0]      lfsr_q = SEED;

  wire answered = (axil_bvalid && axil_bready) || (axil_rvalid && axil_rready);
  wire going    = (axil_awvalid && !axil_awready) || (axil_wvalid && !axil_wready)
                || (axil_arvalid && !axil_arready);
  wire after    = next[WIDTH-1];
  wire write    = next[WIDTH-2];
  wire same     = write == word_q[WIDTH-2] && !(after && !word_q[WIDTH-1]);
  wire go       = more && !going && (!after || settled_i) && (same || waiting == 0);

  assign axil_awaddr = word_q[32+:ADDR_BITS];
  assign axil_araddr = word_q[32+:ADDR_BITS];
  assign axil_wdata  = word_q[31:0];
  assign axil_wstrb  = word_q[32+ADDR_BITS+:4];
  assign axil_bready = lfsr_q[1:0] == 2'd0;
  assign axil_rready = lfsr_q[2];
  assign busy_o      = more || waiting != 0;

  bench_reader #(
    .WIDTH(WIDTH),
    .FILE (FILE)
  ) words (
    .clk   (clk),
    .rst_n (rst_n),
    .take_i(go),
    .word_o(next),
    .more_o(more)
  );

  always @(posedge clk) begin
    lfsr_q <= {lfsr_q[30:0], lfsr_q[31] ^ lfsr_q[21] ^ lfsr_q[1] ^ lfsr_q[0]};
    if (!rst_n) begin
      waiting      <= 0;
      axil_awvalid <= 1'b0;
      axil_wvalid  <= 1'b0;
      axil_arvalid <= 1'b0;
      word_q       <= {WIDTH{1'b0}};
    end else begin
      if (axil_awready) axil_awvalid <= 1'b0;
      if (axil_wready) axil_wvalid <= 1'b0;
      if (axil_arready) axil_arvalid <= 1'b0;
      waiting <= waiting + go - answered;
      if (go) begin
        axil_awvalid <= write;
        axil_wvalid  <= write;
        axil_arvalid <= !write;
        word_q       <= next;
      end
    end
  end

endmodule

`resetall
