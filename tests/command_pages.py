"""`python -m tests.command_pages` writes docs/commands.md, the reference of the commands.

The text is that of the commands' own `--help`, in the order of `trispike --help`.
"""

import re
from pathlib import Path

import click

from hw_models.command import ALL, NAME, SECTIONS, commands, loaded

PAGE = Path(__file__).parents[1] / "docs/commands.md"
WIDTH = 100
HEAD = """\
# The commands

All commands of `trispike`, as `trispike COMMAND --help` shows them. Each is also one of a package,
which its section names. The exit status is 0 where all is well, 1 where a comparison failed, and 2
where something that was given cannot be used. Progress goes to standard error, results to standard
output: `trispike run build/digits --json - | jq .accuracy` reads a figure.

`make api` makes this page; the tests fail where it is not up to date.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for title, section in SECTIONS.items():
        parts.append(f"## {title}\n")
        for name, entry in section.items():
            package = entry.group.partition(".")[0]
            also = f"Also `python -m {package} {entry.name}`.\n"
            parts.append(entry_of(name, loaded(name), also))
    parts.append("## This installation\n")
    own = [name for name in commands.commands if name not in ALL]
    parts += [entry_of(name, commands.commands[name], "") for name in own]
    return "\n".join(parts)


def entry_of(name: str, command: click.Command, also: str) -> str:
    """A command: its name, and its help as the terminal shows it."""
    parent = click.Context(commands, info_name=NAME)
    context = click.Context(
        command, parent, name, max_content_width=WIDTH, terminal_width=WIDTH
    )  # fmt: skip
    shown = re.sub(r"[ \t]+$", "", command.get_help(context), flags=re.MULTILINE)
    return f"### {NAME} {name}\n\n{also}\n```text\n{shown}\n```\n".replace("\n\n\n", "\n\n")


if __name__ == "__main__":
    PAGE.write_text(page())
