"""`python -m rtl_sim events`: reference samples as input beats."""

from pathlib import Path

import click

from hw_models.cli import command
from hw_models.folder import artefact, reference_vectors
from rtl_sim.commands.options import FOLDER
from rtl_sim.simulation import stream


@command("events", "build/digits --samples 2")
@click.argument("folder", type=FOLDER)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Print the first N samples.",
)
def events_command(folder: Path, samples: int) -> None:
    """Print reference samples of the build in FOLDER as input beats.

    Each line is a beat of the core's input stream, with the columns kind, neg, digit, address and
    tlast. The output is meant for your own bench, such as examples/classify.v.
    """
    build = artefact.load(folder)
    x = reference_vectors.load(build).x[:, :samples]
    click.echo(stream.words_as_text(stream.input_words(build.dataflow.input, x)), nl=False)
