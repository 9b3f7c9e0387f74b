"""`python -m hw_models energy`: what each layer takes, by two accountings."""

from pathlib import Path

from rich.console import Console

from hw_models.cli import command
from hw_models.commands.options import FOLDER, JOBS, SAMPLES, measured
from hw_models.folder import artefact
from hw_models.options import JSON, Giver
from hw_models.report.tables import energy_table, paper_table


@command("energy", "build/digits")
@FOLDER
@SAMPLES
@JOBS
@JSON
def energy_command(folder: Path, samples: int | None, jobs: int, give_json: Giver) -> None:
    """Show the energy of each layer of the build in FOLDER.

    There are two accountings. The first is the 45 nm estimate with memories, beside the same
    network as an int8 ANN. The second is the accounting of the Ternary Spike paper. docs/energy.md
    explains what each of them counts.
    """
    report = measured(artefact.load(folder), samples, jobs)
    Console().print(energy_table(report), paper_table(report))
    give_json(report)
