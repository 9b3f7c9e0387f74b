"""`python -m compiler build|check|explore|inspect|export|load|reference`: checkpoint to build."""

import click

from hw_models.cli import Group, run

NAMES = ("build", "check", "explore", "inspect", "export", "load", "reference")


@click.group(cls=Group, package="compiler.commands", names=NAMES)
def cli() -> None:
    """Compile a trained ternary-spike network to integers, and to hardware that only adds."""


if __name__ == "__main__":
    run(cli, "python -m compiler")
