`resetall
`timescale 1ns / 1ps
`default_nettype none

// Bench: drives a stream with the words of a file, a random part of the cycles idle.
//
// A reset starts the file again.
module bench_source #(
  parameter        WIDTH = 33,           // {tlast, tdata}, bits
  parameter        FILE  = "input.bin",  // words in as few bytes as hold them, highest byte first
  parameter [31:0] SEED  = 32'h1         // of the idle cycles, not 0
) (
  input  wire             clk,
  input  wire             rst_n,
  input  wire [7:0]       idle_i,        // of 256 cycles
  output reg              valid_o,
  output reg  [WIDTH-1:0] word_o,
  input  wire             ready_i
);

  localparam BYTES = (WIDTH + 7) / 8;

  integer           file;
  integer           found;
  reg               more;
  reg [WIDTH-1:0]   next;
  reg [31:0]        lfsr_q = SEED;

  task restart;
    begin
      file  = $fopen(FILE, "rb");
      found = $fread(next, file);
      more  = found == BYTES;
    end
  endtask

  initial restart;

  always @(posedge clk) begin
    lfsr_q <= {lfsr_q[30:0], lfsr_q[31] ^ lfsr_q[21] ^ lfsr_q[1] ^ lfsr_q[0]};
    if (!rst_n) begin
      $fclose(file);
      restart;
      valid_o <= 1'b0;
    end else if (!valid_o || ready_i) begin
      valid_o <= 1'b0;
      if (more && lfsr_q[7:0] >= idle_i) begin
        valid_o <= 1'b1;
        word_o  <= next;
        found = $fread(next, file);
        more  = found == BYTES;
      end
    end
  end

endmodule

`resetall
