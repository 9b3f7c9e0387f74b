"""The commands `python -m hw_models run`, `classify`, `energy` and `report` for a build."""

import click

from hw_models.cli import Group, run

NAMES = ("run", "classify", "energy", "report")


@click.group(cls=Group, package="hw_models.commands", names=NAMES)
def cli() -> None:
    """Run the integers of a build folder in Python, and report measurements.

    The reports cover accuracy, agreement with training, operations and energy.
    """


if __name__ == "__main__":
    run(cli, "python -m hw_models")
