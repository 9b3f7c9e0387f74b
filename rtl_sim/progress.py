"""Shows on standard error how far a command is: a bar on a terminal, else a line now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, ProgressColumn

EVERY_SECONDS = 60


def bar(*columns: ProgressColumn) -> Progress:
    """A progress bar with further columns; it shows only on a terminal and vanishes at the end."""
    errors = Console(stderr=True)
    return Progress(
        *Progress.get_default_columns(), MofNCompleteColumn(), *columns,
        console=errors, transient=True, disable=not errors.is_terminal,
    )  # fmt: skip


@contextmanager
def samples(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A context that gives a function to call with each number of further samples done.

    Without a terminal it prints a line at most every EVERY_SECONDS, which a log keeps.
    """
    with bar() as shown:
        task = shown.add_task(name, total=total)
        begin = last = time.monotonic()
        done = 0

        def advance(further: int) -> None:
            nonlocal last, done
            done += further
            shown.advance(task, further)
            now = time.monotonic()
            if shown.disable and now - last >= EVERY_SECONDS:
                last = now
                minutes = (now - begin) / 60
                click.echo(f"{name}: {done:,} of {total:,} samples, {minutes:.0f} min", err=True)

        yield advance
