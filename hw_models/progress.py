"""Shows on standard error how far a command is: a bar on a terminal, else a line now and then."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from hw_models.cli import is_quiet

EVERY_SECONDS = 60.0


class Progress:
    """How far a command is with what it does now; by itself it shows nothing.

    Args:
        what: what is done.
        total: its number of parts; None: not known.
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        self.what, self.total, self.done = what, total, 0

    def begin(self, what: str, total: int | None) -> None:
        """Go on with something else."""
        self.what, self.total, self.done = what, total, 0

    def advance(self, parts: int = 1) -> None:
        """So many further parts are done."""
        self.reach(self.done + parts, self.total)

    def reach(self, done: int, total: int | None) -> None:
        """So many parts are done of all that are known by now."""
        self.done, self.total = done, total


class Bar(Progress):
    """Progress as a bar on a terminal."""

    def __init__(self, bars: RichProgress, what: str, total: int | None) -> None:
        super().__init__(what, total)
        self.bars, self.task = bars, bars.add_task(what, total=total)

    def begin(self, what: str, total: int | None) -> None:
        super().begin(what, total)
        self.bars.reset(self.task, total=total, description=what)

    def reach(self, done: int, total: int | None) -> None:
        super().reach(done, total)
        self.bars.update(self.task, completed=done, total=total)


@contextmanager
def shown(what: str, total: int | None = None) -> Iterator[Progress]:
    """A context with a Progress that is shown: on a terminal as a bar, which vanishes at the end.

    Without a terminal a line is printed every EVERY_SECONDS, which a log keeps.
    """
    errors = Console(stderr=True)
    if is_quiet():
        yield Progress(what, total)
    elif errors.is_terminal:
        columns = (*RichProgress.get_default_columns(), MofNCompleteColumn(), TimeElapsedColumn())
        with RichProgress(*columns, console=errors, transient=True) as bars:
            yield Bar(bars, what, total)
    else:
        progress, ended = Progress(what, total), threading.Event()
        printer = threading.Thread(None, print_lines, "progress", (progress, ended), daemon=True)
        printer.start()
        try:
            yield progress
        finally:
            ended.set()
            printer.join()


def print_lines(progress: Progress, ended: threading.Event) -> None:
    """Print a line every EVERY_SECONDS until the end."""
    begin = time.monotonic()
    while not ended.wait(EVERY_SECONDS):
        of = "" if progress.total is None else f" of {progress.total:,}"
        so_far = f"{progress.done:,}{of}, " if progress.total or progress.done else ""
        minutes = (time.monotonic() - begin) / 60
        click.echo(f"{progress.what}: {so_far}{minutes:.0f} min", err=True)
