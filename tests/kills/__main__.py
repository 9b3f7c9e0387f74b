"""`python -m tests.kills`: commands that are killed, at each call that changes files and at random.

After a kill, each file, and each folder that is written as a whole, is the old one or the new one,
and loads. After the next start of the command nothing incomplete is left, and the result is that of
a command that was never killed. Each violation is one line that names what repeats it.
"""

import itertools
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import click
import numpy as np
import torch

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from qtrain.data import datasets
from tests.kills import together
from tests.kills.scenarios import SCENARIOS
from tests.kills.stage import staged
from tests.processes import killed_after, killed_at

MOST_TRIES = 5  # for each kill at a random moment, in case the command ends before


@dataclass(slots=True)
class Counts:
    """Of one scenario."""

    name: str
    at_calls: int = 0
    at_random: int = 0
    violations: int = 0

    def __str__(self) -> str:
        wrong = f"{self.violations} VIOLATIONS" if self.violations else "nothing lost or left"
        kills = f"{self.at_calls} kills at calls, {self.at_random} at random moments"
        return f"{self.name}: {kills}: {wrong}"

    def tell(self, said: str, option: str) -> None:
        """Print a violation, if there is one."""
        if said:
            self.violations += 1
            again = f'again: python -m tests.kills --only "{self.name}" {option}'
            click.echo(f"{self.name}: {' '.join(said.split())}; {again}", err=True)


def killed(name: str, calls: Iterable[int], count: int, seed: int) -> Counts:
    """Kill a scenario's command at calls, until it has no more, and `count` times at random."""
    counts = Counts(name)
    with staged(SCENARIOS[name]) as stage:
        for number in calls:
            said = stage.violation(lambda action, number=number: killed_at(number, action))
            if said is None:
                break
            counts.at_calls += 1
            counts.tell(said, f"--call {number}")
        for at in itertools.islice(itertools.count(seed), count * MOST_TRIES):
            if counts.at_random == count:
                break
            seconds = np.random.default_rng(at).uniform(0, stage.seconds)
            said = stage.violation(lambda action, seconds=seconds: killed_after(seconds, action))
            if said is not None:
                counts.at_random += 1
                counts.tell(said, f"--no-calls --count 1 --seed {at}")
    return counts


@click.command()
@click.option("--only", type=click.Choice(list(SCENARIOS)), help="Kill this command alone.")
@click.option(
    "--count",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Kill each command so many times at random moments.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The seed of the first of these moments; each has the next.",
)
@click.option("--calls/--no-calls", default=True, help="Kill at every call that changes files.")
@click.option("--call", type=click.IntRange(min=1), help="Kill at this call alone.")
def cli(only: str | None, count: int, seed: int, calls: bool, call: int | None) -> int:
    """Kill commands, and see that nothing is lost and nothing is left behind."""
    sys.dont_write_bytecode = True  # it would be another change of files
    torch.set_num_threads(1)  # threads do not survive a fork
    for split in datasets.SPLITS:
        datasets.load("digits", split)  # what forked processes need is then there

    def numbers() -> Iterable[int]:
        return [call] if call else itertools.count(1) if calls else []

    done = []
    for name in [only] if only else SCENARIOS:
        done.append(killed(name, numbers(), 0 if call else count, seed))
        click.echo(str(done[-1]))
    kills = sum(counts.at_calls + counts.at_random for counts in done)
    wrong = sum(counts.violations for counts in done)
    click.echo(f"{kills} kills: " + (f"{wrong} VIOLATIONS" if wrong else "nothing lost or left"))
    if only is None:
        wrong += together.violations(10 * count)
    return EXIT_DIFFERS if wrong else EXIT_OK


if __name__ == "__main__":
    run(cli, "python -m tests.kills")
