"""`python -m rtl_sim bitstream`: a build as a board loads it."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command, keeping
from hw_models.folder import evidence, files
from hw_models.options import JSON, Giver
from rtl_sim.board import bitstream
from rtl_sim.board.bitstream import Bitstream
from rtl_sim.board.boards import BAUD as DEFAULT_BAUD
from rtl_sim.board.boards import BOARDS
from rtl_sim.commands.board_options import BAUD, CLOCK
from rtl_sim.commands.options import (
    FOLDER,
    INSTANCES,
    KEEP,
    LIBRARY_OPTION,
    new_folder,
    opened,
    with_bar,
)


@command("bitstream", "build/digits --board ulx3s")
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
@KEEP
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
    give_json: Giver,
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
    give_json(result)
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
    return "" if baud == DEFAULT_BAUD else f" --baud {baud}"


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
