"""Arguments and habits that the commands share."""

from pathlib import Path

import click

from hw_models import progress
from hw_models.dataflow import Build
from hw_models.folder import reference_vectors
from hw_models.options import jobs_option
from hw_models.report.evaluate import Evaluation, evaluate

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
SAMPLES = click.option(
    "--samples", type=click.IntRange(min=1), help="Use the first N samples; the default is all."
)
JOBS = jobs_option("Run N batches of samples at a time.")


def measured(build: Build, samples: int | None, jobs: int, engine: str = "fast") -> Evaluation:
    """Evaluate the build on its reference vectors, and show how far it is."""
    vectors = reference_vectors.load(build)
    wanted = min(samples or vectors.samples, vectors.samples)
    with progress.shown(f"{build.dataflow.name} on the {engine} engine", wanted) as bar:
        return evaluate(build, vectors, wanted, engine, bar.advance, jobs)
