"""`python -m rtl_sim energy`: an inference by the toggles of its gates."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import command, keeping
from hw_models.folder import evidence, reference_vectors
from hw_models.options import JSON, Giver
from rtl_sim.commands.options import (
    FOLDER,
    INSTANCES,
    LIBRARY_OPTION,
    SAMPLES,
    log_kept,
    opened,
    sim_option,
    status_of,
    with_bar,
)
from rtl_sim.energy import report as energy
from rtl_sim.energy.price import Conditions
from rtl_sim.simulation import simulators


@command("energy", "build/digits --samples 5")
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
    give_json: Giver,
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
    give_json(result)
    with keeping("evidence"):
        evidence.write(build, "energy", result)
    return status_of(result.first_difference, None)
