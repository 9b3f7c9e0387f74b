"""Options that commands of several packages share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from hw_models.cli import silence
from hw_models.folder import evidence
from hw_models.parallel import cores

STDOUT = "-"
Giver = Callable[[msgspec.Struct | dict[str, Any]], None]  # gives a report to who asked for it


def giver(ctx: click.Context, _: click.Parameter, file: str | None) -> Giver:
    """What gives a report as JSON: to a file, to standard output, or to nobody."""
    if file is None:
        return lambda report: None
    if file != STDOUT:
        return lambda report: evidence.write_json(report, Path(file))
    out = silence(ctx)
    return lambda report: print(evidence.as_json(report).decode(), end="", file=out)


JSON = click.option(
    "--json",
    "give_json",
    metavar="FILE",
    callback=giver,
    help="Write the report to this file; -: to standard output, in place of the tables.",
)


class Several(click.ParamType):
    """Values of a type with commas between."""

    def __init__(self, kind: click.ParamType, name: str) -> None:
        self.kind, self.name = kind, name

    def convert(self, value, param, ctx) -> list:
        if isinstance(value, list):
            return value
        return list(dict.fromkeys(self.kind.convert(each, param, ctx) for each in value.split(",")))


def jobs_option(what: str):
    """The option --jobs of a command; `what` says what it does at a time, N for the number."""
    return click.option(
        "--jobs",
        metavar="N",
        type=click.IntRange(min=1),
        default=cores,
        show_default="number of cores",
        help=what,
    )
