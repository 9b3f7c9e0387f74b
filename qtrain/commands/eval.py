"""`python -m qtrain eval`: a checkpoint on its test split."""

from typing import Any

import click

from hw_models.cli import command
from hw_models.options import JSON
from qtrain import zoo
from qtrain.commands import data_options
from qtrain.commands.data_options import DATA_DIR


@command("eval", "zoo:digits")
@click.argument("ckpt", type=zoo.CheckpointPath())
@data_options.data
@DATA_DIR
@JSON
def eval_command(**given: Any) -> None:
    """Show a checkpoint's accuracy and firing rates on the test split of its data.

    With --data, the data are prepared as those that the network was trained on.
    """
    from qtrain.actions.evaluate import evaluate

    evaluate(**given)
