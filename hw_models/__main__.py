"""The commands `python -m hw_models run`, `classify`, `energy` and `report` for a build."""

from pathlib import Path

import click
from rich.console import Console

from hw_models import progress
from hw_models.cli import EXIT_DIFFERS, EXIT_OK, Group, keeping, run
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.options import JSON, Giver
from hw_models.report.evaluate import ENGINES, FOREIGN, Evaluation, evaluate
from hw_models.report.tables import (
    energy_table,
    evidence_table,
    operation_table,
    paper_table,
    spike_table,
    summary_table,
)
from hw_models.sample.classification import classify
from hw_models.sample.options import Reader, sample_options
from hw_models.sample.tables import sample_tables


@click.group(cls=Group)
def cli() -> None:
    """Run the integers of a build folder in Python, and report measurements.

    The reports cover accuracy, agreement with training, operations and energy.
    """


FOLDER = click.argument("folder", type=click.Path(path_type=Path))
SAMPLES = click.option(
    "--samples", type=click.IntRange(min=1), help="Use the first N samples; the default is all."
)


@cli.command("run", example="build/digits --engine golden")
@FOLDER
@SAMPLES
@click.option(
    "--engine",
    type=click.Choice(sorted(ENGINES)),
    default="fast",
    show_default=True,
    help="Run the build on this engine.",
)
@JSON
def run_command(folder: Path, samples: int | None, engine: str, give_json: Giver) -> int:
    """Execute the build in FOLDER on its reference vectors.

    The onnx engine runs the exported network, and its results are compared with the fast engine's,
    bit for bit.
    """
    build = artefact.load(folder)
    report = measured(build, samples, engine)
    Console().print(summary_table(report), spike_table(report), operation_table(report))
    give_json(report)
    with keeping("evidence"):
        evidence.write(build, engine if engine in FOREIGN else "golden", report)
    for difference in report.differences:
        click.echo(str(difference), err=True)
    return EXIT_DIFFERS if report.differences else EXIT_OK


@cli.command("classify", example="build/digits image.png")
@sample_options
def classify_command(folder: Path, files: tuple[Path, ...], read: Reader, give_json: Giver) -> None:
    """Classify the samples in FILES with the build in FOLDER.

    Each file is one sample: an .npy file of values as the data set has them, or a .png or .jpg
    image. It runs on the golden model.
    """
    build = artefact.load(folder)
    report = classify(build, files, read(build.dataflow))
    for sample in report.samples:
        Console().print(sample_tables(sample, build.dataflow.labels))
    give_json(report)


@cli.command("energy", example="build/digits")
@FOLDER
@SAMPLES
@JSON
def energy_command(folder: Path, samples: int | None, give_json: Giver) -> None:
    """Show the energy of each layer of the build in FOLDER.

    There are two accountings. The first is the 45 nm estimate with memories, beside the same
    network as an int8 ANN. The second is the accounting of the Ternary Spike paper. docs/energy.md
    explains what each of them counts.
    """
    report = measured(artefact.load(folder), samples)
    Console().print(energy_table(report), paper_table(report))
    give_json(report)


def measured(build: Build, samples: int | None, engine: str = "fast") -> Evaluation:
    """Evaluate the build on its reference vectors, and show how far it is."""
    vectors = reference_vectors.load(build)
    wanted = min(samples or vectors.samples, vectors.samples)
    with progress.shown(f"{build.dataflow.name} on the {engine} engine", wanted) as bar:
        return evaluate(build, vectors, wanted, engine, bar.advance)


@cli.command("report", example="build/digits -o report.html")
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write a page of HTML to this file."
)
@JSON
def report_command(folders: tuple[Path, ...], output: Path | None, give_json: Giver) -> None:
    """Show all measurements of the build in a folder, or of two builds side by side.

    They are the reports in the folder's evidence/. With -o they become a page that has everything
    in itself, with charts, samples and what is missing; docs/report.md explains it.
    """
    if len(folders) > 2:
        raise InputError(f"{len(folders)} build folders; accepted: one, or two side by side")
    builds = [artefact.load(folder) for folder in folders]
    reports = [evidence.read(build) for build in builds]
    shas = [{"name": build.dataflow.name, evidence.SHA256: build.sha256} for build in builds]
    give_json({"builds": [{**a, "evidence": b} for a, b in zip(shas, reports, strict=True)]})
    if output:
        from hw_models.report.page import html  # jinja2 is needed for nothing else

        html.write(folders, output)
        click.echo(f"report: {output}")
    elif len(folders) > 1:
        from hw_models.report.page import compared, facts

        Console().print(compared.compared_table([facts.facts(folder) for folder in folders]))
    else:
        Console().print(evidence_table(builds[0], reports[0]))


if __name__ == "__main__":
    run(cli, "python -m hw_models")
