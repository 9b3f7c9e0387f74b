"""`python -m rtl_sim run`: simulation against the golden model."""

from pathlib import Path

import click
from rich.console import Console

from hw_models import progress
from hw_models.cli import command, keeping
from hw_models.errors import InputError
from hw_models.folder import evidence, reference_vectors
from hw_models.options import JSON, Giver, jobs_option
from rtl_sim.commands.options import (
    FAILURE,
    FOLDER,
    LIBRARY_OPTION,
    SAMPLES,
    SIM,
    log_kept,
    opened,
    status_of,
    with_bar,
)
from rtl_sim.simulation import replay, report, simulators
from rtl_sim.simulation.check import UNKNOWN
from rtl_sim.simulation.simulate import Stalls
from rtl_sim.synthesis import netlists
from rtl_sim.synthesis.devices import NETLISTS

WAVES = "simulation"


@command("run", "build/digits --samples 100")
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
    give_json: Giver,
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

    def written(result: report.SimulationReport) -> None:
        with keeping("evidence"):
            evidence.write(build, f"netlist-{netlist}" if netlist else "simulation", result)

    with (
        log_kept(results / f"simulation-{label}.log"),
        progress.shown(name, x.shape[1]) as bar,
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
            advance=bar.advance,
            ended=written,
        )
    Console().print(report.summary_table(result))
    if result.additions != UNKNOWN:
        Console().print(report.activity_table(result))
    give_json(result)
    return status_of(result.first_difference, result.failure)
