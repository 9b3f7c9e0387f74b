// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Lets a host use a core through a UART: it takes a frame, does what it says, and answers it.
//
// The first word of a frame is {argument[15:0], command[7:0], tag[7:0]}; others may follow.
//
//   READ    the registers from address argument on, as many as the lowest 10 bits of the next word
//           say
//   WRITE   each of the words that follow to the register at address argument
//   STREAM  the words that follow to the core's input; bit 27 of one is its tlast. If one has it,
//           the answer has the words of the core's output up to its tlast, the lower half of each
//           first.
//   INFO    the answer has WORDS; another word must follow
//
// The lowest 12 bits of an address count. A frame is taken as a whole before its first word is
// worked on, and the core's output before its first word is sent, or as much of it as the buffer
// holds. So the core does not wait for the line within a frame.
//
// The first word of an answer is {frames dropped[15:0], command, tag}, and its last word is the
// status:
//
//   DONE
//   REFUSED  the core answered an access with an error, and the others were made all the same; or
//            the command is none of these; or words follow one with tlast, which do not reach the
//            core
//   LATE     the core kept something waiting for too long. It was reset for a cycle, and what was
//            left of the frame was not done.
//
// A frame that is not right is not answered, and what comes while one is worked on is lost.
module trispike_uart_bridge #(
  parameter DIVIDER       = 50,  // of a bit on the line, cycles
  parameter WORDS         = 256, // of the longest frame, with its check; a power of two
  parameter PATIENCE_BITS = 26   // after 2 ** PATIENCE_BITS cycles of silence the core is reset
) (
  input  wire        clk,
  input  wire        rst_n,
  input  wire        rx_i,
  output wire        tx_o,
  output reg         core_rst_n,
  output wire [11:0] m_axil_awaddr,
  output reg         m_axil_awvalid,
  input  wire        m_axil_awready,
  output wire [31:0] m_axil_wdata,
  output reg         m_axil_wvalid,
  input  wire        m_axil_wready,
  input  wire [1:0]  m_axil_bresp,
  input  wire        m_axil_bvalid,
  output wire        m_axil_bready,
  output wire [11:0] m_axil_araddr,
  output reg         m_axil_arvalid,
  input  wire        m_axil_arready,
  input  wire [31:0] m_axil_rdata,
  input  wire [1:0]  m_axil_rresp,
  input  wire        m_axil_rvalid,
  output wire        m_axil_rready,
  output wire [31:0] m_axis_tdata,
  output wire        m_axis_tlast,
  output wire        m_axis_tvalid,
  input  wire        m_axis_tready,
  input  wire [63:0] s_axis_tdata,
  input  wire        s_axis_tlast,
  input  wire        s_axis_tvalid,
  output wire        s_axis_tready
);

  localparam [7:0] READ = "R", WRITE = "W", STREAM = "S", INFO = "I";
  localparam [1:0] DONE = 2'd0, REFUSED = 2'd1, LATE = 2'd2;
  localparam TLAST = 27;
  localparam COUNT_BITS = $clog2(WORDS);
  localparam [COUNT_BITS-1:0] FULL = WORDS - 3;

  // --- frames in, and their buffer ---------------------------------------------------------------
  wire [7:0]            rx_byte;
  wire                  rx_valid;
  wire                  rx_error;
  wire                  write;
  wire [COUNT_BITS-1:0] write_addr;
  wire [31:0]           write_word;
  wire                  frame;
  wire [COUNT_BITS-1:0] frame_words;
  wire [15:0]           dropped;
  wire                  idle;

  trispike_uart_rx #(
    .DIVIDER(DIVIDER)
  ) uart_rx (
    .clk    (clk),
    .rst_n  (rst_n),
    .rx_i   (rx_i),
    .byte_o (rx_byte),
    .valid_o(rx_valid),
    .error_o(rx_error)
  );

  trispike_frame_rx #(
    .WORDS(WORDS)
  ) frame_rx (
    .clk      (clk),
    .rst_n    (rst_n),
    .byte_i   (rx_byte),
    .valid_i  (rx_valid),
    .error_i  (rx_error),
    .busy_i   (!idle || frame),
    .word_o   (write_word),
    .addr_o   (write_addr),
    .write_o  (write),
    .frame_o  (frame),
    .words_o  (frame_words),
    .dropped_o(dropped)
  );

  reg [31:0]           frame_buffer[0:WORDS-1];
  reg [31:0]           word_q;  // the one that is worked on, or goes out
  reg [COUNT_BITS-1:0] next_q;  // the one after it
  reg [COUNT_BITS-1:0] left_q;  // words from next_q on
  wire                 fetch;
  wire                 keep;    // a word of the core's output, behind those before it
  wire [31:0]          kept;

  always @(posedge clk) begin
    if (write || keep) frame_buffer[write ? write_addr : next_q] <= write ? write_word : kept;
    if (fetch) word_q <= frame_buffer[next_q];
  end

  // --- frames out --------------------------------------------------------------------------------
  reg  [31:0] out_word;
  reg         out_valid;
  wire        out_ready;
  wire        out_last;

  wire [7:0] tx_byte;
  wire       tx_valid;
  wire       tx_ready;

  trispike_frame_tx frame_tx (
    .clk    (clk),
    .rst_n  (rst_n),
    .word_i (out_word),
    .last_i (out_last),
    .valid_i(out_valid),
    .ready_o(out_ready),
    .byte_o (tx_byte),
    .valid_o(tx_valid),
    .ready_i(tx_ready)
  );

  trispike_uart_tx #(
    .DIVIDER(DIVIDER)
  ) uart_tx (
    .clk    (clk),
    .rst_n  (rst_n),
    .byte_i (tx_byte),
    .valid_i(tx_valid),
    .ready_o(tx_ready),
    .tx_o   (tx_o)
  );

  // --- what a frame says -------------------------------------------------------------------------
  localparam [3:0] IDLE = 4'd0, FETCH = 4'd1, HEAD = 4'd2, NEXT = 4'd3, ACT = 4'd4, WRITTEN = 4'd5,
                   COUNT = 4'd6, ASKED = 4'd7, GOT = 4'd8, RESULT = 4'd9, UPPER = 4'd10,
                   SEND = 4'd11, SENT = 4'd12, STATUS = 4'd13;
  reg [3:0]               state_q;
  reg [3:0]               then_q;     // the state after FETCH
  reg [7:0]               command_q;
  reg [11:0]              address_q;
  reg [9:0]               reads_q;    // registers that are still to be read
  reg [31:0]              got_q;      // what a read gave
  reg                     last_q;     // tlast of the last word to the core or from it
  reg [1:0]               status_q;
  reg [PATIENCE_BITS-1:0] patience_q;

  wire none_left = left_q == {COUNT_BITS{1'b0}};
  wire known = command_q == READ || command_q == WRITE || command_q == STREAM || command_q == INFO;
  assign idle  = state_q == IDLE;
  assign fetch = state_q == FETCH;

  assign m_axil_awaddr = address_q;
  assign m_axil_wdata  = word_q;
  assign m_axil_bready = 1'b1;
  assign m_axil_araddr = address_q;
  assign m_axil_rready = 1'b1;

  assign m_axis_tdata  = {word_q[31:TLAST+1], 1'b0, word_q[TLAST-1:0]};
  assign m_axis_tlast  = word_q[TLAST];
  // Nothing goes behind tlast: its sample's output cannot be kept before the frame is done.
  assign m_axis_tvalid = state_q == ACT && command_q == STREAM && !last_q;
  assign s_axis_tready = state_q == UPPER;
  assign keep          = s_axis_tvalid && (state_q == RESULT || state_q == UPPER);
  assign kept          = state_q == UPPER ? s_axis_tdata[63:32] : s_axis_tdata[31:0];

  assign out_last = state_q == STATUS;
  always @(*) begin
    case (state_q)
      HEAD:    {out_valid, out_word} = {1'b1, dropped, word_q[15:0]};
      GOT:     {out_valid, out_word} = {1'b1, got_q};
      SENT:    {out_valid, out_word} = {1'b1, word_q};
      STATUS:  {out_valid, out_word} = {1'b1, 30'd0, status_q};
      default: {out_valid, out_word} = 33'd0;
    endcase
  end

  // The core lets nobody wait so long; if it does, something is wrong with it.
  wire waits = m_axis_tvalid || state_q == WRITTEN || state_q == ASKED || state_q == RESULT;
  wire late = waits && (&patience_q);

  always @(posedge clk) begin
    patience_q <= waits ? patience_q + 1'b1 : {PATIENCE_BITS{1'b0}};
    core_rst_n <= rst_n && !late;
    if (!rst_n || late) begin
      m_axil_awvalid <= 1'b0;
      m_axil_wvalid  <= 1'b0;
      m_axil_arvalid <= 1'b0;
    end else begin
      if (m_axil_awready) m_axil_awvalid <= 1'b0;
      if (m_axil_wready) m_axil_wvalid <= 1'b0;
      if (m_axil_arready) m_axil_arvalid <= 1'b0;
      if (state_q == ACT && command_q == WRITE) {m_axil_awvalid, m_axil_wvalid} <= 2'b11;
      if (state_q == COUNT && reads_q != 10'd0) m_axil_arvalid <= 1'b1;
    end
  end

  always @(posedge clk) begin
    if (!rst_n) begin
      state_q <= IDLE;
    end else if (late) begin
      status_q <= LATE;
      state_q  <= STATUS;
    end else begin
      case (state_q)
        IDLE: begin
          next_q   <= {COUNT_BITS{1'b0}};
          left_q   <= frame_words;
          then_q   <= HEAD;
          last_q   <= 1'b0;
          status_q <= DONE;
          if (frame) state_q <= FETCH;
        end
        FETCH: begin
          next_q  <= next_q + 1'b1;
          left_q  <= left_q - 1'b1;
          state_q <= then_q;
        end
        HEAD: begin
          command_q <= word_q[15:8];
          address_q <= word_q[27:16];
          then_q    <= ACT;
          if (out_ready) state_q <= NEXT;
        end
        NEXT: begin
          if (!known) status_q <= REFUSED;
          if (none_left) next_q <= {COUNT_BITS{1'b0}};
          if (!none_left) state_q <= FETCH;
          else state_q <= last_q && command_q == STREAM ? RESULT : STATUS;
        end
        ACT: begin
          case (command_q)
            READ: begin
              reads_q <= word_q[9:0];
              state_q <= COUNT;
            end
            WRITE:   state_q <= WRITTEN;
            STREAM: begin
              if (last_q) begin
                status_q <= REFUSED;
                state_q  <= NEXT;
              end else if (m_axis_tready) begin
                last_q  <= m_axis_tlast;
                state_q <= NEXT;
              end
            end
            INFO: begin
              reads_q <= 10'd0;
              got_q   <= WORDS;
              state_q <= GOT;
            end
            default: state_q <= NEXT;
          endcase
        end
        WRITTEN: if (m_axil_bvalid) begin
          if (m_axil_bresp != 2'd0) status_q <= REFUSED;
          state_q <= NEXT;
        end
        COUNT: begin
          reads_q <= reads_q - 1'b1;
          state_q <= reads_q == 10'd0 ? NEXT : ASKED;
        end
        ASKED: if (m_axil_rvalid) begin
          if (m_axil_rresp != 2'd0) status_q <= REFUSED;
          got_q     <= m_axil_rdata;
          address_q <= address_q + 12'd4;
          state_q   <= GOT;
        end
        GOT:     if (out_ready) state_q <= COUNT;
        RESULT: if (s_axis_tvalid) begin
          next_q  <= next_q + 1'b1;
          state_q <= UPPER;
        end
        UPPER: begin
          next_q  <= next_q + 1'b1;
          left_q  <= next_q + 1'b1;
          last_q  <= s_axis_tlast;
          then_q  <= SENT;
          state_q <= RESULT;
          if (s_axis_tlast || next_q == FULL) begin
            next_q  <= {COUNT_BITS{1'b0}};
            state_q <= SEND;
          end
        end
        SEND: begin
          if (none_left) next_q <= {COUNT_BITS{1'b0}};
          if (!none_left) state_q <= FETCH;
          else state_q <= last_q ? STATUS : RESULT;
        end
        SENT:    if (out_ready) state_q <= SEND;
        default: if (out_ready) state_q <= IDLE;  // STATUS
      endcase
    end
  end

endmodule

`resetall
