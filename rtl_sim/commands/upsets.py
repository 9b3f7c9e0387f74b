"""`python -m rtl_sim upsets`: accuracy while bits of the core's memories flip."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command, keeping
from hw_models.folder import evidence, files, reference_vectors
from hw_models.options import JSON, Giver, Several, jobs_option
from rtl_sim import plots
from rtl_sim.commands.options import (
    FOLDER,
    LIBRARY_OPTION,
    log_kept,
    opened,
    sim_option,
    with_bar,
)
from rtl_sim.simulation import simulators
from rtl_sim.upsets import report, tables
from rtl_sim.upsets.memories import KINDS, Kind


@command("upsets", "build/digits --flips 1,16,256 --trials 4")
@click.argument("folder", type=FOLDER)
@click.option(
    "--flips",
    "counts",
    type=Several(click.IntRange(min=0, max=1 << 20), "N,..."),
    default="1,4,16,64,256",
    show_default=True,
    help="Flip so many bits, and none for comparison.",
)
@click.option(
    "--memory",
    "kinds",
    type=Several(click.Choice(KINDS), "KIND,..."),
    default=",".join(KINDS),
    show_default=True,
    help="Flip bits of these memories, of one kind at a time.",
)
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Draw the bits so many times for each number and kind.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Simulate the first N samples in each trial.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Draw other bits."
)
@sim_option("verilator")
@jobs_option("Run N simulations at a time.")
@click.option(
    "--plot",
    "plot_path",
    type=click.Path(path_type=Path),
    help=f"Draw accuracy against flips in this file ({', '.join(plots.FORMATS)}).",
)
@click.option(
    "--list",
    "list_path",
    type=click.Path(path_type=Path),
    help="Write every flip to this file (.csv): memory, word, bit, sample, cycle.",
)
@LIBRARY_OPTION
@JSON
def upsets_command(
    folder: Path,
    counts: list[int],
    kinds: list[Kind],
    trials: int,
    samples: int,
    seed: int,
    sim: str,
    jobs: int,
    plot_path: Path | None,
    list_path: Path | None,
    library: Path | None,
    give_json: Giver,
) -> int:
    """Flip bits in the memories of the build in FOLDER and count the damage.

    The flips happen in the simulated Verilog, at random places that --seed repeats. Flipped weights
    stay for all samples; membranes and accumulators flip anew in each sample, in a random cycle.
    The Verilog with flipped weights is compared with a model of them in every value, and the model
    gives their accuracy on all reference samples. The exit status is 1 if the two differ.
    """
    simulators.require(sim)
    if plot_path:
        plots.check(plot_path)
    build = opened(folder, library)
    reference = reference_vectors.load(build)
    with log_kept(folder / evidence.FOLDER / f"upsets-{sim}.log"):
        result = with_bar(
            build.dataflow.name,
            lambda **told: report.run(
                build, reference, counts, kinds=kinds, samples=samples, trials=trials, seed=seed,
                sim=sim, jobs=jobs, **told,
            ),
        )  # fmt: skip
    Console().print(tables.table(result))
    give_json(result)
    if plot_path:
        tables.plot(result, plot_path)
    if list_path:
        text = "".join(f"{line}\n" for line in tables.lines(build, result))
        files.write({list_path: text.encode()})
    with keeping("evidence"):
        evidence.write(build, "upsets", result)
    if result.first_difference is None:
        return EXIT_OK
    click.echo(f"first difference: {result.first_difference}", err=True)
    return EXIT_DIFFERS
