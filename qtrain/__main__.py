"""The commands `python -m qtrain train | eval | info | zoo | ablate`."""

import click

from hw_models.cli import Group, run

NAMES = ("train", "eval", "info", "zoo", "ablate")


@click.group(cls=Group, package="qtrain.commands", names=NAMES)
def cli() -> None:
    """Quantization-aware training of networks with ternary spikes."""


if __name__ == "__main__":
    run(cli, "python -m qtrain")
