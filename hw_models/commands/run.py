"""`python -m hw_models run`: a build on its reference vectors."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command, keeping
from hw_models.commands.options import FOLDER, JOBS, SAMPLES, measured
from hw_models.folder import artefact, evidence
from hw_models.options import JSON, Giver
from hw_models.report.evaluate import ENGINES, FOREIGN
from hw_models.report.tables import operation_table, spike_table, summary_table


@command("run", "build/digits --engine golden")
@FOLDER
@SAMPLES
@click.option(
    "--engine",
    type=click.Choice(sorted(ENGINES)),
    default="fast",
    show_default=True,
    help="Run the build on this engine.",
)
@JOBS
@JSON
def run_command(folder: Path, samples: int | None, engine: str, jobs: int, give_json: Giver) -> int:
    """Execute the build in FOLDER on its reference vectors.

    The onnx engine runs the exported network, and its results are compared with the fast engine's,
    bit for bit.
    """
    build = artefact.load(folder)
    report = measured(build, samples, jobs, engine)
    Console().print(summary_table(report), spike_table(report), operation_table(report))
    give_json(report)
    with keeping("evidence"):
        evidence.write(build, engine if engine in FOREIGN else "golden", report)
    for difference in report.differences:
        click.echo(str(difference), err=True)
    return EXIT_DIFFERS if report.differences else EXIT_OK
