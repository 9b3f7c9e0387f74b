"""Whether a command line can be run: its command exists, and takes these options and arguments.

Nothing is executed. Lines of this repository's commands are parsed by the commands' own parsers, in
which files need not exist. Of `make` the target is looked up, of `pip` the extra, of `python -m
tests...` the module. Lines of foreign programs are not looked at.
"""

import importlib
import importlib.util
import re
import shlex
import subprocess
import tomllib
from functools import cache

import click

from hw_models.command import commands as trispike
from tests.documentation.pages import PACKAGES, ROOT, Command

SEPARATORS = ("&&", "||", ";", "|")
INTO_A_FILE = (">", ">>", "2>", "<")
PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*")  # DATA, N, FILE
PLAIN = (click.Choice, click.types.IntParamType, click.types.FloatParamType)
TARGET = re.compile(r"^([a-z][a-z-]*(?: [a-z-]+)*):(?!=)", re.MULTILINE)


class Unusable(Exception):
    """A line that cannot be run as it stands; the message says why."""


def check(command: Command) -> None:
    """Check every part of a command line.

    Raises:
        Unusable: a command, option, value, target, extra, module or file does not exist.
    """
    for words in parts_of(command.text):
        check_words(words, whole=command.whole)


def parts_of(text: str) -> list[list[str]]:
    """The words of each command of a line, without what goes to a file or comes from one."""
    parts, words = [[]], iter(shlex.split(text.rstrip(";")))
    for word in words:
        if word in SEPARATORS:
            parts.append([])
        elif word in INTO_A_FILE:
            next(words)
        elif word != "...":
            parts[-1].append(word)
    return [part for part in parts if part]


def check_words(words: list[str], *, whole: bool) -> None:
    """The same of one command, given as its words."""
    program, *rest = words
    if program.endswith("python") and rest[:1] == ["-m"]:
        module, *rest = rest[1:]
        if module in PACKAGES:
            check_click(group_of(module), rest, whole=whole)
        elif module == "pytest":
            check_files(rest)
        elif importlib.util.find_spec(module) is None:
            raise Unusable(f"there is no module {module}")
        elif isinstance(found := command_of(module), click.Command):
            check_options(found, click.Context(found, info_name=module), rest, whole=whole)
    elif program in PACKAGES:  # as in the sentence "see `rtl_sim run`"
        check_click(group_of(program), rest, whole=False)
    elif program == "trispike":
        check_click(trispike, rest, whole=whole)
    elif program == "make":
        check_targets(rest)
    elif program == "pip":
        check_extras(rest)


@cache
def group_of(package: str) -> click.Group:
    """The commands of `python -m PACKAGE`."""
    return importlib.import_module(f"{package}.__main__").cli


def command_of(module: str) -> object:
    """The command of a module of tests/, which is its `cli` or `main`.

    None where it needs a framework that is installed for `make interchange` alone.
    """
    try:
        loaded = importlib.import_module(module)
        if hasattr(loaded, "__path__"):
            loaded = importlib.import_module(f"{module}.__main__")
    except ModuleNotFoundError:
        return None
    return getattr(loaded, "cli", None) or getattr(loaded, "main", None)


def check_click(group: click.Group, words: list[str], *, whole: bool) -> None:
    """A command of a group and its arguments. A group alone is a mention of it."""
    if not words or words == ["--help"]:
        return
    parent = click.Context(group)
    try:
        name, command, rest = group.resolve_command(parent, words)
    except click.UsageError as error:
        raise Unusable(error.format_message()) from error
    assert command is not None
    check_options(command, click.Context(command, parent, name), rest, whole=whole)


def check_options(
    command: click.Command, context: click.Context, words: list[str], *, whole: bool
) -> None:
    """The options and arguments of a command, and values whose type needs no file.

    Args:
        whole: what the command requires must be there.
    """
    try:
        values, left, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        if not whole and "requires an argument" in error.format_message():
            return  # `qtrain train --size` names an option
        raise Unusable(error.format_message()) from error
    if left:
        raise Unusable(f"unexpected arguments: {' '.join(left)}")
    if values.get("help"):
        return
    for parameter in command.get_params(context):
        given = values.get(parameter.name)
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list | tuple):  # a flag, or not given
            texts = []
        if whole and parameter.required and not texts:
            raise Unusable(f"{parameter.human_readable_name} is missing")
        for text in texts:
            check_value(parameter, str(text), context)


def check_value(parameter: click.Parameter, text: str, context: click.Context) -> None:
    """A value, or each of those that `icarus|verilator` names; not one of the shell, `$bits`."""
    if PLACEHOLDER.fullmatch(text) or "$" in text or not isinstance(parameter.type, PLAIN):
        return
    for value in text.split("|"):
        try:
            parameter.type.convert(value, parameter, context)
        except click.UsageError as error:
            raise Unusable(error.format_message()) from error


def check_files(words: list[str]) -> None:
    """The files and folders of the repository among the arguments of pytest."""
    for word in words:
        if word.startswith("tests/") and not (ROOT / word.partition("::")[0]).exists():
            raise Unusable(f"there is no {word}")


@cache
def targets() -> set[str]:
    """The targets of the Makefile."""
    found = TARGET.findall((ROOT / "Makefile").read_text())
    return {name for names in found for name in names.split()}


def check_targets(words: list[str]) -> None:
    for word in words:
        if "=" not in word and word not in targets():
            raise Unusable(f"make has no target {word}")


@cache
def extras() -> set[str]:
    """The extras of pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return set(project["optional-dependencies"])


def check_extras(words: list[str]) -> None:
    for word in words:
        for name in re.findall(r"trispike\[([\w,]+)\]", word):
            if unknown := set(name.split(",")) - extras():
                raise Unusable(f"there is no extra {', '.join(sorted(unknown))}")


def recipes(names: set[str]) -> list[Command]:
    """What `make` would do for these targets, one command of ours each."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", *sorted(names), "DATA=DATA"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [
        Command("Makefile", 0, part, True)
        for line in lines
        for part in re.findall(r"\S*python -m \w[^;|&]*", line)
        if not part.split()[2].startswith(("pip", "venv"))
    ]
