// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// A spiking layer's second half: neuron updates, and for each reader an outlet of its own.
//
// Reader r has bits r of m_axis_tvalid, ..._tlast and ..._tready, and the r-th tdata.
module trispike_spiking_update #(
  parameter       N              = 16,   // channels of a convolution group
  parameter       GROUPS         = 1,    // convolution groups
  parameter       HEIGHT         = 1,    // rows of the map
  parameter       WIDTH          = 1,    // columns of the map
  parameter       SLICE          = 4,    // neurons updated in a cycle
  parameter       LATENCY        = 6,    // from step_next_o to current_i, cycles
  parameter       CURRENT_BITS   = 12,   // of a neuron's current, bits
  parameter       BIAS_BITS      = 8,    // of a bias, bits
  parameter       THRESHOLD_BITS = 8,    // of a threshold, bits
  parameter       P_BITS         = 12,   // p, +v_threshold and -v_threshold, bits
  parameter       V_BITS         = 10,   // membrane, bits
  parameter       LEAK_BITS      = 12,   // of the leak's shift-and-add, bits: V_BITS + K
  parameter       K              = 2,    // tau = m / 2**K
  parameter [8:0] PLUS           = 9'b1, // m's signed digits: bit e set adds 2**e
  parameter [8:0] MINUS          = 9'b0, // bit e set subtracts 2**e
  parameter       TERNARY        = 1,    // 0: binary
  parameter       SOFT_RESET     = 0,    // 0: hard
  parameter       ONE_STEP       = 0,    // 1: samples of one time step: no membrane is kept
  parameter       ADDR_BITS      = 4,    // of an event's address, bits
  parameter       COUNT_BITS     = 48,   // of the event counter, bits
  parameter       READERS        = 1,    // synapse groups that read the layer
  parameter       LOAD_ADDR_BITS = 1,  // of the address of a word to be loaded, bits
  parameter       LOAD_WORD_BITS = 1,  // of such a word, bits; 1: none can be
  parameter       BIAS_FILE      = "",   // for $readmemh
  parameter       THRESHOLD_FILE = "",   // for $readmemh
  parameter [READERS*32-1:0] BUFFERS = {READERS{32'd16}}  // spike words buffered for each, 32 bits
) (
  input  wire                                 clk,
  input  wire                                 rst_n,
  // engine
  input  wire                                 step_valid_i,
  input  wire                                 step_last_i,
  output wire                                 step_next_o,
  input  wire signed [SLICE*CURRENT_BITS-1:0] current_i,
  // biases and thresholds from outside
  input  wire                                 load_bias_i,
  input  wire                                 load_threshold_i,
  input  wire [LOAD_ADDR_BITS-1:0]            load_addr_i,
  input  wire [LOAD_WORD_BITS-1:0]            load_word_i,
  // events {kind, neg, addr}, addr = {y, x, c}
  output wire [READERS*(ADDR_BITS+2)-1:0]     m_axis_tdata,
  output wire [READERS-1:0]                   m_axis_tvalid,
  output wire [READERS-1:0]                   m_axis_tlast,
  input  wire [READERS-1:0]                   m_axis_tready,
  // counters, one a reader
  output wire [READERS*COUNT_BITS-1:0]        events_o
);

  // No module has such a name: an instance with these parameters is refused as it is elaborated.
  generate
    if (ADDR_BITS < $clog2(GROUPS * N) + $clog2(HEIGHT) + $clog2(WIDTH)) begin : check_addr_bits
      trispike_spiking_update_ADDR_BITS_is_too_small_for_the_map error ();
    end
  endgenerate

  localparam ROWS  = GROUPS * ((N + SLICE - 1) / SLICE);  // words of a position
  localparam WORDS = HEIGHT * WIDTH * ROWS;

  wire                    word_valid;
  wire [SLICE-1:0]        fire;
  wire [SLICE-1:0]        neg;
  wire [SLICE*V_BITS-1:0] v;
  wire                    step_end;
  wire                    last;
  wire                    spend;
  wire [READERS-1:0]      room;

  trispike_update #(
    .WORDS         (WORDS),
    .ROWS          (ROWS),
    .SLICE         (SLICE),
    .LATENCY       (LATENCY),
    .CURRENT_BITS  (CURRENT_BITS),
    .BIAS_BITS     (BIAS_BITS),
    .THRESHOLD_BITS(THRESHOLD_BITS),
    .P_BITS        (P_BITS),
    .V_BITS        (V_BITS),
    .LEAK_BITS     (LEAK_BITS),
    .K             (K),
    .PLUS          (PLUS),
    .MINUS         (MINUS),
    .TERNARY       (TERNARY),
    .SOFT_RESET    (SOFT_RESET),
    .READOUT       (0),
    .ONE_STEP      (ONE_STEP),
    .LOAD_ADDR_BITS(LOAD_ADDR_BITS),
    .LOAD_WORD_BITS(LOAD_WORD_BITS),
    .BIAS_FILE     (BIAS_FILE),
    .THRESHOLD_FILE(THRESHOLD_FILE)
  ) update (
    .clk         (clk),
    .rst_n       (rst_n),
    .step_valid_i(step_valid_i),
    .step_last_i (step_last_i),
    .step_next_o (step_next_o),
    .current_i   (current_i),
    .load_bias_i     (load_bias_i),
    .load_threshold_i(load_threshold_i),
    .load_addr_i     (load_addr_i),
    .load_word_i     (load_word_i),
    .word_valid_o(word_valid),
    .fire_o      (fire),
    .neg_o       (neg),
    .v_o         (v),
    .step_end_o  (step_end),
    .last_o      (last),
    .spend_o     (spend),
    .room_i      (&room)
  );

  genvar r;
  generate
    for (r = 0; r < READERS; r = r + 1) begin : reader
      trispike_outlet #(
        .N         (N),
        .GROUPS    (GROUPS),
        .WIDTH     (WIDTH),
        .SLICE     (SLICE),
        .BUFFER    (BUFFERS[r*32+:32]),
        .ADDR_BITS (ADDR_BITS),
        .COUNT_BITS(COUNT_BITS)
      ) outlet (
        .clk          (clk),
        .rst_n        (rst_n),
        .spend_i      (spend),
        .room_o       (room[r]),
        .word_valid_i (word_valid),
        .fire_i       (fire),
        .neg_i        (neg),
        .step_end_i   (step_end),
        .last_i       (last),
        .m_axis_tdata (m_axis_tdata[r*(ADDR_BITS+2)+:ADDR_BITS+2]),
        .m_axis_tvalid(m_axis_tvalid[r]),
        .m_axis_tlast (m_axis_tlast[r]),
        .m_axis_tready(m_axis_tready[r]),
        .events_o     (events_o[r*COUNT_BITS+:COUNT_BITS])
      );
    end
  endgenerate

endmodule

`resetall
