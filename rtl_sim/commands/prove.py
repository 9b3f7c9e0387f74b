"""`python -m rtl_sim prove`: the Verilog, or its netlist, for all inputs."""

from pathlib import Path

import click
from rich.console import Console

from hw_models import progress
from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command, keeping
from hw_models.dataflow import Build
from hw_models.folder import evidence
from hw_models.options import JSON, Giver, jobs_option
from rtl_sim.commands.options import FOLDER, LIBRARY_OPTION, new_folder, opened, with_bar
from rtl_sim.proofs import certificate
from rtl_sim.proofs.netlist import proof as netlist_proof


@command("prove", "build/digits")
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
@JSON
def prove_command(
    folder: Path,
    jobs: int,
    keep: Path | None,
    netlist: str | None,
    library: Path | None,
    give_json: Giver,
) -> int:
    """Prove the Verilog of the build in FOLDER for all inputs.

    SMT solvers decide each property (docs/proofs.md). The exit status is 0 if every property holds,
    every deliberate error is found and the statement about the core follows, and 1 if not. With
    --netlist it is 0 if the netlist of every instance equals its Verilog.
    """
    build = opened(folder, library)
    new_folder(keep)
    if netlist:
        return netlist_proven(build, netlist, jobs, keep, give_json)
    trace = folder / evidence.FOLDER / certificate.TRACE
    with progress.shown(f"proofs of {build.dataflow.name}") as bar:
        proof = certificate.run(
            build,
            jobs,
            start=lambda n: bar.begin(bar.what, n),
            advance=bar.advance,
            trace=trace,
            keep=keep,
        )
    Console().print(
        certificate.proof_table(proof),
        certificate.error_table(proof),
        certificate.statement_table(proof),
    )
    give_json(proof)
    with keeping("evidence"):
        evidence.write(build, "proof", proof)
    if failure := certificate.first_failure(proof):
        click.echo(f"refuted: {failure}", err=True)
    return EXIT_OK if proof.holds else EXIT_DIFFERS


def netlist_proven(
    build: Build, netlist: str, jobs: int, keep: Path | None, give_json: Giver
) -> int:
    """Prove a build's netlist and write the report; return the exit status."""
    proof = with_bar(
        f"{build.dataflow.name} for {netlist}",
        lambda **told: netlist_proof.run(build, netlist, jobs, keep, **told),
    )
    Console().print(netlist_proof.table(proof))
    give_json(proof)
    with keeping("evidence"):
        evidence.write(build, f"proof-{netlist}", proof)
    if failure := netlist_proof.first_failure(proof):
        click.echo(failure, err=True)
    return EXIT_OK if proof.holds else EXIT_DIFFERS
