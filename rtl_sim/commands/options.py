"""Options and habits that several commands of `python -m rtl_sim` share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from hw_models import progress
from hw_models.cli import EXIT_DIFFERS, EXIT_OK
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence
from hw_models.options import jobs_option
from rtl_sim import sources
from rtl_sim.simulation import process, replay, simulators

T = TypeVar("T")
FOLDER = click.Path(path_type=Path)
SIMULATOR = click.Choice(sorted(simulators.SIMULATORS))
LIBRARY_OPTION = click.option(
    "--library",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Use the Verilog modules in this folder instead of the build's.",
)


INSTANCES = jobs_option("Synthesize N instances at a time.")


def sim_option(default: str):
    """The option --sim of a command."""
    return click.option(
        "--sim",
        type=SIMULATOR,
        default=default,
        show_default=True,
        help="Simulate with this simulator.",
    )


SIM = sim_option("icarus")
SAMPLES = click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Simulate the first N samples.",
)
FAILURE = click.option(
    "--failure",
    type=FOLDER,
    help="Keep the first difference in this folder, so that it can be replayed. "
    f"[default: FOLDER/{evidence.FOLDER}/failure-SIM]",
)
KEEP = click.option(
    "--keep", type=FOLDER, help="Keep scripts, logs and netlists in this new folder."
)


def new_folder(keep: Path | None) -> None:
    """Make the folder that --keep names, if it is given.

    Raises:
        InputError: it exists.
    """
    if keep is not None:
        if keep.exists():
            raise InputError(f"{keep}: exists; name a new folder")
        keep.mkdir(parents=True)


def opened(folder: Path, library: Path | None) -> Build:
    """A build with hardware, on its own Verilog modules or on those of the folder `library`."""
    build = artefact.load(folder)
    sources.paths(build)
    return build if library is None else sources.with_library(build, library)


def status_of(difference: str | None, failure: str | None) -> int:
    """The exit status of a comparison; a difference is shown, and how to see it again.

    Args:
        difference: the first one; None if all is equal.
        failure: the folder that keeps it; None if it was not kept.
    """
    if difference is None:
        return EXIT_OK
    click.echo(f"first difference: {difference}", err=True)
    if failure:
        click.echo(f"again, with a waveform: {replay.command(Path(failure))}", err=True)
    return EXIT_DIFFERS


@contextmanager
def log_kept(path: Path) -> Iterator[None]:
    """A context around a simulation; if it breaks off, the error names its log, kept at `path`."""
    try:
        yield
    except process.Unfinished as error:
        raise InputError(process.with_log(error, path)) from error


def with_bar(name: str, work: Callable[..., T]) -> T:
    """What `work` gives, which is told to call `begin` and `advance` for a progress bar."""
    with progress.shown(name) as bar:
        return work(
            begin=lambda step, parts: bar.begin(f"{name}: {step}", parts), advance=bar.advance
        )
