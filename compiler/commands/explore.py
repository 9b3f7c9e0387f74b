"""`python -m compiler explore`: many builds of a checkpoint, and which of them nothing beats."""

from pathlib import Path
from typing import Any

import click

from compiler.commands import build_options
from compiler.commands.build_options import FracBits
from compiler.commands.network_options import DATA_DIR
from compiler.explore.measures import MEASURES, SPLITS
from hw_models.cli import command
from hw_models.dataflow import TARGET_BITS
from hw_models.options import JSON, Several, jobs_option
from qtrain.commands import data_options
from qtrain.zoo import CheckpointPath

MEASURE = click.Choice(list(MEASURES))


def counts() -> Several:
    """Numbers of 1 or more."""
    return Several(click.IntRange(min=1), "N,...")


@command("explore", "zoo:digits --goal 'accuracy>=97%' --best luts")
@click.argument("checkpoint", type=CheckpointPath())
@click.option(
    "--target",
    "targets",
    type=Several(click.Choice(list(TARGET_BITS)), "TARGET,..."),
    default=",".join(TARGET_BITS),
    show_default=True,
    help="The types of the weights to try. Others than the trained ones are quantized again.",
)
@click.option(
    "--frac-bits",
    type=Several(FracBits(), "auto|N,..."),
    default="auto,2,0",
    show_default=True,
    help="Fraction bits of layers that round: fewer take fewer LUTs.",
)
@click.option(
    "--timesteps",
    type=counts(),
    help="Numbers of time steps T to try, where the input is static. [default: that of the "
    "training, and its halves down to 1]",
)
@click.option(
    "--cycles",
    type=counts(),
    help="Cycles a sample that lanes are chosen for. [default: six, from the fastest core to the "
    "cheapest]",
)
@click.option(
    "--lanes", type=counts(), help="Also try at most so many accumulate lanes in each engine."
)
@build_options.NAME
@data_options.data
@DATA_DIR
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    help="Compare accuracy on this split. [default: the samples that the training held back with "
    "--validation, else those that it saw]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Compare accuracy on at most so many samples, spread over the split.",
)
@click.option(
    "--test", is_flag=True, help="Show the accuracy on the whole test split beside; it decides "
    "nothing."
)  # fmt: skip
@click.option(
    "--goal",
    "goals",
    multiple=True,
    help='What a build has to keep, such as "accuracy>=97%" or "cycles<=2000". May be repeated.',
)
@click.option("--best", "objective", type=MEASURE, help="Mark the build that is best in this.")
@click.option(
    "--measures",
    type=Several(MEASURE, "MEASURE,..."),
    default=",".join(MEASURES),
    show_default=True,
    help="What builds are compared by: a build is left out if another is no worse in any of these "
    "and better in one.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Keep what is measured in this folder, from which a second start goes on. "
    "[default: runs/explore-NAME]",
)
@jobs_option("Measure in N processes.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Measure on the Dask cluster of this scheduler (tcp://host:8786), not on this machine.",
)
@click.option(
    "--plot", "plot_path", type=click.Path(path_type=Path), help="Draw the plot: .svg or .png."
)
@JSON
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Write the builds that are shown into this folder, and say how to synthesize them.",
)
def explore_command(**given: Any) -> None:
    """Try builds of CHECKPOINT, and show those that no other one beats.

    Each build is measured by models: accuracy and energy of its integers, cycles by the timing
    model, LUTs and block RAMs of an ECP5 by an estimate. Nothing is simulated or synthesized. See
    docs/explore.md.
    """
    from compiler.actions.explore import explore

    explore(**given)
