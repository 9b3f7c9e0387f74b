"""`python -m rtl_sim replay`: a kept failure again."""

from pathlib import Path

import click

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, command
from rtl_sim.commands.options import FOLDER, LIBRARY_OPTION, SIMULATOR, log_kept
from rtl_sim.simulation import replay


@command("replay", "build/digits/evidence/failure-icarus")
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
