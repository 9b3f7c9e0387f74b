"""Runs a click command with one-line errors, exit statuses, and `--debug` for the traceback."""

import errno
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import click

from hw_models.errors import InputError

EXIT_OK, EXIT_DIFFERS, EXIT_BAD_INPUT = 0, 1, 2
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
FULL = (errno.ENOSPC, errno.EDQUOT)


def run(command: click.Command, prog_name: str, args: list[str] | None = None) -> None:
    """Run `command` and exit with status 0 (done), 1 (a comparison failed) or 2 (unusable input).

    A command reports a failed comparison by returning EXIT_DIFFERS. `--debug`, anywhere on the
    command line, also shows the traceback of an input error.
    """
    args = list(sys.argv[1:] if args is None else args)
    debug = "--debug" in args
    if debug:
        args.remove("--debug")
    try:
        status = command.main(args, prog_name=prog_name, standalone_mode=False)
    except (InputError, click.ClickException, OSError, OverflowError) as error:
        if debug:
            traceback.print_exc()
        click.echo(f"error: {' '.join(message_of(error).split())}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else EXIT_OK)


def message_of(error: Exception) -> str:
    """The message of an error as the user sees it."""
    if isinstance(error, click.ClickException):
        return error.format_message()
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        remedy = "; free some or name another place" if error.errno in FULL else ""
        return f"{where}{error.strerror}{remedy}"
    return str(error)


@contextmanager
def keeping(what: str, *, at_best: bool = False) -> Iterator[None]:
    """A context around writing results into a folder that was given only to be read.

    If the folder cannot be written, a note on standard error says so and the command goes on.

    Args:
        what: names the results in that note.
        at_best: go on after any other error, too.
    """
    try:
        yield
    except (OSError, InputError) as error:
        if not at_best and not (isinstance(error, OSError) and error.errno in READ_ONLY):
            raise
        click.echo(f"note: {message_of(error)}; {what} not kept", err=True)
