"""`python -m hw_models run DIR`: a build on its reference vectors, in integers."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from hw_models import artefact, evidence, reference
from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from hw_models.evaluate import ENGINES, FOREIGN, evaluate
from hw_models.tables import evidence_table, layer_table, summary_table


@click.group()
def cli() -> None:
    """Golden model of a build folder: accuracy, agreement with training, operation counts."""


@cli.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--samples", type=click.IntRange(min=1), help="First N samples; default: all.")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="fast", show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the report here.")
def run_command(folder: Path, samples: int | None, engine: str, json_path: Path | None) -> int:
    """Execute the build in FOLDER on its reference vectors.

    The onnx engine runs the exported network and is compared with the fast one, bit for bit.
    """
    build = artefact.load(folder)
    vectors = reference.load(build)
    wanted = min(samples or vectors.samples, vectors.samples)
    console = Console()
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(f"{build.dataflow.name} on the {engine} engine", total=wanted)
        report = evaluate(build, vectors, wanted, engine, lambda n: progress.advance(task, n))
    console.print(summary_table(report), layer_table(report))
    evidence.write(build, "onnx" if engine in FOREIGN else "golden", report)
    if json_path:
        evidence.write_json(report, json_path)
    for difference in report.differences:
        click.echo(str(difference), err=True)
    return EXIT_DIFFERS if report.differences else EXIT_OK


@cli.command("report")
@click.argument("folder", type=click.Path(path_type=Path))
def report_command(folder: Path) -> None:
    """Show all that was measured of the build in FOLDER: its evidence."""
    build = artefact.load(folder)
    Console().print(evidence_table(build, evidence.read(build)))


if __name__ == "__main__":
    run(cli, "python -m hw_models")
