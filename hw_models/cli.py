"""Runs a click command: one-line errors, `--debug` for the traceback, the exit statuses."""

import sys
import traceback

import click

from hw_models.errors import InputError

EXIT_OK, EXIT_DIFFERS, EXIT_BAD_INPUT = 0, 1, 2


def run(command: click.Command, prog_name: str, args: list[str] | None = None) -> None:
    """Run `command` and exit: 0 done, 1 a comparison failed, 2 the input cannot be used.

    A command reports a failed comparison by returning EXIT_DIFFERS. `--debug`, anywhere on the
    line, shows the traceback of a bad input as well.
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
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"error: {' '.join(message.split())}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else EXIT_OK)
