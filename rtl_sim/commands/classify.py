"""`python -m rtl_sim classify`: samples of files in Verilog."""

from pathlib import Path

from rich.console import Console

from hw_models.cli import command
from hw_models.folder import evidence
from hw_models.options import Giver
from hw_models.sample.options import Reader, sample_options
from hw_models.sample.tables import sample_tables
from rtl_sim.commands.options import FAILURE, LIBRARY_OPTION, SIM, log_kept, opened, status_of
from rtl_sim.simulation import classify, simulators


@command("classify", "build/digits image.png")
@sample_options
@SIM
@FAILURE
@LIBRARY_OPTION
def classify_command(
    folder: Path,
    files: tuple[Path, ...],
    read: Reader,
    give_json: Giver,
    sim: str,
    failure: Path | None,
    library: Path | None,
) -> int:
    """Classify the samples in FILES with the Verilog of the build in FOLDER.

    Each file is one sample: an .npy file of values as the data set has them, or a .png or .jpg
    image. Every spike, membrane and logit is compared with the golden model's. The exit status is
    0 if all are equal, 1 if not, and 2 if the simulator broke off.
    """
    simulators.require(sim)
    build = opened(folder, library)
    x = read(build.dataflow)
    results = folder / evidence.FOLDER
    with log_kept(results / f"classify-{sim}.log"):
        result = classify.classify(build, files, x, sim, failure or results / f"failure-{sim}")
    console = Console()
    for sample in result.samples:
        console.print(sample_tables(sample, build.dataflow.labels))
        console.print(classify.verdict(sample, sim), highlight=False)
    give_json(result)
    return status_of(result.first_difference, result.failure)
