"""`python -m compiler export`: a network in a standard format."""

from pathlib import Path

import click

from compiler.commands.terminal import CONSOLE
from compiler.formats import FORMATS
from hw_models.cli import command


@command("export", "build/digits --format onnx")
@click.argument("source")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    required=True,
    help="The file's format.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The file. [default: export/network.onnx, which `hw_models run` executes, or "
    "export/network.nir in the build folder; of a checkpoint build/NAME.qonnx.onnx]",
)
def export_command(source: str, format_: str, out: Path | None) -> None:
    """Write a network in a standard format.

    As onnx and nir these are the integers of a build, whose folder is SOURCE. As qonnx it is the
    trained network of the checkpoint SOURCE. What a format cannot say is printed, a line for each.
    """
    path, losses = FORMATS[format_](source, out)
    for loss in losses:
        CONSOLE.print(f"[yellow]lost:[/] {loss}")
    CONSOLE.print(f"{format_}: {path}")
