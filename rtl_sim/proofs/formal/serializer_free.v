// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Replaces trispike_serializer: takes words and sends beats whenever it likes.
module trispike_serializer #(
  parameter N          = 8,
  parameter GROUPS     = 1,
  parameter WIDTH      = 1,
  parameter SLICE      = 4,
  parameter ADDR_BITS  = 5,
  parameter COUNT_BITS = 48
) (
  input  wire                  clk,
  input  wire                  rst_n,
  input  wire                  word_valid_i,
  output wire                  word_ready_o,
  input  wire [SLICE-1:0]      fire_i,
  input  wire [SLICE-1:0]      neg_i,
  input  wire                  step_end_i,
  input  wire                  last_i,
  output wire [ADDR_BITS+1:0]  m_axis_tdata,
  output wire                  m_axis_tvalid,
  output wire                  m_axis_tlast,
  input  wire                  m_axis_tready,
  output wire [COUNT_BITS-1:0] events_o
);

  (* anyseq *) wire                 ready;
  (* anyseq *) wire [ADDR_BITS+1:0] data;
  (* anyseq *) wire                 valid;
  (* anyseq *) wire                 last;

  assign word_ready_o  = ready;
  assign m_axis_tdata  = data;
  assign m_axis_tvalid = valid;
  assign m_axis_tlast  = last;
  assign events_o      = {COUNT_BITS{1'b0}};

endmodule

`resetall
