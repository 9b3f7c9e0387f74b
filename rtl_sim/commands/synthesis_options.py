"""Options and habits that the commands share which synthesize for FPGAs."""

from typing import Any

import click

from hw_models.cli import keeping
from hw_models.dataflow import Build
from hw_models.folder import evidence
from rtl_sim.commands.options import with_bar
from rtl_sim.synthesis import flow
from rtl_sim.synthesis.devices import DEVICES

PLACED = ", ".join(name for name, device in DEVICES.items() if device.nextpnr)
DEVICE = click.option(
    "--device",
    type=click.Choice(list(DEVICES)),
    default="xc7",
    show_default=True,
    help="Synthesize for this family of FPGAs.",
)
PLACE = click.option(
    "--place/--no-place",
    default=True,
    help=f"Also place and route to find Fmax (only {PLACED}).",
)


def synthesized(build: Build, device: str, **options: Any) -> flow.Synthesis:
    """The result of flow.run(), with a progress bar, and written as a report to evidence/."""
    result = with_bar(
        build.dataflow.name, lambda **told: flow.run(build, device, **options, **told)
    )
    with keeping("evidence"):
        evidence.write(build, f"synthesis-{device}", result)
    return result
