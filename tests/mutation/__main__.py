"""`python -m tests.mutation`: every mutant of the Verilog, and what finds it.

First each check must pass on the library as it is. Then each mutant must be found by all checks
that are named for it; those that are equivalent say why. What survives is named at the end.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from tests.mutation.catalogue import catalogue
from tests.mutation.mutant import Mutant
from tests.mutation.running import Outcome, outcomes, unsound, workers

KINDS = ("simulation", "bench", "proof", "lint", "elaboration", "equivalent")


def summary(found: Sequence[Outcome]) -> Table:
    """How many mutants of each module each kind of check finds."""
    table = Table("module", "mutants", *KINDS, "survive", box=None)
    rows: dict[str, Counter[str]] = {}
    for outcome in found:
        row = rows.setdefault(outcome.mutant.change.module, Counter())
        row["mutants"] += 1
        if outcome.survived:
            row["survive"] += 1
        else:
            row.update({killer.kind for killer in outcome.mutant.killers})
    total: Counter[str] = sum(rows.values(), Counter())
    for name, row in [*sorted(rows.items()), ("all", total)]:
        table.add_row(name, *(str(row[column] or "") for column in ("mutants", *KINDS, "survive")))
    return table


def decided(mutants: Sequence[Mutant], jobs: int) -> int:
    """Decide all mutants and print what became of them; the exit status."""
    begin, found = time.monotonic(), []
    killers = list(dict.fromkeys(killer for mutant in mutants for killer in mutant.killers))
    with workers(jobs) as pool:
        wrong = [said for said in pool.map(unsound, killers) if said]
        for said in wrong:
            click.echo(f"not of the library as it is: {said}", err=True)
        if wrong:
            pool.shutdown(cancel_futures=True)
            return EXIT_DIFFERS
        click.echo(f"the library as it is passes all {len(killers)} checks")
        for outcome in outcomes(pool, mutants):
            found.append(outcome)
            click.echo(f"{len(found)}/{len(mutants)} {outcome}")
    Console(width=100).print(summary(found))
    survived = [outcome for outcome in found if outcome.survived]
    for outcome in survived:
        click.echo(str(outcome), err=True)
    equivalent = sum(outcome.equivalent for outcome in found)
    click.echo(
        f"{len(found)} mutants: {len(found) - equivalent - len(survived)} killed, {equivalent} "
        f"equivalent, {len(survived)} survive; {time.monotonic() - begin:.0f} s, {jobs} at a time"
    )
    return EXIT_DIFFERS if survived else EXIT_OK


@click.command()
@click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count(), show_default="cores")
@click.option("--only", metavar="MODULE", help="Mutants of one module, named without trispike_.")
def cli(jobs: int, only: str | None) -> int:
    """Put each error into the Verilog; something must find it."""
    mutants = catalogue()
    modules = sorted({mutant.change.module for mutant in mutants})
    if only is not None and only not in modules:
        raise click.BadParameter(f"{only!r} is none of {', '.join(modules)}", param_hint="--only")
    return decided([m for m in mutants if only in (None, m.change.module)], jobs)


if __name__ == "__main__":
    run(cli, "python -m tests.mutation")
