"""`python -m compiler build`: from a checkpoint or a NIR graph to a build folder."""

from pathlib import Path
from typing import Any

import click

from compiler.commands import build_options
from compiler.commands.network_options import DATA_DIR, NETWORK, nir_options
from hw_models.cli import command
from hw_models.options import JSON
from qtrain.commands import data_options


@command("build", "runs/digits/ckpt.pt --target int8 --out build/digits")
@NETWORK
@build_options.TARGET
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The build folder. [default: build/NAME-TARGET]",
)
@build_options.NAME
@data_options.data
@DATA_DIR
@click.option("--no-reference", is_flag=True, help="Write no reference vectors.")
@build_options.hardware
@click.option(
    "--print-passes", is_flag=True, help="Print the network's graph after the import and each pass."
)
@nir_options
@JSON
def build_command(**given: Any) -> None:
    """Compile NETWORK into a build folder.

    NETWORK is a checkpoint, zoo:NAME, or a NIR graph in FILE.nir. Reference vectors are written
    too: the test split, and what the trained network makes of it. With --cycles or --total-lanes,
    lanes are chosen on samples of the training split. With --data, other samples take the place of
    those that a checkpoint was trained on, prepared as those.

    The weights of a NIR graph are quantized, and what it has that hardware has not is rounded, with
    samples of the training split of --data. The report says what was rounded, and how spikes and
    accuracy differ from the graph's in real numbers. Options that are marked NIR, Event data or
    Own data are for it alone. See docs/interchange.md.
    """
    from compiler.actions.build import build

    build(**given)
