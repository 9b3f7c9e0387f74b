"""`python -m qtrain info`: what a checkpoint holds."""

from typing import Any

import click

from hw_models.cli import command
from hw_models.options import JSON
from qtrain import zoo


@command("info", "zoo:digits")
@click.argument("ckpt", type=zoo.CheckpointPath())
@JSON
def info_command(**given: Any) -> None:
    """Show the layers, options, metrics and versions of a checkpoint."""
    from qtrain.actions.info import info

    info(**given)
