"""Options of the commands that are about a board."""

import click

from rtl_sim.board.boards import BAUD as DEFAULT_BAUD
from rtl_sim.board.boards import BOARDS

CLOCKS = ", ".join(
    f"{board.core_mhz:g} on {name}" for name, board in BOARDS.items() if "-" not in name
)
CLOCK = click.option(
    "--clock",
    "core_mhz",
    type=click.FloatRange(min=0, min_open=True),
    help=f"The core's clock in MHz. [default: {CLOCKS}]",
)
BAUD = click.option(
    "--baud",
    type=click.IntRange(min=1),
    default=DEFAULT_BAUD,
    show_default=True,
    help="The rate of the UART in bits a second.",
)
