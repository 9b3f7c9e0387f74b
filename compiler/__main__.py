"""`python -m compiler build|explore|check|reference|inspect|export|load`: checkpoint to build."""

import click

from compiler.commands.build import build
from compiler.commands.check import check
from compiler.commands.explore import explore
from compiler.commands.export import export
from compiler.commands.inspect import inspect
from compiler.commands.load import load
from compiler.commands.reference import reference
from hw_models.cli import run


@click.group(commands=[build, explore, check, reference, inspect, export, load])
def cli() -> None:
    """Compile a trained ternary-spike network to integers, and to hardware that only adds."""


if __name__ == "__main__":
    run(cli, "python -m compiler")
