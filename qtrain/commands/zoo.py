"""`python -m qtrain zoo`: the checkpoints that come with the package."""

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import command
from hw_models.errors import InputError
from hw_models.options import JSON, Giver
from qtrain import zoo


@command("zoo", "")
@click.option(
    "--add", type=click.Path(path_type=Path), metavar="RUN", help="Add the run in this folder."
)
@click.option("--name", help="Name of the added run. Default: its folder's.")
@click.option("--command", "trained_by", default="", help="The command that trained the added run.")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    help="Report on the added run's build, from python -m hw_models run BUILD --json FILE.",
)
@JSON
def zoo_command(
    add: Path | None, name: str | None, trained_by: str, report: Path | None, give_json: Giver
) -> None:
    """List the checkpoints that come with the package; other commands take one as zoo:NAME.

    `python -m qtrain info zoo:NAME` shows the network and all options of its training.
    """
    if add is not None:
        if not (zoo.FOLDER.parents[1] / "pyproject.toml").is_file():
            raise InputError(
                f"--add: the package is installed in {zoo.FOLDER}, which its next version "
                "replaces; add to a clone of the source, installed with pip install --editable"
            )
        from qtrain.zoo import adding  # loads torch

        adding.add(add, name or add.name, trained_by, report=report)
    entries = zoo.entries()
    give_json({zoo.PREFIX + key: entry for key, entry in entries.items()})
    table = Table()
    table.add_column("name", no_wrap=True)
    for column in ("trained", "target", "integers", "additions"):
        table.add_column(column, no_wrap=True)
    table.add_column("energy ratio")
    for key, entry in entries.items():
        measured = ("", "", "", "")
        if entry.target is not None:
            measured = (
                entry.target,
                f"{entry.integer_accuracy:.2%}",
                f"{entry.additions:,.0f}",
                f"{entry.energy_ratio:.2f}",
            )
        accuracy = f"{entry.test_accuracy:.2%}"
        table.add_row(zoo.PREFIX + key, accuracy, *measured)
    Console(highlight=False).print(table)
