"""Writes the top level of a board: its pins, its PLL, and a core behind a UART."""

import math

from jinja2 import StrictUndefined, Template

from hw_models.errors import InputError
from rtl_sim.board.boards import Board

TOLERANCE = 0.02  # of the rate on the line; trispike_uart_rx takes 2.7 % at least


def divider(core_mhz: float, baud: int) -> int:
    """The cycles of a bit.

    Raises:
        InputError: no number of them gives this rate.
    """
    cycles = core_mhz * 1e6 / baud
    if round(cycles) < 4 or abs(round(cycles) / cycles - 1) > TOLERANCE:
        best = core_mhz * 1e6 / max(4, round(cycles))
        raise InputError(
            f"--baud {baud}: a bit takes {cycles:.2f} cycles at {core_mhz:g} MHz; accepted: a rate "
            f"of which a bit takes a whole number of cycles, 4 at least, such as {best:.0f}"
        )
    return round(cycles)


def generate(board: Board, core_mhz: float, baud: int) -> str:
    """The Verilog of module `board`; it makes its clock with the module `pll`."""
    leds, button = board.pin("led_o"), board.pin("button_i")
    return TEMPLATE.render(
        title=board.title,
        leds=len(leds.sites),
        lit="" if leds.high else "~",
        pressed="" if button.high else "!",
        ones=board.ones,
        clock_in=board.pll_ports[0],
        clock_out=board.pll_ports[1],
        core_mhz=f"{core_mhz:g}",
        baud=baud,
        divider=divider(core_mhz, baud),
        words=board.frame_words,
        patience_bits=math.ceil(math.log2(core_mhz * 1e6)),  # one to two seconds
    )


TEMPLATE = Template(
    """\
// SPDX-License-Identifier: Apache-2.0
// {{ title }}: a core at {{ core_mhz }} MHz, a UART of {{ baud }} baud.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module board #(
  parameter PATIENCE_BITS = {{ patience_bits }}
) (
  input  wire clk_i,
  input  wire rx_i,
  output wire tx_o,
  input  wire button_i,
{% for name in ones %}
  output wire {{ name }},
{% endfor %}
  output wire [{{ leds - 1 }}:0] led_o
);

  wire clk;
  wire locked;
  wire [{{ leds - 1 }}:0] led;

  pll pll (
    .{{ clock_in }}(clk_i),
    .{{ clock_out }}(clk),
    .locked(locked)
  );

  trispike_board #(
    .DIVIDER      ({{ divider }}),
    .WORDS        ({{ words }}),
    .PATIENCE_BITS(PATIENCE_BITS),
    .LEDS         ({{ leds }})
  ) board (
    .clk    (clk),
    .ready_i(locked && !({{ pressed }}button_i)),
    .rx_i   (rx_i),
    .tx_o   (tx_o),
    .led_o  (led)
  );

  assign led_o = {{ lit }}led;
{% for name in ones %}
  assign {{ name }} = 1'b1;
{% endfor %}

endmodule

`resetall
""",
    undefined=StrictUndefined,
    trim_blocks=True,
    keep_trailing_newline=True,
)
