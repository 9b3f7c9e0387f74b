"""What a board has around the core: no frame may be lost, changed, doubled or done in part."""

from tests.mutation.killers import Around, Elaborated, Equivalent
from tests.mutation.mutant import kept, of_module

BYTES_IN, BYTES_OUT = Around("uart_rx"), Around("uart_tx")
FRAMES_IN, FRAMES_OUT, CHECK = Around("frame_rx"), Around("frame_tx"), Around("crc32")
BRIDGE, WHOLE = Around("uart_bridge"), Around("board")

UART_RX = {
    "bits come highest first": (
        "{line, bits_q[7:1]}", "{bits_q[6:0], line}", BYTES_IN, Around("uart_rx, 17 cycles"),
    ),
    "a bit is read a cycle late": (
        "(DIVIDER - 1) / 2 - 1", "DIVIDER / 2 - 1", BYTES_IN, Around("uart_rx, 6 cycles"),
    ),
    "a bit is read a cycle early": (
        "(DIVIDER - 1) / 2 - 1", "(DIVIDER - 1) / 2 - 2", Around("uart_rx, 5 cycles"),
        Around("uart_rx, 17 cycles"),
    ),
    "a bit takes a cycle more": ("BIT = DIVIDER - 1", "BIT = DIVIDER", Around("uart_rx, 5 cycles")),
    "a bit takes a cycle less": ("BIT = DIVIDER - 1", "BIT = DIVIDER - 2", BYTES_IN),
    "a pulse is a start": ("line ? IDLE : BITS", "BITS", BYTES_IN),
    "a byte has seven bits": ("left_q  <= 3'd7;", "left_q  <= 3'd6;", BYTES_IN),
    "a low stop bit is one of a byte": (
        "line && left_q == 3'd7;\n          error", "left_q == 3'd7;\n          error", BYTES_IN,
    ),
    "a break is many errors": ("!line && left_q == 3'd7", "!line", BYTES_IN),
    "an error is not told": ("!line && left_q == 3'd7", "1'b0", BYTES_IN),
    "a byte comes when a break ends": (
        "left_q  <= 3'd0;\n        end\n", "\n        end\n", BYTES_IN,
    ),
    "a break is bytes of zeros": (
        "if (line) state_q <= IDLE;\n", "if (!line || line) state_q <= IDLE;\n", BYTES_IN,
    ),
    "the end of a break is seen late": (
        "else count_q <= {COUNT_BITS{1'b0}};", "", Around("uart_rx, 17 cycles"),
    ),
    "a reset takes the line to be high": ("3'b000", "3'b111", BYTES_IN),
    "a reset begins in the middle of a byte": (
        "state_q <= STOP;  // begins", "state_q <= IDLE;  // begins", BYTES_IN,
    ),
    "a reset does not end a byte": (
        "state_q <= STOP;  // begins", "if (^state_q === 1'bx) state_q <= STOP;  // begins",
        BYTES_IN,
    ),
    "a byte that a reset cuts is there": (
        "left_q  <= 3'd0;\n    end else if", "\n    end else if", BYTES_IN,
    ),
    "a byte is there for more than a cycle": ("valid_o <= 1'b0;", "", BYTES_IN),
    "an error is there for more than a cycle": ("error_o <= 1'b0;", "", BYTES_IN),
    "the line is a flip-flop early": ("line_q[2];", "line_q[1];", BYTES_IN),
    "a bit takes less than four cycles": (
        "DIVIDER < 4", "DIVIDER < 3", Elaborated("uart_rx_DIVIDER_is_less_than_4"),
    ),
}  # fmt: skip

UART_TX = {
    "a bit takes a cycle less": ("BIT = DIVIDER - 1", "BIT = DIVIDER - 2", BYTES_OUT),
    "a bit takes a cycle more": ("BIT = DIVIDER - 1", "BIT = DIVIDER", Around("uart_tx, 7 cycles")),
    "there is no stop bit": ("left_q <= 4'd10", "left_q <= 4'd9", BYTES_OUT),
    "there are two stop bits": ("left_q <= 4'd10", "left_q <= 4'd11", BYTES_OUT),
    "there is no start bit": ("{1'b1, byte_i, 1'b0}", "{1'b1, byte_i, 1'b1}", BYTES_OUT),
    "bits go highest first": (
        "{1'b1, byte_i, 1'b0}",
        "{1'b1, byte_i[0], byte_i[1], byte_i[2], byte_i[3], byte_i[4], byte_i[5], byte_i[6], "
        "byte_i[7], 1'b0}",
        BYTES_OUT,
    ),
    "the line is low between bytes": ("{1'b1, bits_q[9:1]}", "{1'b0, bits_q[9:1]}", BYTES_OUT),
    "the line is low in reset": ("10'h3ff", "10'h000", BYTES_OUT),
    "a byte goes on in a reset": (*kept("bits_q", "10'h3ff"), BYTES_OUT),
    "a reset does not end a byte": (*kept("left_q", "4'd0"), BYTES_OUT),
    "the stop bit is cut": ("ready_o = left_q == 4'd0", "ready_o = left_q <= 4'd1", BYTES_OUT),
    "the start bit is long": (
        "      count_q <= BIT;\n      if (valid_i)", "      if (valid_i)", BYTES_OUT,
    ),
}  # fmt: skip

CRC32 = {
    "another polynomial": ("32'hedb88320", "32'hedb88321", CHECK),
    "it begins with 0": ("32'hffffffff", "32'h00000000", CHECK),
    "the highest bit goes first": ("crc_q[0] ^ bits_q[0]", "crc_q[0] ^ bits_q[7]", CHECK),
    "bytes do not matter": ("crc_q[0] ^ bits_q[0]", "crc_q[0]", CHECK),
    "a byte has seven bits": ("left_q <= 4'd8", "left_q <= 4'd7", CHECK),
    "a byte goes on in a new frame": (
        "32'hffffffff;\n      left_q <= 4'd0;", "32'hffffffff;", CHECK,
    ),
}  # fmt: skip

FRAME_RX = {
    "another flag": ("FLAG = 8'h7e", "FLAG = 8'h7f", FRAMES_IN),
    "another escape": ("ESCAPE = 8'h7d", "ESCAPE = 8'h7c", FRAMES_IN),
    "another check": ("32'hdebb20e3", "32'hdebb20e2", FRAMES_IN),
    "the check does not matter": ("&& crc == RIGHT", "", FRAMES_IN),
    "escaped bytes are not restored": ("byte_i ^ 8'h20", "byte_i", FRAMES_IN),
    "an escape is a byte": ("(byte_i != ESCAPE || escaped_q)", "1'b1", FRAMES_IN),
    "no escape follows one": (
        "data = valid_i && !flag && (byte_i != ESCAPE || escaped_q)",
        "data = valid_i && !flag && byte_i != ESCAPE", FRAMES_IN,
    ),
    "two escapes are two": ("byte_i == ESCAPE && !escaped_q;", "byte_i == ESCAPE;", FRAMES_IN),
    "a word's last byte is its lowest": ("{plain, early_q}", "{early_q, plain}", FRAMES_IN),
    "a word's bytes are swapped": (
        "{plain, early_q[23:8]}", "{early_q[15:0], plain}", FRAMES_IN,
    ),
    "a word is written a byte early": ("length_q[1:0] == 2'd3", "length_q[1:0] == 2'd2", FRAMES_IN),
    "a word too many begins the buffer again": ("&& !full", "", Equivalent(
        "a frame that is too long is dropped, and what the buffer has then is of no use",
    )),
    "a frame that is too long is taken": (
        "if (full) bad_q <= 1'b1;", "if (full) bad_q <= 1'b0;", FRAMES_IN,
    ),
    "the longest frame is half as long": (
        "= length_q[WORD_BITS+2];", "= length_q[WORD_BITS+1];", FRAMES_IN,
    ),
    "a frame is written while the buffer is in use": (
        "data && !full && !busy_i &&", "data && !full &&", FRAMES_IN,
    ),
    "a frame ends while the buffer is in use": (
        "!escaped_q && !busy_i &&", "!escaped_q &&", FRAMES_IN,
    ),
    "a frame has a part that came while the buffer was in use": (
        "if (busy_i) bad_q <= 1'b1;", "", FRAMES_IN,
    ),
    "a frame has half a word": ("whole = length_q[1:0] == 2'd0 &&", "whole =", FRAMES_IN),
    "a check alone is a frame": (
        "length_q[WORD_BITS+2:3] != {WORD_BITS{1'b0}}",
        "length_q[WORD_BITS+2:2] != {WORD_BITS+1{1'b0}}", FRAMES_IN,
    ),
    "a broken byte does not matter": ("whole && !bad_q", "whole", FRAMES_IN),
    "an abort does not matter": ("&& !escaped_q && !busy_i", "&& !busy_i", FRAMES_IN),
    "the check is one of the words": ("[WORD_BITS+1:2] - 1'b1", "[WORD_BITS+1:2]", FRAMES_IN),
    "what is dropped is not counted": (
        "dropped_o <= dropped_o + 1'b1", "dropped_o <= dropped_o", FRAMES_IN,
    ),
    "each frame is counted": ("if (!right && (", "if ((", FRAMES_IN),
    "each flag is counted": (
        "(length_q != {WORD_BITS + 3{1'b0}} || bad_q)", "1'b1", FRAMES_IN,
    ),
    "a broken byte alone is not counted": ("{1'b0}} || bad_q", "{1'b0}}", FRAMES_IN),
    "the count outlives a reset": (*kept("dropped_o", "16'd0"), FRAMES_IN),
    "bytes outlive a reset": (
        "if (!rst_n) begin\n      length_q  <= {WORD_BITS + 3{1'b0}};",
        "if (!rst_n) begin\n      if (^length_q === 1'bx) length_q <= {WORD_BITS + 3{1'b0}};",
        FRAMES_IN,
    ),
    "a broken byte outlives a reset": (
        "bad_q     <= 1'b0;\n      escaped_q <= 1'b0;\n      begin_q   <= 1'b1;\n      dropped",
        "bad_q     <= bad_q === 1'bx ? 1'b0 : bad_q;\n      escaped_q <= 1'b0;\n      "
        "begin_q   <= 1'b1;\n      dropped", FRAMES_IN,
    ),
    "an escape outlives a reset": (
        "escaped_q <= 1'b0;\n      begin_q   <= 1'b1;\n      dropped",
        "escaped_q <= escaped_q === 1'bx ? 1'b0 : escaped_q;\n      "
        "begin_q   <= 1'b1;\n      dropped",
        FRAMES_IN,
    ),
    "the check outlives a reset": (
        "begin_q   <= 1'b1;\n      dropped", "begin_q   <= ^crc === 1'bx;\n      dropped",
        FRAMES_IN,
    ),
    "a broken byte outlives its frame": (
        "bad_q     <= 1'b0;\n      escaped_q <= 1'b0;\n      begin_q   <= 1'b1;\n      //",
        "escaped_q <= 1'b0;\n      begin_q   <= 1'b1;\n      //", FRAMES_IN,
    ),
    "an escape outlives its frame": (
        "escaped_q <= 1'b0;\n      begin_q   <= 1'b1;\n      //", "begin_q   <= 1'b1;\n      //",
        FRAMES_IN,
    ),
    "the check outlives its frame": (
        "begin_q   <= 1'b1;\n      //", "begin_q   <= 1'b0;\n      //", FRAMES_IN,
    ),
    "a frame is there for more than a cycle": ("    frame_o <= 1'b0;\n", "", FRAMES_IN),
    "the buffer is of any size": (
        "(WORDS & (WORDS - 1)) != 0", "1'b0",
        Elaborated("frame_rx_WORDS_is_no_power_of_two_from_4_on"),
    ),
}  # fmt: skip

FRAME_TX = {
    "another flag": ("FLAG = 8'h7e", "FLAG = 8'h7f", FRAMES_OUT),
    "an escape is not escaped": (
        "(next == FLAG || next == ESCAPE)", "(next == FLAG)", FRAMES_OUT,
    ),
    "a flag is not escaped": ("(next == FLAG || next == ESCAPE)", "(next == ESCAPE)", FRAMES_OUT),
    "a byte is escaped again and again": (
        "next == ESCAPE) && !escaped_q", "next == ESCAPE)", FRAMES_OUT,
    ),
    "an escaped byte is not flipped": ("next ^ 8'h20", "next", FRAMES_OUT),
    "a byte is replaced while it waits": ("!valid_o || ready_i", "1'b1", FRAMES_OUT),
    "a byte waits for the one before": ("!valid_o || ready_i", "!valid_o", Equivalent(
        "only slower: a byte follows a cycle after the one before it was taken, and each waits for "
        "the line for much longer",
    )),
    "a byte overtakes the check": (
        "free && !busy && left_q != 3'd0", "free && left_q != 3'd0", FRAMES_OUT,
    ),
    "the check is sent before it is done": (
        "last_q && free && !busy", "last_q && free", FRAMES_OUT,
    ),
    "escapes count in the check": ("send && !escape && state_q", "send && state_q", FRAMES_OUT),
    "the check counts in itself": ("!escape && state_q == WORDS", "!escape", Equivalent(
        "what the check makes of its own bytes is cleared as the next frame opens",
    )),
    "the check is not inverted": ("bytes_q <= ~crc", "bytes_q <= crc", FRAMES_OUT),
    "a check has three bytes": (
        "~crc;\n          left_q  <= 3'd4", "~crc;\n          left_q  <= 3'd3", FRAMES_OUT,
    ),
    "a word has three bytes": (
        "word_i;\n        left_q  <= 3'd4", "word_i;\n        left_q  <= 3'd3", FRAMES_OUT,
    ),
    "a word's highest byte goes first": (
        "next = bytes_q[7:0]", "next = bytes_q[31:24]", FRAMES_OUT,
    ),
    "a word of the next frame goes behind the last one": (
        "left_q == 3'd0 && !last_q;", "left_q == 3'd0;", FRAMES_OUT,
    ),
    "a frame ends before its last word": ("last_q  <= last_i", "last_q  <= 1'b1", FRAMES_OUT),
    "a frame after the first has no words": (
        "        last_q  <= 1'b0;\n        state_q", "        state_q", FRAMES_OUT,
    ),
    "a frame opens for nothing": ("BETWEEN && valid_i && free", "BETWEEN && free", FRAMES_OUT),
    "the opening flag replaces the closing one": (
        "BETWEEN && valid_i && free", "BETWEEN && valid_i", FRAMES_OUT,
    ),
    "a frame does not close": (
        "byte_o  <= FLAG;\n          valid_o <= 1'b1;\n          state_q",
        "state_q", FRAMES_OUT,
    ),
    "the check goes on from frame to frame": (".begin_i(opens)", ".begin_i(!rst_n)", FRAMES_OUT),
    "a frame outlives a reset": (*kept("state_q  ", "BETWEEN"), FRAMES_OUT),
    "a word outlives a reset": (
        "left_q    <= 3'd0;", "left_q    <= ^left_q === 1'bx ? 3'd0 : left_q;", FRAMES_OUT,
    ),
    "the end of a frame outlives a reset": (
        "last_q    <= 1'b0;", "last_q    <= last_q === 1'bx ? 1'b0 : last_q;", Equivalent(
            "it is cleared as the next frame opens, and before that nothing looks at it",
        ),
    ),
    "an escape outlives a reset": (
        "escaped_q <= 1'b0;", "escaped_q <= escaped_q === 1'bx ? 1'b0 : escaped_q;", FRAMES_OUT,
    ),
    "a byte outlives a reset": (
        "valid_o   <= 1'b0;", "valid_o   <= valid_o === 1'bx ? 1'b0 : valid_o;", FRAMES_OUT,
    ),
    "a byte goes twice": ("if (ready_i) valid_o <= 1'b0;", "", FRAMES_OUT),
}  # fmt: skip

UART_BRIDGE = {
    "an answer has a word less": (
        "assign out_last = state_q == STATUS", "assign out_last = state_q == HEAD", BRIDGE,
    ),
    "an answer to INFO has another number": ("got_q   <= WORDS;", "got_q   <= WORDS - 2;", BRIDGE),
    "INFO reads registers too": ("reads_q <= 10'd0;", "reads_q <= word_q[9:0];", BRIDGE),
    "the answer's head has command and tag in the other order": (
        "dropped, word_q[15:0]", "dropped, word_q[7:0], word_q[15:8]", BRIDGE,
    ),
    "the answer's head does not count": ("dropped, word_q[15:0]", "16'd0, word_q[15:0]", BRIDGE),
    "the address is the command's": ("word_q[27:16]", "word_q[19:8]", BRIDGE),
    "the next register is a byte on": ("address_q + 12'd4", "address_q + 12'd1", BRIDGE),
    "a register is read too often": (
        "state_q <= reads_q == 10'd0", "state_q <= reads_q == 10'h3ff", BRIDGE,
    ),
    "no register is asked for": ("if (state_q == COUNT && reads_q != 10'd0)", "if (1'b0)", BRIDGE),
    "a register is asked for once more": (
        "if (state_q == COUNT && reads_q != 10'd0)", "if (state_q == COUNT)", BRIDGE,
    ),
    "a register's value is an earlier one's": (
        "got_q     <= m_axil_rdata;", "if (out_ready) got_q <= m_axil_rdata;", BRIDGE,
    ),
    "a read does not wait for its answer": (
        "ASKED: if (m_axil_rvalid)", "ASKED: if (1'b1)", BRIDGE,
    ),
    "a read that is refused is not told": ("if (m_axil_rresp != 2'd0)", "if (1'b0)", BRIDGE),
    "a write that is refused is not told": ("if (m_axil_bresp != 2'd0)", "if (1'b0)", BRIDGE),
    "a refusal is told of the last access only": (
        "if (m_axil_rresp != 2'd0) status_q <= REFUSED;",
        "status_q <= m_axil_rresp != 2'd0 ? REFUSED : DONE;", BRIDGE,
    ),
    "a write does not wait for its answer": (
        "WRITTEN: if (m_axil_bvalid)", "WRITTEN: if (m_axil_wready)", BRIDGE,
    ),
    "a write's data comes without its address": (
        "{m_axil_awvalid, m_axil_wvalid} <= 2'b11", "m_axil_wvalid <= 1'b1", BRIDGE,
    ),
    "a write's address goes when its data is taken": (
        "if (m_axil_awready) m_axil_awvalid", "if (m_axil_wready) m_axil_awvalid", BRIDGE,
    ),
    "a write's data goes when its address is taken": (
        "if (m_axil_wready) m_axil_wvalid", "if (m_axil_awready) m_axil_wvalid", BRIDGE,
    ),
    "a write's data stays when it is taken": (
        "if (m_axil_wready) m_axil_wvalid <= 1'b0;", "", BRIDGE,
    ),
    "a read's address stays when it is taken": (
        "if (m_axil_arready) m_axil_arvalid <= 1'b0;", "", BRIDGE,
    ),
    "a write's valid does not stay": (
        "if (m_axil_awready) m_axil_awvalid <= 1'b0;", "m_axil_awvalid <= 1'b0;", BRIDGE,
    ),
    "a word is asked for while the core takes it": (
        "(state_q == ACT && command_q == WRITE)", "(state_q == ACT)", BRIDGE,
    ),
    "answers to writes are not taken": ("m_axil_bready = 1'b1", "m_axil_bready = 1'b0", BRIDGE),
    "answers to reads are not taken": ("m_axil_rready = 1'b1", "m_axil_rready = 1'b0", BRIDGE),
    "tlast is a bit of the word as well": (
        "{word_q[31:TLAST+1], 1'b0, word_q[TLAST-1:0]}", "word_q", BRIDGE, WHOLE,
    ),
    "the bits above tlast are lost": ("{word_q[31:TLAST+1], 1'b0,", "{4'd0, 1'b0,", BRIDGE),
    "tlast is the next bit": (
        "m_axis_tlast  = word_q[TLAST]", "m_axis_tlast  = word_q[TLAST+1]", BRIDGE,
    ),
    "words follow tlast to the core": (
        "command_q == STREAM && !last_q;", "command_q == STREAM;", BRIDGE,
    ),
    "words that follow tlast are not refused": (
        "if (last_q) begin\n                status_q <= REFUSED;", "if (last_q) begin", BRIDGE,
    ),
    "a word goes when the core does not take it": (
        "else if (m_axis_tready) begin", "else begin", BRIDGE,
    ),
    "each word counts as the last one": ("last_q  <= m_axis_tlast;", "last_q  <= 1'b1;", BRIDGE),
    "the output is not waited for": (
        "last_q && command_q == STREAM ? RESULT : STATUS", "STATUS", BRIDGE,
    ),
    "the output is waited for without tlast": (
        "last_q && command_q == STREAM ? RESULT", "command_q == STREAM ? RESULT", BRIDGE,
    ),
    "a frame's tlast is the next one's": ("          last_q   <= 1'b0;\n", "", BRIDGE),
    "a sample's tlast is another command's": (
        "last_q && command_q == STREAM ?", "last_q ?",
        Equivalent(
        "no other command sets last_q",
    ),
    ),
    "the upper half goes first": (
        "kept          = state_q == UPPER", "kept          = state_q != UPPER", BRIDGE,
    ),
    "the core's output is taken with its lower half": (
        "s_axis_tready = state_q == UPPER", "s_axis_tready = state_q == RESULT", BRIDGE,
    ),
    "the output begins before it comes": (
        "RESULT: if (s_axis_tvalid) begin", "RESULT: begin", BRIDGE,
    ),
    "the buffer keeps what has not come": (
        "keep          = s_axis_tvalid && (", "keep          = (",
        Equivalent(
        "what is written before valid is written again, in the same place, with it",
    ),
    ),
    "each word of the output waits for the line": (
        "if (s_axis_tlast || next_q == FULL)", "if (1'b1)", BRIDGE,
    ),
    "the output does not end when the buffer is full": (
        "if (s_axis_tlast || next_q == FULL)", "if (s_axis_tlast)", BRIDGE,
    ),
    "the buffer is full one word late": ("FULL = WORDS - 3", "FULL = WORDS - 1", BRIDGE),
    "the buffer is full one word early": ("FULL = WORDS - 3", "FULL = WORDS - 5", BRIDGE),
    "a longer output is cut": ("last_q ? STATUS : RESULT", "STATUS", BRIDGE),
    "the output goes on behind tlast": (
        "last_q ? STATUS : RESULT", "last_q && none_left ? RESULT : STATUS", BRIDGE,
    ),
    "a part of the output is sent from its second word": (
        "if (s_axis_tlast || next_q == FULL) begin\n            next_q  <= {COUNT_BITS{1'b0}};",
        "if (s_axis_tlast || next_q == FULL) begin\n            next_q  <= 1;", BRIDGE,
    ),
    "a part of the output is written behind the one before": (
        "SEND: begin\n          if (none_left) next_q <= {COUNT_BITS{1'b0}};", "SEND: begin",
        BRIDGE,
    ),
    "the output is written behind the frame": (
        "REFUSED;\n          if (none_left) next_q <= {COUNT_BITS{1'b0}};", "REFUSED;", BRIDGE,
    ),
    "the output has a word less": ("left_q  <= next_q + 1'b1", "left_q  <= next_q", BRIDGE),
    "a word goes out twice": (
        "SENT:    if (out_ready) state_q <= SEND", "SENT:    state_q <= SEND", BRIDGE,
    ),
    "a word of a frame is not done": (
        "left_q   <= frame_words", "left_q   <= frame_words - 1'b1", BRIDGE,
    ),
    "a frame begins with its second word": (
        "IDLE: begin\n          next_q   <= {COUNT_BITS{1'b0}};",
        "IDLE: begin\n          next_q   <= 1;", BRIDGE,
    ),
    "the head's words are acted on": ("then_q   <= HEAD", "then_q   <= ACT", BRIDGE),
    "an unknown command is done": ("if (!known) status_q <= REFUSED;", "", BRIDGE),
    "a refusal outlives its frame": (
        "          status_q <= DONE;\n", "          if (^status_q === 1'bx) status_q <= DONE;\n",
        BRIDGE,
    ),
    "the answer's head does not wait": (
        "          if (out_ready) state_q <= NEXT;", "          state_q <= NEXT;", BRIDGE,
    ),
    "the status does not wait": ("default: if (out_ready) state_q", "default: state_q", BRIDGE),
    "a frame may come while one is worked on": (
        ".busy_i   (!idle || frame)", ".busy_i   (frame)", BRIDGE,
    ),
    "a frame may come as the last one is seen": (
        ".busy_i   (!idle || frame)", ".busy_i   (!idle)",
        Equivalent(
        "a byte takes ten bits on the line, and the cycle is the one after a flag",
    ),
    ),
    "the buffer is written where it is read": ("[write ? write_addr : next_q]", "[next_q]", BRIDGE),
    "the buffer is read all the time": ("if (fetch) word_q", "word_q", BRIDGE),
    "the core waits for ever": ("late = waits && (&patience_q)", "late = 1'b0", BRIDGE),
    "the core is reset while the line is slow": (
        "late = waits && (&patience_q)", "late = (&patience_q)",
        Equivalent(
        "patience_q is 0 where nothing waits",
    ),
    ),
    "a step's patience is the last one's rest": (
        "waits ? patience_q + 1'b1 : {PATIENCE_BITS{1'b0}}",
        "rst_n ? patience_q + waits : {PATIENCE_BITS{1'b0}}", BRIDGE,
    ),
    "its input is waited for without end": ("waits = m_axis_tvalid || ", "waits = ", BRIDGE),
    "a write is waited for without end": ("|| state_q == WRITTEN", "", BRIDGE),
    "a read is waited for without end": ("|| state_q == ASKED", "", BRIDGE),
    "the output is waited for without end": ("|| state_q == RESULT;", ";", BRIDGE, WHOLE),
    "the wait is half as long": ("(&patience_q)", "(&patience_q[PATIENCE_BITS-2:0])", BRIDGE),
    "a late core is not reset": (
        "core_rst_n <= rst_n && !late", "core_rst_n <= rst_n", BRIDGE, WHOLE,
    ),
    "a late core is reset a cycle early": (
        "core_rst_n <= rst_n && !late",
        "core_rst_n <= rst_n && !(&patience_q[PATIENCE_BITS-1:1] && waits)", BRIDGE,
    ),
    "the core is not reset": ("core_rst_n <= rst_n && !late", "core_rst_n <= !late", BRIDGE),
    "valid is high in the core's reset": ("if (!rst_n || late) begin", "if (!rst_n) begin", BRIDGE),
    "valid outlives a reset": ("if (!rst_n || late) begin", "if (late) begin", BRIDGE),
    "a late core is told to be done": ("status_q <= LATE", "status_q <= DONE", BRIDGE, WHOLE),
    "a late core's frame goes on": (
        "status_q <= LATE;\n      state_q  <= STATUS;",
        "status_q <= LATE;\n      state_q  <= NEXT;", BRIDGE,
    ),
    "work outlives a reset": (
        "state_q <= IDLE;\n    end else if",
        "if (^state_q === 1'bx) state_q <= IDLE;\n    end else if", BRIDGE,
    ),
}  # fmt: skip

BOARD = {
    "reads are of the address of writes": (
        ".s_axil_araddr (araddr)", ".s_axil_araddr (awaddr)",
        Equivalent(
        "the bridge has one address for both",
    ),
    ),
    "writes have no bytes": ("(4'hf)", "(4'h0)", WHOLE),
    "an answer to a write is one to a read": (
        ".s_axil_bresp  (bresp)", ".s_axil_bresp  (rresp)", WHOLE,
    ),
    "a read's ready is a write's": (".s_axil_arready(arready)", ".s_axil_arready(awready)", WHOLE),
    "a write's data is an address": (
        ".s_axil_wdata  (wdata)", ".s_axil_wdata  ({20'd0, awaddr})", WHOLE,
    ),
    "tlast does not reach the core": (".s_axis_tlast  (in_tlast)", ".s_axis_tlast  (1'b0)", WHOLE),
    "the core's output ends with each word": (
        ".s_axis_tlast  (out_tlast)", ".s_axis_tlast  (1'b1)", WHOLE,
    ),
    "the core is not reset when it is late": (
        ".rst_n         (core_rst_n)", ".rst_n         (rst_n)", WHOLE,
    ),
    "the clock is not waited for": ("&ready_q[3:1]", "1'b1", WHOLE),
    "what is not in step resets": ("&ready_q[3:1]", "&ready_q", WHOLE),
    "it is not in reset at first": ("initial ready_q = 4'd0", "initial ready_q = 4'hf", WHOLE),
    "lights show the lowest bits of a logit": (
        "out_tdata[48+:LEDS-1]", "out_tdata[0+:LEDS-1]", WHOLE,
    ),
    "lights change with each word": ("out_tready && out_tlast)", "out_tready)", WHOLE),
    "lights change before the core's word is taken": (
        "out_tvalid && out_tready && out_tlast", "out_tvalid && out_tlast", WHOLE,
    ),
    "the highest light stays": ("!led_o[LEDS-1];", "led_o[LEDS-1];", WHOLE),
    "lights outlive a reset": (*kept("led_o", "{LEDS{1'b0}}"), WHOLE),
    "the bridge waits longer": (
        ".PATIENCE_BITS(PATIENCE_BITS)", ".PATIENCE_BITS(PATIENCE_BITS + 4)", WHOLE,
    ),
    "the line has another rate": (".DIVIDER      (DIVIDER)", ".DIVIDER      (DIVIDER + 1)", WHOLE),
    "the buffer is smaller": (".WORDS        (WORDS)", ".WORDS        (WORDS / 2)", WHOLE),
}  # fmt: skip

MUTANTS = [
    mutant
    for module, errors in {
        "uart_rx": UART_RX,
        "uart_tx": UART_TX,
        "crc32": CRC32,
        "frame_rx": FRAME_RX,
        "frame_tx": FRAME_TX,
        "uart_bridge": UART_BRIDGE,
        "board": BOARD,
    }.items()
    for mutant in of_module(module, errors)
]
