"""`python -m compiler inspect`: the layers and the provenance of a build."""

from pathlib import Path

import click

from compiler.commands.terminal import CONSOLE, print_warnings
from compiler.inspection import layer_table
from hw_models.folder import artefact


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def inspect(folder: Path) -> None:
    """Show the layers and the provenance of a build.

    The build is in FOLDER; the hashes of its files are checked. Of each layer its shape, its lanes
    and the widths of its integers are shown.
    """
    made = artefact.load(folder)
    CONSOLE.print(layer_table(made))
    print_warnings(made)
    for key, value in {**made.dataflow.provenance, "dataflow_sha256": made.sha256}.items():
        CONSOLE.print(f"{key}: {value}")
