"""`python -m rtl_sim run DIR`: a build simulated in Verilog, compared with the golden model."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from hw_models import artefact, evidence, reference
from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from rtl_sim import bench, report
from rtl_sim.simulate import COMMANDS, Stalls, check_simulator

WAVES = "simulation.fst"


@click.group()
def cli() -> None:
    """The Verilog core of a build folder."""


@cli.command("run")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--samples", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--sim", type=click.Choice(sorted(COMMANDS)), default="icarus", show_default=True)
@click.option(
    "--stalls",
    type=click.IntRange(0, 95),
    default=0,
    show_default=True,
    help="Percent of the cycles in which either side of the core makes it wait, at random.",
)
@click.option("--waves", is_flag=True, help=f"Leave {evidence.FOLDER}/{WAVES} in FOLDER.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the report here.")
def run_command(
    folder: Path, samples: int, sim: str, stalls: int, waves: bool, json_path: Path | None
) -> int:
    """Simulate the first reference samples of the build in FOLDER and compare everything.

    Exit status: 0 if every event, membrane and logit is equal, 1 if not.
    """
    check_simulator(sim)
    build = artefact.load(folder)
    bench.parameters(build)
    x = reference.load(build).x[:, :samples]
    rate = stalls * 256 // 100
    (folder / evidence.FOLDER).mkdir(exist_ok=True)
    errors = Console(stderr=True)
    with Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        task = progress.add_task(f"{build.dataflow.name} in {sim}", total=x.shape[1])
        result = report.run(
            build,
            x,
            sim,
            Stalls(idle=rate, stall=rate),
            folder / evidence.FOLDER / WAVES if waves else None,
            lambda n: progress.advance(task, n),
        )
    evidence.write(build, "simulation", result)
    if json_path:
        evidence.write_json(result, json_path)
    Console().print(report.summary_table(result), report.layer_table(result))
    if not result.equal:
        click.echo(f"first difference: {result.first_difference}", err=True)
    return EXIT_OK if result.equal else EXIT_DIFFERS


if __name__ == "__main__":
    run(cli, "python -m rtl_sim")
