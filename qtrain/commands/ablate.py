"""`python -m qtrain ablate`: several kinds of spike, time steps and weight widths over seeds."""

from pathlib import Path
from typing import Any

import click

from hw_models.cli import command
from qtrain.commands.data_options import DATA_DIR


@command("ablate", "--config ablation.toml --out runs/ablation")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    required=True,
    help="TOML file with seeds, spikes, timesteps, weight_bits and [train]; see docs/ablation.md.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the runs and the results.",
)
@DATA_DIR
def ablate_command(**given: Any) -> None:
    """Train several kinds of spike, time steps and weight widths over seeds, and compare them.

    Runs that OUT has already are not done again. Writes OUT/ablation.json, .md and .png.
    """
    from qtrain.actions.ablate import ablate

    ablate(**given)
