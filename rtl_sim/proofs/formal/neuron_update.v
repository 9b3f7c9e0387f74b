// SPDX-License-Identifier: Apache-2.0
`resetall
`timescale 1ns / 1ps
`default_nettype none

// trispike_leak and trispike_neuron (for a readout, the sum), joined as in trispike_update, are
// compared with the text of docs/semantics.md, section 2.
//
// The inputs are those of one neuron: of the channel and time step that `row_i` names in the
// table, with any membrane that the steps before can leave and any current that the weights allow.
// The specification computes in WIDE bits, in which nothing can overflow, so equality also means
// that nothing overflows in the Verilog. The next membrane must lie in the next step's interval,
// which makes this an induction over the time steps that begins with v = 0.
module neuron_update #(
  parameter       ROWS           = 1,
  parameter       ROW_BITS       = 1,
  parameter       WIDE           = 32,     // holds all numbers, at least LEAK_BITS + 2
  parameter       CURRENT_BITS   = 12,
  parameter       BIAS_BITS      = 8,
  parameter       THRESHOLD_BITS = 8,
  parameter       P_BITS         = 12,
  parameter       V_BITS         = 10,
  parameter       LEAK_BITS      = 12,
  parameter       K              = 2,
  parameter       M              = 1,      // tau = M / 2**K
  parameter [10:0] PLUS          = 11'b1,
  parameter [10:0] MINUS         = 11'b0,
  parameter       TERNARY        = 1,
  parameter       SOFT_RESET     = 0,
  parameter       READOUT        = 0,
  parameter       NEGATIVE       = 1,      // 0: no membrane is ever below 0
  parameter       NO_MEMORY      = 0
) (
  input wire        [ROW_BITS-1:0]     row_i,
  input wire signed [WIDE-1:0]         v_i,
  input wire signed [WIDE-1:0]         current_i,
  input wire                           first_i
);

  // --- the table and the assumptions -----------------------------------------------------------

  // {M * v before hi, lo, v after hi, lo, v before hi, lo, i hi, lo, threshold, bias}
  reg [10*WIDE-1:0] table [0:ROWS-1];
  initial $readmemh("table.mem", table);

  wire [10*WIDE-1:0]     word        = table[row_i];
  wire signed [WIDE-1:0] bias        = word[0*WIDE+:WIDE];
  wire signed [WIDE-1:0] v_threshold = word[1*WIDE+:WIDE];
  wire signed [WIDE-1:0] i_lo        = word[2*WIDE+:WIDE];
  wire signed [WIDE-1:0] i_hi        = word[3*WIDE+:WIDE];
  wire signed [WIDE-1:0] v_lo        = word[4*WIDE+:WIDE];
  wire signed [WIDE-1:0] v_hi        = word[5*WIDE+:WIDE];
  wire signed [WIDE-1:0] next_lo     = word[6*WIDE+:WIDE];
  wire signed [WIDE-1:0] next_hi     = word[7*WIDE+:WIDE];
  wire signed [WIDE-1:0] product_lo  = word[8*WIDE+:WIDE];
  wire signed [WIDE-1:0] product_hi  = word[9*WIDE+:WIDE];

  // The leak, with M * v as the sum over M's digits, since solvers take hours to find for wide v
  // that two ways to multiply are one.
  localparam signed [WIDE-1:0] ZERO = 0;

  reg signed [WIDE-1:0] product;
  reg        [WIDE-1:0] sum_of_digits;
  integer               e;

  always @* begin
    product       = 0;
    sum_of_digits = 0;
    for (e = 0; e <= K; e = e + 1) begin
      if (PLUS[e]) product = product + (v_i <<< e);
      if (PLUS[e]) sum_of_digits = sum_of_digits + (1 << e);
      if (MINUS[e]) product = product - (v_i <<< e);
      if (MINUS[e]) sum_of_digits = sum_of_digits - (1 << e);
    end
  end

  wire signed [WIDE-1:0] size   = v_i < 0 ? -product : product;  // |v| * M
  wire signed [WIDE-1:0] part   = size >>> K;
  wire signed [WIDE-1:0] leak_v = first_i ? ZERO : v_i < 0 ? -part : part;

  always @* begin
    assume (row_i < ROWS);
    assume (i_lo <= current_i && current_i <= i_hi);
    // In a sample's first step any v may be stored, since it counts as 0.
    assume (first_i || (v_lo <= v_i && v_i <= v_hi));
    // A multiplication by M >= 0 keeps order and sign, which takes solvers as long to find.
    assume (first_i || (product_lo <= product && product <= product_hi));
    assume (first_i || (v_i < 0 ? product <= 0 : product >= 0));
  end

  // --- the Verilog -----------------------------------------------------------------------------

  // Behind the leak, the Verilog goes on with the specification's, which `leaks` shows to be equal.
  wire signed [V_BITS-1:0]         stored = NO_MEMORY != 0 ? {V_BITS{1'b0}} : v_i;
  wire signed [CURRENT_BITS-1:0]   current = current_i;
  wire signed [BIAS_BITS-1:0]      add = bias;
  wire signed [THRESHOLD_BITS-1:0] level = v_threshold;
  wire signed [THRESHOLD_BITS-1:0] limit = level - 1;
  wire signed [V_BITS-1:0]         leaked;
  wire signed [V_BITS-1:0]         masked = leaked & {V_BITS{!first_i}};
  wire signed [P_BITS-1:0]         drive = current + add;
  wire signed [V_BITS-1:0]         leak_fits = leak_v;
  wire signed [P_BITS-1:0]         total = leak_fits + drive;
  wire                             fire;
  wire                             neg;
  wire signed [V_BITS-1:0]         v_next;

  trispike_leak #(
    .V_BITS   (V_BITS),
    .LEAK_BITS(LEAK_BITS),
    .K        (K),
    .PLUS     (PLUS),
    .MINUS    (MINUS)
  ) leak (
    .v_i   (stored),
    .leak_o(leaked)
  );

  generate
    if (READOUT != 0) begin : sum
      assign v_next = total;
      assign fire   = 1'b0;
      assign neg    = 1'b0;
    end else begin : spike
      trispike_neuron #(
        .P_BITS        (P_BITS),
        .V_BITS        (V_BITS),
        .THRESHOLD_BITS(THRESHOLD_BITS),
        .TERNARY       (TERNARY),
        .SOFT_RESET    (SOFT_RESET)
      ) neuron (
        .leaked_i     ({V_BITS{1'b0}}),
        .drive_i      (total),
        .limit_i      (limit),
        .fire_o       (fire),
        .neg_o        (neg),
        .v_o          (v_next)
      );
    end
  endgenerate

  // --- the specification -----------------------------------------------------------------------

  wire signed [WIDE-1:0] p       = leak_v + current_i + bias;
  wire                   s_plus  = READOUT == 0 && p >= v_threshold;
  wire                   s_minus = READOUT == 0 && TERNARY != 0 && p <= -v_threshold;
  wire signed [WIDE-1:0] v_soft  = s_plus ? p - v_threshold : s_minus ? p + v_threshold : p;
  wire signed [WIDE-1:0] v_hard  = s_plus || s_minus ? ZERO : p;
  wire signed [WIDE-1:0] v_spec  = SOFT_RESET != 0 ? v_soft : v_hard;

  // The same numbers in the Verilog's widths; they are equal as long as they fit.
  wire signed [P_BITS-1:0] p_fits     = p;
  wire signed [P_BITS-1:0] drive_spec = current_i + bias;
  wire signed [WIDE-1:0]   drive_wide = current_i + bias;
  wire signed [P_BITS-1:0] plus_fits  = v_threshold;
  wire signed [P_BITS-1:0] minus_fits = -v_threshold;

  always @* begin
    digits:    assert (sum_of_digits == M);
    leaks:     assert (masked == leak_v);
    spikes:    assert (fire == (s_plus || s_minus) && neg == s_minus);
    membrane:  assert (v_next == v_spec);
    p_width:   assert (p_fits == p);
    d_width:   assert (drive_spec == drive_wide && drive == drive_wide);
    th_width:  assert (plus_fits == v_threshold && minus_fits == -v_threshold);
    no_sign:   assert (NEGATIVE != 0 || v_spec >= 0);
    inductive: assert (next_lo <= v_spec && v_spec <= next_hi);
  end

endmodule

`resetall
