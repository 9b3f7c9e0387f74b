"""`python -m compiler load`: a network as register writes for the core of another."""

from pathlib import Path

import click

from compiler.commands.terminal import CONSOLE
from compiler.emit.loadable import as_text, register_writes
from hw_models.cli import command
from hw_models.folder import artefact, files

PATH = click.Path(path_type=Path)


@command("load", "hw build/digits")
@click.argument("hardware", type=PATH)
@click.argument("folder", type=PATH)
@click.option("--out", type=PATH, help="The file. [default: FOLDER/export/registers.txt]")
def load_command(hardware: Path, folder: Path, out: Path | None) -> None:
    """Write a network as register writes for another core.

    The network is that of the build in FOLDER. The core is that of the build in HARDWARE, which was
    made with --loadable from a checkpoint of the same shape. Each line has the byte address and the
    value of one write, in hex.
    """
    writes = register_writes(artefact.load(hardware), artefact.load(folder))
    out = out or folder / "export" / "registers.txt"
    files.write({out: as_text(writes).encode()})
    CONSOLE.print(f"{len(writes):,} writes: {out}")
