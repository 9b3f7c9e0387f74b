"""What all commands have in common.

That is one-line errors, exit statuses, `--quiet`, `--debug`, and an example in each help.
"""

import difflib
import errno
import io
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from typing import Any, TextIO

import click

from hw_models.errors import InputError

EXIT_OK, EXIT_DIFFERS, EXIT_BAD_INPUT = 0, 1, 2
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
LONGEST = 2000  # characters of a message
FULL = (errno.ENOSPC, errno.EDQUOT)
# Packages that training and compiling need, and that the extra `train` installs.
TRAIN = ("torch", "brevitas", "tonic", "sklearn", "nir", "h5py")
QUIET, STDOUT = "quiet", "stdout"  # keys in a context's meta


def silence(ctx: click.Context) -> TextIO:
    """Print nothing on standard output until a command has ended; returns standard output."""
    out = ctx.meta.setdefault(STDOUT, sys.stdout)
    ctx.with_resource(redirect_stdout(io.StringIO()))
    return out


def quieten(ctx: click.Context) -> None:
    """Print nothing on standard output and show no progress, until a command has ended."""
    ctx.meta[QUIET] = True
    silence(ctx)


def is_quiet() -> bool:
    """Whether the command that runs shows no progress, as it was asked."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.meta.get(QUIET, False)


def be_quiet(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    """What --quiet does."""
    if asked:
        quieten(ctx)


COMMON = (
    click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        expose_value=False,
        callback=be_quiet,
        help="Print errors, notes and differences alone.",
    ),
    click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error, too."
    ),  # taken by run()
)


class Command(click.Command):
    """A command with the options that all have, whose help ends with an example.

    Args:
        example: what follows the command's name in the example.
    """

    def __init__(self, *args: Any, example: str = "", **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self.example = example

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        *own, shows_help = super().get_params(ctx)
        return [*own, *COMMON, shows_help]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{ctx.command_path} {self.example}\n")


class Group(click.Group):
    """A group of such commands, each of which is loaded when it is used.

    Args:
        package: the package with a module NAME for each command, which has it as NAME_command.
        names: the names of the commands.
    """

    command_class = Command

    def __init__(self, *args: Any, package: str = "", names: Iterable[str] = (), **attrs: Any):
        super().__init__(*args, **attrs)
        self.package, self.names = package, tuple(names)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.names, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.names:
            return getattr(import_module(f"{self.package}.{cmd_name}"), f"{cmd_name}_command")
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: click.Context, args: list[str]):
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], known, 3)
            all_of_them = f"`{ctx.command_path} --help` lists all"
            meant = f"did you mean {' or '.join(near)}?" if near else all_of_them
            raise click.UsageError(f"no command {args[0]!r}; {meant}")
        return super().resolve_command(ctx, args)


def command(name: str, example: str) -> Callable[[Callable[..., Any]], Command]:
    """A decorator that makes a Command of a function."""
    return click.command(name, cls=Command, example=example)


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
        click.echo(f"error: {one_line(message_of(error))}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if debug or package not in TRAIN:
            raise
        click.echo(
            f"error: needs the package {package}, which is not installed; "
            "`pip install 'trispike[train]'` installs it",
            err=True,
        )
        sys.exit(EXIT_BAD_INPUT)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else EXIT_OK)


def one_line(message: str) -> str:
    """A message on one line, without what a terminal would obey, and cut where it is endless."""
    line = " ".join(message.split())
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    return line if len(line) <= LONGEST else f"{line[: LONGEST // 2]} ... {line[-LONGEST // 2 :]}"


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
