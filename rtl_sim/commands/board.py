"""`python -m rtl_sim board`: samples on a board, or on its simulation."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hw_models import progress
from hw_models.cli import command, keeping
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.options import JSON, Giver
from rtl_sim.board import bitstream, port, regression, simulated
from rtl_sim.board.boards import BOARDS
from rtl_sim.board.regression import Regression
from rtl_sim.commands.board_options import BAUD, CLOCK
from rtl_sim.commands.options import (
    FOLDER,
    LIBRARY_OPTION,
    SAMPLES,
    log_kept,
    opened,
    sim_option,
    status_of,
)


@command("board", "build/digits --port /dev/ttyUSB0")
@click.argument("folder", type=FOLDER)
@click.option("--port", "port_name", metavar="PORT", help="The serial port, such as /dev/ttyUSB0.")
@click.option(
    "--simulate",
    type=click.Choice(list(BOARDS)),
    help="Simulate this board, bit by bit through its UART, instead of using a port.",
)
@click.option(
    "--netlist",
    is_flag=True,
    help="Simulate what Yosys makes of the board (only those with an ECP5).",
)
@click.option(
    "--load",
    "loaded",
    type=FOLDER,
    help="First load the network of the build in this folder, of which `python -m compiler load` "
    "has written the register writes.",
)
@CLOCK
@BAUD
@SAMPLES
@sim_option("verilator")
@LIBRARY_OPTION
@JSON
def board_command(
    folder: Path,
    port_name: str | None,
    simulate: str | None,
    netlist: bool,
    loaded: Path | None,
    core_mhz: float | None,
    baud: int,
    samples: int,
    sim: str,
    library: Path | None,
    give_json: Giver,
) -> int:
    """Run samples on a board with the build in FOLDER.

    The board has the bitstream of this build (`python -m rtl_sim bitstream`). It classifies the
    first reference samples, and class, logits and counters are compared with the golden model's.
    Then frames are broken in several ways, after each of which a sample must be right. The exit
    status is 0 if all are equal, 1 if not, and 2 if the board does not answer.
    """
    if (port_name is None) == (simulate is None):
        raise InputError("name either a --port or a board to --simulate")
    if netlist and simulate is None:
        raise InputError("--netlist: only with --simulate")
    if simulate and netlist and not BOARDS[simulate].device.own:
        with_cells = ", ".join(name for name, board in BOARDS.items() if board.device.own)
        raise InputError(f"--netlist: accepted: {with_cells}; {simulate}'s memories have no model")
    build = opened(folder, library)
    bitstream.require_bus(build)
    model = build if loaded is None else artefact.load(loaded)
    x = reference_vectors.load(model).x[:, :samples]
    if simulate:
        setting = bitstream.setting(simulate, core_mhz, baud)
        log = folder / evidence.FOLDER / f"board-{simulate}.log"
        with log_kept(log):
            result = simulated.run(build, x, setting, sim, netlist=netlist, loaded=loaded)
    else:
        assert port_name is not None
        with (
            port.opened(port_name, baud) as line,
            progress.shown(model.dataflow.name, x.shape[1]) as bar,
        ):
            result = regression.run(
                build, x, line, port_name, port.PATIENCE_S, loaded=loaded, advance=bar.advance
            )
    Console().print(regression_table(result))
    give_json(result)
    if loaded is None:
        with keeping("evidence"):
            evidence.write(build, f"board{kind_of(simulate, netlist)}", result)
    return status_of(result.first_difference, None)


def kind_of(simulate: str | None, netlist: bool) -> str:
    """The end of the name of a report."""
    return f"-{simulate}{'-netlist' if netlist else ''}" if simulate else ""


def regression_table(result: Regression) -> Table:
    """The comparison in numbers."""
    table = Table(title=f"{result.name} on {result.where}")
    table.add_column("what")
    table.add_column("result", justify="right")
    table.add_row(
        "samples with equal class, logits, counters", f"{result.equal} of {result.samples}"
    )
    table.add_row("cycles a sample, by the core's counter", f"{result.cycles:,.0f}")
    table.add_row("bytes a sample, sent", f"{result.bytes_sent / result.samples:,.0f}")
    table.add_row("bytes a sample, read", f"{result.bytes_read / result.samples:,.0f}")
    table.add_row("sent again", str(result.retries))
    for one in result.disturbances:
        said = "the next sample is equal" if one.equal else "the next sample DIFFERS"
        table.add_row(f"{one.kind}: {one.dropped} frames dropped", said)
    return table
