"""`python -m rtl_sim sweep`: area against cycles of several builds."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import command
from hw_models.folder import artefact
from hw_models.options import JSON, Giver
from rtl_sim.commands.options import FOLDER, INSTANCES
from rtl_sim.commands.synthesis_options import DEVICE, PLACE, synthesized
from rtl_sim.synthesis import sweep


@command("sweep", "build/lanes-* --device ecp5 --plot sweep.png")
@click.argument("folders", type=FOLDER, nargs=-1, required=True)
@DEVICE
@PLACE
@INSTANCES
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Take the mean of the cycles over the first N samples.",
)
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(path_type=Path),
    help="Draw the plot in this file (.png).",
)
@JSON
def sweep_command(
    folders: tuple[Path, ...],
    device: str,
    place: bool,
    jobs: int,
    samples: int,
    plot_path: Path | None,
    give_json: Giver,
) -> None:
    """Compare area and cycles of the builds in FOLDERS.

    The builds differ, for example, in lanes or weight widths. A build that was already synthesized
    for the device is not synthesized again.
    """
    builds = [artefact.load(folder) for folder in folders]
    result = sweep.run(
        builds, device, samples, lambda build: synthesized(build, device, place=place, jobs=jobs)
    )
    give_json(result)
    if plot_path:
        sweep.plot(result, plot_path)
    Console().print(sweep.table(result))
