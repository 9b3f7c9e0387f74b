"""`python -m compiler inspect`: the layers and the provenance of a build."""

from pathlib import Path

import click

from compiler.commands.terminal import CONSOLE, print_warnings
from compiler.inspection import layer_table
from hw_models.cli import command
from hw_models.folder import artefact, evidence
from hw_models.options import JSON, Giver


@command("inspect", "build/digits")
@click.argument("folder", type=click.Path(path_type=Path))
@JSON
def inspect_command(folder: Path, give_json: Giver) -> None:
    """Show the layers and the provenance of a build.

    The build is in FOLDER; the hashes of its files are checked. Of each layer its shape, its lanes
    and the widths of its integers are shown.
    """
    made = artefact.load(folder)
    give_json({evidence.SHA256: made.sha256, "dataflow": made.dataflow})
    CONSOLE.print(layer_table(made))
    print_warnings(made)
    for key, value in {**made.dataflow.provenance, evidence.SHA256: made.sha256}.items():
        CONSOLE.print(f"{key}: {value}")
