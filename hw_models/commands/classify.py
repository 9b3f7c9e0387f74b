"""`python -m hw_models classify`: samples of files on the golden model."""

from pathlib import Path

from rich.console import Console

from hw_models.cli import command
from hw_models.folder import artefact
from hw_models.options import Giver
from hw_models.sample.classification import classify
from hw_models.sample.options import Reader, sample_options
from hw_models.sample.tables import sample_tables


@command("classify", "build/digits image.png")
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
