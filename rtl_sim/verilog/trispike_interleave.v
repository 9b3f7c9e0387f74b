// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// Joins the engines of one synapse, of which each has every ENGINES-th column of the map: engine e
// has the columns e, e + ENGINES, ... A sweep starts when all of them have all events of the step.
// It goes through the columns in order, and so from engine to engine. To the module behind it the
// engines look like one.
module trispike_interleave #(
  parameter ENGINES = 2,  // engines
  parameter WIDTH   = 5,  // columns of the map
  parameter ROWS    = 1,  // words of a sweep per position
  parameter BITS    = 8,  // bits of a word of currents
  parameter LATENCY = 7   // cycles from a request to its current
) (
  input  wire                    clk,
  input  wire                    rst_n,
  // engines
  input  wire [ENGINES-1:0]      step_valid_i,
  input  wire [ENGINES-1:0]      step_last_i,
  output wire [ENGINES-1:0]      step_next_o,
  input  wire [ENGINES*BITS-1:0] current_i,
  // update
  output wire                    step_valid_o,
  output wire                    step_last_o,
  input  wire                    step_next_i,
  output wire [BITS-1:0]         current_o
);

  // No module has this name, so elaboration refuses an instance with these parameters.
  generate
    if (ENGINES < 2) begin : check_engines
      trispike_interleave_ENGINES_is_less_than_2 error ();
    end
    if (WIDTH < ENGINES) begin : check_width
      trispike_interleave_WIDTH_is_less_than_ENGINES error ();
    end
    if (LATENCY < 2) begin : check_latency
      trispike_interleave_LATENCY_is_less_than_2 error ();
    end
  endgenerate

  localparam ENGINE_BITS = $clog2(ENGINES);
  localparam COLUMN_BITS = $clog2(WIDTH);
  localparam ROW_BITS    = ROWS > 1 ? $clog2(ROWS) : 1;

  localparam [ENGINE_BITS-1:0] ENGINE_FIRST = 0;
  localparam [ENGINE_BITS-1:0] ENGINE_ONE   = 1;
  localparam [ENGINE_BITS-1:0] ENGINE_LAST  = ENGINES - 1;
  localparam [COLUMN_BITS-1:0] COLUMN_FIRST = 0;
  localparam [COLUMN_BITS-1:0] COLUMN_ONE   = 1;
  localparam [COLUMN_BITS-1:0] COLUMN_LAST  = WIDTH - 1;
  localparam [ROW_BITS-1:0]    ROW_FIRST    = 0;
  localparam [ROW_BITS-1:0]    ROW_ONE      = 1;
  localparam [ROW_BITS-1:0]    ROW_LAST     = ROWS - 1;

  reg [ENGINE_BITS-1:0]         engine_q;  // whose turn it is
  reg [COLUMN_BITS-1:0]         column_q;
  reg [ROW_BITS-1:0]            row_q;     // word at the position
  reg [LATENCY*ENGINE_BITS-1:0] turns_q;   // whose turn it was, the newest lowest

  wire row_end    = row_q == ROW_LAST;
  wire column_end = column_q == COLUMN_LAST;

  // A step begins at the first column, and only when it stands in all engines. Within a row of the
  // map the engine whose turn it is has words left, so its step stands, while one that is through
  // with its own may have no further step yet.
  assign step_valid_o = column_q == COLUMN_FIRST && row_q == ROW_FIRST
                      ? &step_valid_i : step_valid_i[engine_q];
  assign step_last_o  = step_last_i[engine_q];

  genvar n;
  generate
    for (n = 0; n < ENGINES; n = n + 1) begin : engine
      localparam [ENGINE_BITS-1:0] OWN = n;

      assign step_next_o[n] = step_next_i && engine_q == OWN;
    end
  endgenerate

  always @(posedge clk) begin
    if (!rst_n) begin
      engine_q <= ENGINE_FIRST;
      column_q <= COLUMN_FIRST;
      row_q    <= ROW_FIRST;
    end else if (step_next_i) begin
      row_q <= row_end ? ROW_FIRST : row_q + ROW_ONE;
      if (row_end) begin
        column_q <= column_end ? COLUMN_FIRST : column_q + COLUMN_ONE;
        engine_q <= column_end || engine_q == ENGINE_LAST ? ENGINE_FIRST : engine_q + ENGINE_ONE;
      end
    end
    turns_q <= {turns_q[(LATENCY-1)*ENGINE_BITS-1:0], engine_q};
  end

  wire [ENGINE_BITS-1:0] turn = turns_q[(LATENCY-1)*ENGINE_BITS+:ENGINE_BITS];
  reg  [BITS-1:0]        current;
  integer                s;

  // This selects an engine; an index that is computed would be a multiplication.
  always @* begin
    current = current_i[BITS-1:0];
    for (s = 1; s < ENGINES; s = s + 1) if (turn == s) current = current_i[s*BITS+:BITS];
  end

  assign current_o = current;

endmodule

`resetall
