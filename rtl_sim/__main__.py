"""The commands of `python -m rtl_sim`, which simulate, synthesize and prove a build's Verilog."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, keeping, run
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.sample.options import Reader, sample_options
from hw_models.sample.tables import sample_tables
from rtl_sim import progress
from rtl_sim.board.commands import bitstream_command, board_command
from rtl_sim.energy import report as energy
from rtl_sim.energy.price import Conditions
from rtl_sim.options import (
    FAILURE,
    FOLDER,
    INSTANCES,
    JSON,
    LIBRARY_OPTION,
    SAMPLES,
    SIM,
    SIMULATOR,
    jobs_option,
    log_kept,
    new_folder,
    opened,
    sim_option,
    status_of,
    with_bar,
)
from rtl_sim.proofs import certificate
from rtl_sim.proofs.netlist import proof as netlist_proof
from rtl_sim.simulation import classify, replay, report, simulators, stream
from rtl_sim.simulation.check import UNKNOWN
from rtl_sim.simulation.simulate import Stalls
from rtl_sim.synthesis import flow, netlists, sweep
from rtl_sim.synthesis.devices import DEVICES, NETLISTS
from rtl_sim.synthesis.tables import output_register_line, placed_line, resource_table

WAVES = "simulation"
PLACED = ", ".join(name for name, device in DEVICES.items() if device.nextpnr)
DEVICE = click.option(
    "--device",
    type=click.Choice(list(DEVICES)),
    default="xc7",
    show_default=True,
    help="Synthesize for this family of FPGAs.",
)
PLACE = click.option(
    "--place/--no-place",
    default=True,
    help=f"Also place and route to find Fmax (only {PLACED}).",
)


@click.group()
def cli() -> None:
    """Simulate, synthesize and prove the Verilog core of a build folder."""


@cli.command("run")
@click.argument("folder", type=FOLDER)
@SAMPLES
@SIM
@click.option(
    "--netlist",
    type=click.Choice(list(NETLISTS)),
    help="Simulate the netlist that Yosys makes of the core for this technology, not the Verilog.",
)
@jobs_option("Run N simulations at a time.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Simulate on the Dask cluster of this scheduler (tcp://host:8786), not on this machine.",
)
@click.option(
    "--stalls",
    type=click.IntRange(0, 95),
    default=0,
    show_default=True,
    help="Make the core wait at random, on each side in this percentage of the cycles.",
)
@click.option(
    "--edges/--no-edges",
    default=True,
    help="Afterwards simulate a few samples again, with events in another order, resets and "
    "register accesses, and compare the cycles of the first samples with the timing model.",
)
@click.option(
    "--waves",
    is_flag=True,
    help=f"Write a waveform to {evidence.FOLDER}/{WAVES}.fst in FOLDER (.vcd with Verilator); "
    "use it with few samples.",
)
@FAILURE
@click.option(
    "--parts",
    "parts_kept",
    type=FOLDER,
    help="Keep finished parts in this folder until the run has ended. "
    f"[default: FOLDER/{evidence.FOLDER}/parts-SIM]",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from the parts that an interrupted run has finished, if there are any.",
)
@LIBRARY_OPTION
@JSON
def run_command(
    folder: Path,
    samples: int,
    sim: str,
    netlist: str | None,
    jobs: int,
    scheduler: str | None,
    stalls: int,
    edges: bool,
    waves: bool,
    failure: Path | None,
    parts_kept: Path | None,
    resume: bool,
    library: Path | None,
    json_path: Path | None,
) -> int:
    """Simulate the build in FOLDER and compare all results.

    It simulates the first reference samples. The exit status is 0 if every event, membrane and
    logit is equal, 1 if not, and 2 if the simulator broke off. A netlist shows no membranes, but
    all events between layers, logits and cycles.
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
    writable = replay.writable(results if results.exists() else folder)
    if waves and not writable:
        raise InputError(f"--waves: nothing can be written in {results}; copy the build first")
    if waves and resume:
        raise InputError("--resume: not with --waves, where all samples are one part")
    label = f"{netlist}-{sim}" if netlist else sim
    if parts_kept is None and writable:
        parts_kept = results / f"parts-{label}"
    if resume and parts_kept is None:
        raise InputError(f"--resume: nothing can be written in {results}; give --parts FOLDER")
    failure = failure or results / f"failure-{label}"
    if netlist:
        build = with_bar(
            f"{build.dataflow.name} for {netlist}",
            lambda **told: netlists.of(build, netlist, jobs=jobs, **told),
        )
    rate = stalls * 256 // 100
    name = f"{build.dataflow.name} in {sim}"
    with (
        log_kept(results / f"simulation-{label}.log"),
        progress.samples(name, x.shape[1]) as advance,
    ):
        result = report.run(
            build,
            x,
            sim,
            stalls=Stalls(idle=rate, stall=rate),
            waves=results / f"{WAVES}{simulators.SIMULATORS[sim].waves_suffix}" if waves else None,
            jobs=jobs,
            scheduler=scheduler,
            failure=failure,
            parts_kept=parts_kept,
            resume=resume,
            with_edges=edges,
            advance=advance,
        )
    Console().print(report.summary_table(result))
    if result.additions != UNKNOWN:
        Console().print(report.activity_table(result))
    if json_path:
        evidence.write_json(result, json_path)
    with keeping("evidence"):
        evidence.write(build, f"netlist-{netlist}" if netlist else "simulation", result)
    return status_of(result.first_difference, result.failure)


@cli.command("classify")
@sample_options
@SIM
@FAILURE
@LIBRARY_OPTION
def classify_command(
    folder: Path,
    files: tuple[Path, ...],
    read: Reader,
    json_path: Path | None,
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
    if json_path:
        evidence.write_json(result, json_path)
    return status_of(result.first_difference, result.failure)


@cli.command("replay")
@click.argument("folder", type=FOLDER)
@click.option("--sim", type=SIMULATOR, help="Use this simulator instead of the one that found it.")
@LIBRARY_OPTION
def replay_command(folder: Path, sim: str | None, library: Path | None) -> int:
    """Simulate the failure in FOLDER again and write its waveform.

    The exit status is 0 if everything is equal now, and 1 if not.
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
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Print the first N samples.",
)
def events_command(folder: Path, samples: int) -> None:
    """Print reference samples of the build in FOLDER as input beats.

    Each line is a beat of the core's input stream, with the columns kind, neg, digit, address and
    tlast. The output is meant for your own bench, such as examples/classify.v.
    """
    build = artefact.load(folder)
    x = reference_vectors.load(build).x[:, :samples]
    click.echo(stream.words_as_text(stream.input_words(build.dataflow.input, x)), nl=False)


@cli.command("synth")
@click.argument("folder", type=FOLDER)
@DEVICE
@PLACE
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Place and route with the seeds 1 to N, between which Fmax differs by some percent.",
)
@INSTANCES
@click.option("--keep", type=FOLDER, help="Keep scripts, logs and netlists in this new folder.")
@LIBRARY_OPTION
def synth_command(
    folder: Path,
    device: str,
    place: bool,
    seeds: int,
    jobs: int,
    keep: Path | None,
    library: Path | None,
) -> int:
    """Synthesize the build in FOLDER with Yosys and nextpnr.

    Yosys maps it to the device, and nextpnr places and routes it. The exit status is 0 if nothing
    in the netlist multiplies or divides, and 1 if something does.
    """
    build = opened(folder, library)
    if seeds > 1 and not (place and DEVICES[device].nextpnr):
        raise InputError(f"--seeds {seeds}: nothing is placed; accepted with placing on {PLACED}")
    new_folder(keep)
    result = synthesized(build, device, place=place, seeds=seeds, jobs=jobs, keep=keep)
    if result.products:
        click.echo(f"the core must only add: {'; '.join(result.products)}", err=True)
        return EXIT_DIFFERS
    Console().print(resource_table(result))
    if line := output_register_line(result):
        click.echo(line)
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
    help="Take the mean of the cycles over the first N samples.",
)
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(path_type=Path),
    help="Draw the plot in this file (.png).",
)
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Write the numbers to this file."
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
    """Compare area and cycles of the builds in FOLDERS.

    The builds differ, for example, in lanes or weight widths. A build that was already synthesized
    for the device is not synthesized again.
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


def synthesized(build: Build, device: str, **options: Any) -> flow.Synthesis:
    """The result of flow.run(), with a progress bar, and written as a report to evidence/."""
    result = with_bar(
        build.dataflow.name, lambda **told: flow.run(build, device, **options, **told)
    )
    with keeping("evidence"):
        evidence.write(build, f"synthesis-{device}", result)
    return result


@cli.command("energy")
@click.argument("folder", type=FOLDER)
@SAMPLES
@sim_option("verilator")
@click.option(
    "--clock",
    "clock_mhz",
    type=click.FloatRange(min=0, min_open=True),
    default=100.0,
    show_default=True,
    help="The clock's frequency in MHz, on which only leakage depends.",
)
@click.option(
    "--wire",
    "wire_pf",
    type=click.FloatRange(min=0),
    default=0.015,
    show_default=True,
    help="The capacitance in pF of the wire to each pin.",
)
@click.option(
    "--transition",
    "transition_ns",
    type=click.FloatRange(min=0, min_open=True),
    default=0.2,
    show_default=True,
    help="The transition time of all inputs in ns.",
)
@INSTANCES
@LIBRARY_OPTION
@JSON
def energy_command(
    folder: Path,
    samples: int,
    sim: str,
    clock_mhz: float,
    wire_pf: float,
    transition_ns: float,
    jobs: int,
    library: Path | None,
    json_path: Path | None,
) -> int:
    """Price an inference of the build in FOLDER by its gates' toggles.

    Yosys maps the core to the open standard cells OSU 0.18 um. The first reference samples are
    simulated on the gates, and each toggle is priced by the library's tables (docs/energy.md). The
    exit status is 1 if a sample differs from the golden model.
    """
    simulators.require(sim)
    build = opened(folder, library)
    x = reference_vectors.load(build).x[:, :samples]
    conditions = Conditions(clock_mhz=clock_mhz, wire_pf=wire_pf, transition_ns=transition_ns)
    with log_kept(folder / evidence.FOLDER / f"energy-{sim}.log"):
        result = with_bar(
            build.dataflow.name,
            lambda **told: energy.run(build, x, conditions, sim, jobs, **told),
        )
    Console().print(energy.table(result))
    for line in energy.lines(result):
        click.echo(line)
    if json_path:
        evidence.write_json(result, json_path)
    with keeping("evidence"):
        evidence.write(build, "energy", result)
    return status_of(result.first_difference, None)


@cli.command("prove")
@click.argument("folder", type=FOLDER)
@jobs_option("Give the solvers N questions at a time.")
@click.option(
    "--keep",
    type=FOLDER,
    help="Keep the formulas of each question in this new folder, for other solvers.",
)
@click.option(
    "--netlist",
    type=click.Choice(netlist_proof.PROVEN),
    help="Prove instead that the netlist of each instance equals its Verilog; ABC decides, and "
    "--keep keeps the circuits.",
)
@LIBRARY_OPTION
def prove_command(
    folder: Path, jobs: int, keep: Path | None, netlist: str | None, library: Path | None
) -> int:
    """Prove the Verilog of the build in FOLDER for all inputs.

    SMT solvers decide each property (docs/proofs.md). The exit status is 0 if every property holds,
    every deliberate error is found and the statement about the core follows, and 1 if not. With
    --netlist it is 0 if the netlist of every instance equals its Verilog.
    """
    build = opened(folder, library)
    new_folder(keep)
    if netlist:
        return netlist_proven(build, netlist, jobs, keep)
    trace = folder / evidence.FOLDER / certificate.TRACE
    with progress.bar() as shown:
        task = shown.add_task(f"proofs of {build.dataflow.name}", total=None)
        proof = certificate.run(
            build,
            jobs,
            start=lambda n: shown.update(task, total=n),
            advance=lambda n: shown.advance(task, n),
            trace=trace,
            keep=keep,
        )
    Console().print(
        certificate.proof_table(proof),
        certificate.error_table(proof),
        certificate.statement_table(proof),
    )
    with keeping("evidence"):
        evidence.write(build, "proof", proof)
    if failure := certificate.first_failure(proof):
        click.echo(f"refuted: {failure}", err=True)
    return EXIT_OK if proof.holds else EXIT_DIFFERS


def netlist_proven(build: Build, netlist: str, jobs: int, keep: Path | None) -> int:
    """Prove a build's netlist and write the report; return the exit status."""
    proof = with_bar(
        f"{build.dataflow.name} for {netlist}",
        lambda **told: netlist_proof.run(build, netlist, jobs, keep, **told),
    )
    Console().print(netlist_proof.table(proof))
    with keeping("evidence"):
        evidence.write(build, f"proof-{netlist}", proof)
    if failure := netlist_proof.first_failure(proof):
        click.echo(failure, err=True)
    return EXIT_OK if proof.holds else EXIT_DIFFERS


cli.add_command(bitstream_command)
cli.add_command(board_command)


if __name__ == "__main__":
    run(cli, "python -m rtl_sim")
