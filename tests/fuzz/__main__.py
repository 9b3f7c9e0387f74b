"""`python -m tests.fuzz`: change sound inputs of every kind, and read them as the commands do.

No input may give a traceback, take long or much memory, have a file outside its folder read, or
have code run: what cannot be used is refused in one line. Each finding is written into a folder,
from which --again reads it once more. The exit status is 1 if there are any.
"""

import os
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from tests.fuzz import runner, workers
from tests.fuzz.targets import TARGETS

PATH = click.Path(path_type=Path)


@click.command()
@click.option("--seconds", type=float, default=60, show_default=True, help="Time for all inputs.")
@click.option("--jobs", type=int, default=os.cpu_count(), help="Processes. [default: all cores]")
@click.option("--seed", type=int, default=0, show_default=True, help="Other inputs.")
@click.option("--only", multiple=True, type=click.Choice(list(TARGETS)), help="These kinds alone.")
@click.option("--out", type=PATH, default="build/fuzz", show_default=True, help="For findings.")
@click.option("--again", type=PATH, help="Read the input of the finding in this folder again.")
def main(
    seconds: float, jobs: int, seed: int, only: tuple[str, ...], out: Path, again: Path | None
) -> int:
    """Read changed inputs of every kind; what is more than a refusal in one line is a finding."""
    if again:
        with tempfile.TemporaryDirectory(prefix="trispike-fuzz-") as scratch:
            outcome = runner.again(again, Path(scratch))
        click.echo(outcome.trace + (outcome.finding or "no finding"))
        return EXIT_DIFFERS if outcome.finding else EXIT_OK
    table = Table(title=f"inputs that were changed, seed {seed}")
    for head in ("kind of input", "inputs", "refused", "findings"):
        table.add_column(head, justify="left" if head == "kind of input" else "right")
    rows, found = [], False
    tallies = workers.run(list(only or TARGETS), seed, seconds, jobs, out.resolve())
    for name, tally in tallies.items():
        rows.append((tally.inputs, tally.refused, tally.findings.total()))
        table.add_row(name, *(f"{count:,}" for count in rows[-1]))
        for finding, count in tally.findings.most_common():
            click.echo(f"{name}: {finding} ({count:,})")
            found = True
    table.add_section()
    table.add_row("all", *(f"{sum(column):,}" for column in zip(*rows, strict=True)))
    Console().print(table)
    if found:
        click.echo(f"findings: {out}; python -m tests.fuzz --again FOLDER")
    return EXIT_DIFFERS if found else EXIT_OK


if __name__ == "__main__":
    run(main, "python -m tests.fuzz")
