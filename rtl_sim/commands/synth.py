"""`python -m rtl_sim synth`: area and clock by Yosys and nextpnr."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command
from hw_models.errors import InputError
from hw_models.options import JSON, Giver
from rtl_sim.commands.options import (
    FOLDER,
    INSTANCES,
    KEEP,
    LIBRARY_OPTION,
    new_folder,
    opened,
)
from rtl_sim.commands.synthesis_options import DEVICE, PLACE, PLACED, synthesized
from rtl_sim.synthesis.devices import DEVICES
from rtl_sim.synthesis.tables import output_register_line, placed_line, resource_table


@command("synth", "build/digits --device ecp5")
@click.argument("folder", type=FOLDER)
@DEVICE
@PLACE
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Place and route with the seeds 1 to N, between which Fmax differs by some percent.",
)
@INSTANCES
@KEEP
@LIBRARY_OPTION
@JSON
def synth_command(
    folder: Path,
    device: str,
    place: bool,
    seeds: int,
    jobs: int,
    keep: Path | None,
    library: Path | None,
    give_json: Giver,
) -> int:
    """Synthesize the build in FOLDER with Yosys and nextpnr.

    Yosys maps it to the device, and nextpnr places and routes it. The exit status is 0 if nothing
    in the netlist multiplies or divides, and 1 if something does.
    """
    build = opened(folder, library)
    if seeds > 1 and not (place and DEVICES[device].nextpnr):
        raise InputError(f"--seeds {seeds}: nothing is placed; accepted with placing on {PLACED}")
    new_folder(keep)
    result = synthesized(build, device, place=place, seeds=seeds, jobs=jobs, keep=keep)
    if result.products:
        click.echo(f"the core must only add: {'; '.join(result.products)}", err=True)
        return EXIT_DIFFERS
    give_json(result)
    Console().print(resource_table(result))
    if line := output_register_line(result):
        click.echo(line)
    click.echo(placed_line(result))
    return EXIT_OK
