// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_axi_lite: each access that is taken is passed on once and answered once, before the
// next one of its kind is taken, with the data and the error of its own cycle. A write is taken a
// cycle after its address and its data have both come and no answer waits; a read whenever no
// answer waits. Each ready and valid is what the cycles before make it, and 0 in reset.
module axi_lite_answers #(
  parameter ADDR_BITS = 12
) (
  input wire                 clk,
  input wire                 rst_n,
  input wire [ADDR_BITS-1:0] s_axil_awaddr,
  input wire                 s_axil_awvalid,
  input wire [31:0]          s_axil_wdata,
  input wire [3:0]           s_axil_wstrb,
  input wire                 s_axil_wvalid,
  input wire                 s_axil_bready,
  input wire [ADDR_BITS-1:0] s_axil_araddr,
  input wire                 s_axil_arvalid,
  input wire                 s_axil_rready,
  input wire                 write_error_i,
  input wire [31:0]          read_data_i,
  input wire                 read_error_i
);

  wire                 s_axil_awready;
  wire                 s_axil_wready;
  wire [1:0]           s_axil_bresp;
  wire                 s_axil_bvalid;
  wire                 s_axil_arready;
  wire [31:0]          s_axil_rdata;
  wire [1:0]           s_axil_rresp;
  wire                 s_axil_rvalid;
  wire                 write;
  wire [ADDR_BITS-3:0] write_index;
  wire [31:0]          write_data;
  wire                 read;
  wire [ADDR_BITS-3:0] read_index;

  trispike_axi_lite #(
    .ADDR_BITS(ADDR_BITS)
  ) dut (
    .clk           (clk),
    .rst_n         (rst_n),
    .s_axil_awaddr (s_axil_awaddr),
    .s_axil_awprot (3'b000),
    .s_axil_awvalid(s_axil_awvalid),
    .s_axil_awready(s_axil_awready),
    .s_axil_wdata  (s_axil_wdata),
    .s_axil_wstrb  (s_axil_wstrb),
    .s_axil_wvalid (s_axil_wvalid),
    .s_axil_wready (s_axil_wready),
    .s_axil_bresp  (s_axil_bresp),
    .s_axil_bvalid (s_axil_bvalid),
    .s_axil_bready (s_axil_bready),
    .s_axil_araddr (s_axil_araddr),
    .s_axil_arprot (3'b000),
    .s_axil_arvalid(s_axil_arvalid),
    .s_axil_arready(s_axil_arready),
    .s_axil_rdata  (s_axil_rdata),
    .s_axil_rresp  (s_axil_rresp),
    .s_axil_rvalid (s_axil_rvalid),
    .s_axil_rready (s_axil_rready),
    .write_o       (write),
    .write_index_o (write_index),
    .write_data_o  (write_data),
    .write_error_i (write_error_i),
    .read_o        (read),
    .read_index_o  (read_index),
    .read_data_i   (read_data_i),
    .read_error_i  (read_error_i)
  );

  reg begun = 1'b0;
  always @(posedge clk) begun <= 1'b1;
  always @* if (!begun) assume (!rst_n);

  reg on_q = 1'b0;  // the cycle before was not a reset
  always @(posedge clk) on_q <= rst_n;

  // --- the bus's rules: what is offered stays until it is taken, on both sides -----------------

  axis_rule #(.BITS(ADDR_BITS), .ASSUME(1)) aw (
    .clk(clk), .rst_n(rst_n), .beat_i(s_axil_awaddr),
    .valid_i(s_axil_awvalid), .ready_i(s_axil_awready)
  );
  axis_rule #(.BITS(36), .ASSUME(1)) w (
    .clk(clk), .rst_n(rst_n), .beat_i({s_axil_wstrb, s_axil_wdata}),
    .valid_i(s_axil_wvalid), .ready_i(s_axil_wready)
  );
  axis_rule #(.BITS(ADDR_BITS), .ASSUME(1)) ar (
    .clk(clk), .rst_n(rst_n), .beat_i(s_axil_araddr),
    .valid_i(s_axil_arvalid), .ready_i(s_axil_arready)
  );
  axis_rule #(.BITS(2)) b (
    .clk(clk), .rst_n(rst_n), .beat_i(s_axil_bresp),
    .valid_i(s_axil_bvalid), .ready_i(s_axil_bready)
  );
  axis_rule #(.BITS(34)) r (
    .clk(clk), .rst_n(rst_n), .beat_i({s_axil_rresp, s_axil_rdata}),
    .valid_i(s_axil_rvalid), .ready_i(s_axil_rready)
  );

  // --- writes ----------------------------------------------------------------------------------

  wire aw_taken = s_axil_awvalid && s_axil_awready;
  wire w_taken  = s_axil_wvalid && s_axil_wready;
  wire answered = s_axil_bvalid && s_axil_bready;

  reg write_due_q;    // a write was taken, and its answer has not left
  reg write_fails_q;
  reg both_q;         // in the cycle before, both were offered and no answer waited

  always @(posedge clk) begin
    write_due_q <= rst_n && (w_taken || (write_due_q && !answered));
    both_q      <= rst_n && s_axil_awvalid && s_axil_wvalid && !w_taken
                   && !(write_due_q && !answered);
    if (w_taken) write_fails_q <= write_error_i || s_axil_wstrb != 4'b1111;
  end

  // --- reads -----------------------------------------------------------------------------------

  wire ar_taken = s_axil_arvalid && s_axil_arready;
  wire returned = s_axil_rvalid && s_axil_rready;

  reg        read_due_q;
  reg        read_fails_q;
  reg [31:0] data_q;

  always @(posedge clk) begin
    read_due_q <= rst_n && (ar_taken || (read_due_q && !returned));
    if (ar_taken) {read_fails_q, data_q} <= {read_error_i, read_data_i};
  end

  // Each assertion about a ready or a valid has nothing but registers on its other side. None of
  // them is set in a cycle that follows one of reset.
  always @* begin
    if (begun) begin
      taken:    assert (s_axil_awready == both_q && s_axil_wready == both_q);
      together: assert (!rst_n || aw_taken == w_taken);
      one:      assert (!w_taken || !write_due_q);
      answer:   assert (s_axil_bvalid == write_due_q);
      says:     assert (!s_axil_bvalid || s_axil_bresp == (write_fails_q ? 2'b10 : 2'b00));
      passed:   assert (!rst_n || write == (w_taken && s_axil_wstrb == 4'b1111));
      written:  assert (!write || (write_index == s_axil_awaddr >> 2
                                   && write_data == s_axil_wdata));
      asked:    assert (s_axil_arready == (on_q && !read_due_q));
      result:   assert (s_axil_rvalid == read_due_q);
      gives:    assert (!s_axil_rvalid || (s_axil_rdata == data_q
                                           && s_axil_rresp == (read_fails_q ? 2'b10 : 2'b00)));
      once:     assert (read == ar_taken && (!read || read_index == s_axil_araddr >> 2));
      in_reset: assert (on_q || !(s_axil_awready || s_axil_wready || s_axil_arready
                                  || s_axil_bvalid || s_axil_rvalid));
      refused:  cover (answered && s_axil_bresp == 2'b10 && returned && data_q[0]);
    end
  end

endmodule

`resetall
