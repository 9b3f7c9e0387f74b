"""`python -m rtl_sim`: a build simulated in Verilog and compared, synthesized, measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, ProgressColumn, TimeElapsedColumn

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, keeping, run
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from rtl_sim import sources
from rtl_sim.proofs import certificate
from rtl_sim.simulation import process, replay, report, simulators, stream
from rtl_sim.simulation.simulate import Stalls
from rtl_sim.simulation.spread import cores
from rtl_sim.synthesis import flow, sweep
from rtl_sim.synthesis.devices import DEVICES
from rtl_sim.synthesis.tables import placed_line, resource_table

WAVES = "simulation"
FOLDER = click.Path(path_type=Path)
SIMULATOR = click.Choice(sorted(simulators.SIMULATORS))
LIBRARY_OPTION = click.option(
    "--library",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Take the Verilog modules of this folder in place of the build's.",
)

PLACED = ", ".join(name for name, device in DEVICES.items() if device.nextpnr)
DEVICE = click.option(
    "--device", type=click.Choice(list(DEVICES)), default="xc7", show_default=True
)
PLACE = click.option(
    "--place/--no-place", default=True, help=f"Place and route ({PLACED}), for Fmax."
)

INSTANCES = click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Instances synthesized at a time.",
)


def opened(folder: Path, library: Path | None) -> Build:
    """A build with hardware, on its own modules or on those of a folder."""
    build = artefact.load(folder)
    sources.paths(build)
    return build if library is None else sources.with_library(build, library)


@click.group()
def cli() -> None:
    """The Verilog core of a build folder."""


@cli.command("run")
@click.argument("folder", type=FOLDER)
@click.option("--samples", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--sim", type=SIMULATOR, default="icarus", show_default=True)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=cores,
    show_default="number of cores",
    help="Simulations at a time.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Simulate on the Dask cluster of this scheduler (tcp://host:8786), not here.",
)
@click.option(
    "--stalls",
    type=click.IntRange(0, 95),
    default=0,
    show_default=True,
    help="Percent of the cycles in which either side of the core makes it wait, at random.",
)
@click.option(
    "--edges/--no-edges",
    default=True,
    help="Then a few samples more: events in another order, resets, register accesses, cycles.",
)
@click.option(
    "--waves",
    is_flag=True,
    help=f"Leave {evidence.FOLDER}/{WAVES}.fst (.vcd of Verilator) in FOLDER; for a few samples.",
)
@click.option(
    "--failure",
    type=FOLDER,
    help="Where to keep what differs first, to be replayed. "
    f"[default: FOLDER/{evidence.FOLDER}/failure-SIM]",
)
@LIBRARY_OPTION
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the report here.")
def run_command(
    folder: Path,
    samples: int,
    sim: str,
    jobs: int,
    scheduler: str | None,
    stalls: int,
    edges: bool,
    waves: bool,
    failure: Path | None,
    library: Path | None,
    json_path: Path | None,
) -> int:
    """Simulate the first reference samples of the build in FOLDER and compare everything.

    Exit status: 0 if every event, membrane and logit is equal, 1 if not, 2 if the simulator did
    not come to the end.
    """
    if scheduler is None:
        simulators.require(sim)
    elif waves:
        raise InputError(
            "--waves: not with --scheduler; a waveform is written where it is looked at"
        )
    build = opened(folder, library)
    x = reference_vectors.load(build).x[:, :samples]
    results = folder / evidence.FOLDER
    if waves and not replay.writable(results if results.exists() else folder):
        raise InputError(f"--waves: nothing can be written in {results}; copy the build first")
    failure = failure or results / f"failure-{sim}"
    rate = stalls * 256 // 100
    with log_kept(results / f"simulation-{sim}.log"), progress_bar() as progress:
        task = progress.add_task(f"{build.dataflow.name} in {sim}", total=x.shape[1])
        result = report.run(
            build,
            x,
            sim,
            stalls=Stalls(idle=rate, stall=rate),
            waves=results / f"{WAVES}{simulators.SIMULATORS[sim].waves_suffix}" if waves else None,
            jobs=jobs,
            scheduler=scheduler,
            failure=failure,
            with_edges=edges,
            advance=lambda n: progress.advance(task, n),
        )
    Console().print(report.summary_table(result), report.activity_table(result))
    if json_path:
        evidence.write_json(result, json_path)
    with keeping("evidence"):
        evidence.write(build, "simulation", result)
    if not result.equal:
        click.echo(f"first difference: {result.first_difference}", err=True)
        if result.failure:
            click.echo(f"again, with a waveform: {replay.command(failure)}", err=True)
    return EXIT_OK if result.equal else EXIT_DIFFERS


@contextmanager
def log_kept(path: Path) -> Iterator[None]:
    """Around what simulates: if that breaks off, the error names its log, which lies at `path`."""
    try:
        yield
    except process.Unfinished as error:
        raise InputError(process.with_log(error, path)) from error


@cli.command("replay")
@click.argument("folder", type=FOLDER)
@click.option("--sim", type=SIMULATOR, help="Another simulator than the one that it failed in.")
@LIBRARY_OPTION
def replay_command(folder: Path, sim: str | None, library: Path | None) -> int:
    """Simulate again what differed and was kept in FOLDER, and write its waveform.

    Exit status: 0 if all is equal now, 1 if not.
    """
    if not replay.writable(folder):
        click.echo(f"note: {folder}: nothing can be written there; no waveform is kept", err=True)
    with log_kept(folder / "replay.log"):
        part = replay.replay(folder, sim, library)
    if part.difference:
        click.echo(f"first difference: {part.difference}", err=True)
        return EXIT_DIFFERS
    click.echo(f"{len(part.equal)} samples equal", err=True)
    return EXIT_OK


@cli.command("events")
@click.argument("folder", type=FOLDER)
@click.option("--samples", type=click.IntRange(min=1), default=1, show_default=True)
def events_command(folder: Path, samples: int) -> None:
    """Print the first reference samples as the core's input, a beat a line.

    The columns are kind, neg, digit, address and tlast, for a bench of your own, such as
    examples/classify.v.
    """
    build = artefact.load(folder)
    x = reference_vectors.load(build).x[:, :samples]
    click.echo(stream.words_as_text(stream.input_words(build.dataflow.input, x)), nl=False)


@cli.command("synth")
@click.argument("folder", type=FOLDER)
@DEVICE
@PLACE
@INSTANCES
@click.option("--keep", type=FOLDER, help="A new folder for scripts, logs and netlists.")
@LIBRARY_OPTION
def synth_command(
    folder: Path, device: str, place: bool, jobs: int, keep: Path | None, library: Path | None
) -> int:
    """Synthesize the build in FOLDER with Yosys, and place and route it with nextpnr.

    Exit status: 0 if nothing in the netlist multiplies or divides, 1 if something does.
    """
    build = opened(folder, library)
    if keep is not None and keep.exists():
        raise InputError(f"{keep}: exists; name a new folder")
    result = synthesized(build, device, place=place, jobs=jobs, keep=keep)
    if result.products:
        click.echo(f"the core must only add: {'; '.join(result.products)}", err=True)
        return EXIT_DIFFERS
    Console().print(resource_table(result))
    click.echo(placed_line(result))
    return EXIT_OK


@cli.command("sweep")
@click.argument("folders", type=FOLDER, nargs=-1, required=True)
@DEVICE
@PLACE
@INSTANCES
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="That the cycles are the mean of.",
)
@click.option("--plot", "plot_path", type=click.Path(path_type=Path), help="Draw it here (.png).")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the numbers here."
)
def sweep_command(
    folders: tuple[Path, ...],
    device: str,
    place: bool,
    jobs: int,
    samples: int,
    plot_path: Path | None,
    json_path: Path | None,
) -> None:
    """Area against cycles of the builds in FOLDERS: other lanes, other widths of weights.

    A build that was synthesized for the device is not synthesized again.
    """
    builds = [artefact.load(folder) for folder in folders]
    result = sweep.run(
        builds, device, samples, lambda build: synthesized(build, device, place=place, jobs=jobs)
    )
    if json_path:
        evidence.write_json(result, json_path)
    if plot_path:
        sweep.plot(result, plot_path)
    Console().print(sweep.table(result))


def progress_bar(*columns: ProgressColumn) -> Progress:
    """How far a command is, on a terminal alone, and gone when it is done; further columns."""
    errors = Console(stderr=True)
    return Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), *columns,
        console=errors, transient=True, disable=not errors.is_terminal,
    )  # fmt: skip


def synthesized(build: Build, device: str, **options: Any) -> flow.Synthesis:
    """flow.run() with a bar on the terminal and its report in evidence/."""
    name = build.dataflow.name
    with progress_bar(TimeElapsedColumn()) as bar:
        task = bar.add_task(name)

        def begin(step: str, parts: int) -> None:
            bar.reset(task, total=parts, description=f"{name}: {step}")

        result = flow.run(build, device, begin=begin, advance=lambda: bar.advance(task), **options)
    with keeping("evidence"):
        evidence.write(build, f"synthesis-{device}", result)
    return result


@cli.command("prove")
@click.argument("folder", type=FOLDER)
@click.option("--jobs", type=click.IntRange(min=1), default=2, show_default=True)
@LIBRARY_OPTION
def prove_command(folder: Path, jobs: int, library: Path | None) -> int:
    """Prove the Verilog of the build in FOLDER for all inputs, by SMT (docs/proofs.md).

    Exit status: 0 if every property holds and every error put in on purpose is found, 1 if not.
    """
    build = opened(folder, library)
    trace = folder / evidence.FOLDER / certificate.TRACE
    with progress_bar() as progress:
        task = progress.add_task(f"proofs of {build.dataflow.name}", total=None)
        proof = certificate.run(
            build,
            jobs,
            start=lambda n: progress.update(task, total=n),
            advance=lambda n: progress.advance(task, n),
            trace=trace,
        )
    Console().print(certificate.proof_table(proof), certificate.error_table(proof))
    with keeping("evidence"):
        evidence.write(build, "proof", proof)
    if failure := certificate.first_failure(proof):
        click.echo(f"refuted: {failure}", err=True)
    return EXIT_OK if proof.holds else EXIT_DIFFERS


if __name__ == "__main__":
    run(cli, "python -m rtl_sim")
