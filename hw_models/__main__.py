"""`python -m hw_models run DIR`: a build on its reference vectors, in integers."""

from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from hw_models import artefact, reference
from hw_models.cli import run
from hw_models.evaluate import ENGINES, Report, evaluate
from hw_models.tables import layer_table, summary_table


@click.group()
def cli() -> None:
    """Golden model of a build folder: accuracy, agreement with training, operation counts."""


@cli.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--samples", type=click.IntRange(min=1), help="First N samples; default: all.")
@click.option("--engine", type=click.Choice(sorted(ENGINES)), default="fast", show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the report here.")
def run_command(folder: Path, samples: int | None, engine: str, json_path: Path | None) -> None:
    """Execute the build in FOLDER on its reference vectors."""
    build = artefact.load(folder)
    vectors = reference.load(build)
    wanted = min(samples or vectors.samples, vectors.samples)
    console = Console()
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{build.dataflow.name} on the {engine} engine", total=wanted)
        report = evaluate(build, vectors, wanted, engine, lambda n: progress.advance(task, n))
    console.print(summary_table(report), layer_table(report))
    if json_path:
        write_json(report, json_path)


def write_json(report: Report, path: Path) -> None:
    """Write a report as indented JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


if __name__ == "__main__":
    run(cli, "python -m hw_models")
