"""`python -m compiler reference`: new reference vectors for a build."""

from pathlib import Path
from typing import Any

import click

from compiler.commands.network_options import DATA_DIR, NETWORK, nir_data
from hw_models.cli import command
from qtrain.choices import SPLITS
from qtrain.commands import data_options


@command("reference", "build/digits runs/digits/ckpt.pt --split train")
@click.argument("folder", type=click.Path(path_type=Path))
@NETWORK
@data_options.data
@DATA_DIR
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="test",
    show_default=True,
    help="The part of the data set.",
)
@nir_data
def reference_command(**given: Any) -> None:
    """Write new reference vectors for the build in FOLDER.

    The build must have been made from NETWORK, a checkpoint or a NIR graph in FILE.nir. The samples
    are those of the data that a checkpoint was trained on, or of --data, prepared as those.
    """
    from compiler.actions.reference import reference

    reference(**given)
