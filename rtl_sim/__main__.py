"""The commands of `python -m rtl_sim`, which simulate, synthesize and prove a build's Verilog."""

import click

from hw_models.cli import Group, run

NAMES = (
    "run", "classify", "replay", "events", "upsets", "synth", "sweep", "energy", "prove",
    "bitstream", "board",
)  # fmt: skip


@click.group(cls=Group, package="rtl_sim.commands", names=NAMES)
def cli() -> None:
    """Simulate, synthesize and prove the Verilog core of a build folder."""


if __name__ == "__main__":
    run(cli, "python -m rtl_sim")
