"""The commands `bitstream` and `board`: a build on a board."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, keeping
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, files, reference_vectors
from rtl_sim import progress
from rtl_sim.board import bitstream, port, regression, simulated
from rtl_sim.board.bitstream import Bitstream
from rtl_sim.board.boards import BOARDS
from rtl_sim.board.regression import Regression
from rtl_sim.options import (
    FOLDER,
    INSTANCES,
    JSON,
    LIBRARY_OPTION,
    SAMPLES,
    log_kept,
    new_folder,
    opened,
    sim_option,
    status_of,
    with_bar,
)

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
    default=bitstream.BAUD,
    show_default=True,
    help="The rate of the UART in bits a second.",
)


@click.command("bitstream")
@click.argument("folder", type=FOLDER)
@click.option("--board", type=click.Choice(list(BOARDS)), required=True, help="For this board.")
@CLOCK
@BAUD
@click.option(
    "--seed",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Begin place and route here; Fmax differs by some percent from seed to seed.",
)
@INSTANCES
@click.option("--out", type=FOLDER, help="The file. [default: FOLDER/export/BOARD.SUFFIX]")
@click.option("--keep", type=FOLDER, help="Keep scripts, logs and netlists in this new folder.")
@LIBRARY_OPTION
@JSON
def bitstream_command(
    folder: Path,
    board: str,
    core_mhz: float | None,
    baud: int,
    seed: int,
    jobs: int,
    out: Path | None,
    keep: Path | None,
    library: Path | None,
    json_path: Path | None,
) -> int:
    """Write the bitstream of the build in FOLDER for a board.

    The core stands behind a UART, over which `python -m rtl_sim board` uses it; lights show the
    class. The build needs a bus (--axi-lite or --loadable). The exit status is 1 if the chip does
    not reach the core's clock, and 2 if the core does not fit it; then nothing is written.
    """
    setting = bitstream.setting(board, core_mhz, baud)
    build = opened(folder, library)
    new_folder(keep)
    result, content = with_bar(
        f"{build.dataflow.name} on {board}",
        lambda **told: bitstream.run(build, setting, seed=seed, jobs=jobs, keep=keep, **told),
    )
    Console().print(bitstream_table(result))
    if json_path:
        evidence.write_json(result, json_path)
    with keeping("evidence"):
        evidence.write(build, f"bitstream-{board}", result)
    if content is None:
        click.echo(
            f"{result.placed.fmax_mhz} MHz of {setting.core_mhz:g} MHz: no bitstream is written; "
            "give a lower --clock or another --seed",
            err=True,
        )
        return EXIT_DIFFERS
    suffix = Path(setting.board.bitstream).suffix
    path = out or folder / "export" / f"{board}{suffix}"
    files.write({path: content})
    click.echo(f"bitstream: {path}")
    click.echo(f"load it:   openFPGALoader -b {setting.board.loader} {path}")
    click.echo(f"use it:    python -m rtl_sim board {folder} --port /dev/ttyUSB0{rate(baud)}")
    return EXIT_OK


def rate(baud: int) -> str:
    """The option that names a rate, where it is not the usual one."""
    return "" if baud == bitstream.BAUD else f" --baud {baud}"


def bitstream_table(result: Bitstream) -> Table:
    """What of the chip is in use, and the clock."""
    table = Table(title=f"{result.name} on {result.title}")
    for column in ("resource", "used", "of"):
        table.add_column(column, justify="left" if column == "resource" else "right")
    for name, (used, there) in result.placed.used.items():
        table.add_row(name, f"{used:,}", f"{there:,}")
    table.add_section()
    table.add_row("clock, of Fmax, MHz", f"{result.core_mhz:g}", f"{result.placed.fmax_mhz:g}")
    return table


@click.command("board")
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
    json_path: Path | None,
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
            progress.samples(model.dataflow.name, x.shape[1]) as advance,
        ):
            result = regression.run(
                build, x, line, port_name, port.PATIENCE_S, loaded=loaded, advance=advance
            )
    Console().print(regression_table(result))
    if json_path:
        evidence.write_json(result, json_path)
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
